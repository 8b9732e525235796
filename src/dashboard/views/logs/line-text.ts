/** How the text of a line is shown: on lines of fixed height, and so that nothing in it can do anything. */

/** Colours and the like of a terminal (ECMA-48 section 8.3.117): left out where lines are listed. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for.
const SGR = /\u001b\[[\d;:]*m/g;
/** Control characters, and those that turn the direction of what follows, by which a text could look like another. */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for.
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const PLAIN = /^[\x20-\x7e]*$/;
const TAB = "    ";
const DELETE = 0x7f;

/** A part of a text that is shown, and whether it is what was looked for. */
export interface Piece {
  readonly text: string;
  readonly isFound: boolean;
}

/** The text with what is not seen made visible: ESC becomes ␛, others their numbers. */
export function visibleText(text: string): string {
  return PLAIN.test(text) ? text : text.replaceAll("\t", TAB).replace(UNSEEN, nameOf);
}

/** As {@link visibleText}, without a terminal's colours. */
export function listedText(text: string): string {
  return PLAIN.test(text) ? text : visibleText(text.replace(SGR, ""));
}

/** How many columns a text takes at most; what is no ASCII may be as wide as two. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of listedText(text)) width += widthOf(character);
  return width;
}

/** One part of a text that is shown in parts of so many columns each. */
export function partOf(text: string, part: number, columns: number): string {
  const shown = listedText(text);
  if (PLAIN.test(shown)) return shown.slice(part * columns, (part + 1) * columns);
  let taken = "";
  let at = 0;
  let width = 0;
  for (const character of shown) {
    const own = widthOf(character);
    if (width + own > columns) {
      at += 1;
      width = 0;
      if (at > part) break;
    }
    width += own;
    if (at === part) taken += character;
  }
  return taken;
}

/** A text cut where it has what is looked for, so that this can be marked. */
export function findIn(text: string, wanted: string | undefined, ignoreCase: boolean): readonly Piece[] {
  if (wanted === undefined || wanted === "") return [{ text, isFound: false }];
  const [where, what] = ignoreCase ? [text.toLowerCase(), wanted.toLowerCase()] : [text, wanted];
  // Some capitals are longer than their small letters: then the places are not those of the text.
  if (where.length !== text.length) return [{ text, isFound: false }];
  const pieces: Piece[] = [];
  let from = 0;
  for (let at = where.indexOf(what); at !== -1; at = where.indexOf(what, from)) {
    if (at > from) pieces.push({ text: text.slice(from, at), isFound: false });
    from = at + what.length;
    pieces.push({ text: text.slice(at, from), isFound: true });
  }
  if (from < text.length || pieces.length === 0) pieces.push({ text: text.slice(from), isFound: false });
  return pieces;
}

function widthOf(character: string): number {
  return character.length === 1 && character <= "\u02ff" ? 1 : 2;
}

function nameOf(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === DELETE) return "\u2421";
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}
