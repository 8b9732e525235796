/** Texts that come again and again (names, constants, errors), and what was made of each. */

const SLOTS = 1_024;
/** A part of a line holds all of it: those of longer lines are not kept. */
export const MAX_HELD_CHARS = 2_048;

/** What was made of a part of a text, which is not empty. */
export type KnownTexts<T> = (text: string, start: number, end: number) => T;

/**
 * Makes a table of a fixed size, in which one text pushes out another.
 * @param make makes what stands for a text. Everybody gets the same, so it must not be changed.
 */
export function createKnownTexts<T>(make: (text: string) => T): KnownTexts<T> {
  const slots: ({ readonly text: string; readonly made: T } | undefined)[] = Array.from({ length: SLOTS });

  return (text, start, end) => {
    const length = end - start;
    const slot = slotOf(text, start, length);
    const known = slots[slot];
    const part = text.slice(start, end);
    if (known?.text === part) return known.made;
    const made = make(part);
    if (text.length <= MAX_HELD_CHARS) slots[slot] = { text: part, made };
    return made;
  };
}

/** By its length and four of its characters: what is like another but for the rest takes turns with it. */
function slotOf(text: string, start: number, length: number): number {
  let hash = length;
  hash = hash * 31 + text.charCodeAt(start);
  hash = hash * 31 + text.charCodeAt(start + (length >> 2));
  hash = hash * 31 + text.charCodeAt(start + (length >> 1));
  hash = hash * 31 + text.charCodeAt(start + length - 1);
  return hash & (SLOTS - 1);
}
