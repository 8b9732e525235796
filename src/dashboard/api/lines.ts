/** Text that comes in pieces, cut at a separator. */

/** Takes pieces as they come; `push` gives what is complete. */
export interface PartReader {
  push(piece: string): readonly string[];
  /** How many characters wait for their end. */
  readonly pending: number;
}

/** Makes a reader of parts that each end with the separator. What a part has is looked at once, however many pieces it comes in. */
export function createPartReader(separator: string): PartReader {
  let begun: string[] = [];
  let pending = 0;
  // A separator may be cut in two as well.
  let tail = "";
  const endOf = (text: string) => text.slice(Math.max(0, text.length - separator.length + 1));
  return {
    push(piece) {
      const isEnd = (tail + piece).includes(separator);
      begun.push(piece);
      pending += piece.length;
      if (!isEnd) {
        tail = endOf(tail + piece);
        return [];
      }
      const parts = begun.join("").split(separator);
      const rest = parts.pop() ?? "";
      begun = [rest];
      pending = rest.length;
      tail = endOf(rest);
      return parts;
    },
    get pending() {
      return pending;
    },
  };
}
