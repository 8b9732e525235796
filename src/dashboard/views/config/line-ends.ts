/** Line ends of a text, which an editor must not change. */

/** What parts the lines of a text. */
export interface LineEnds {
  readonly end: "\n" | "\r\n" | "\r";
  /** Whether there are others, too: `end` is the line feed then, and what else is at an end belongs to the line. */
  readonly isMixed: boolean;
}

/** Finds them, so that every byte survives an editor that joins the lines again. */
export function lineEndsOf(text: string): LineEnds {
  if (!text.includes("\r")) return { end: "\n", isMixed: false };
  if (!text.includes("\n")) return { end: "\r", isMixed: false };
  const isMixed = /\r(?!\n)|(?<!\r)\n/.test(text);
  return { end: isMixed ? "\n" : "\r\n", isMixed };
}
