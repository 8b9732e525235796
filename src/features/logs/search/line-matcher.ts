import { isAscii } from "node:buffer";
import { expressionOf, expressionOfLines, isPlain, type Pattern } from "./pattern.ts";

/** Finds the lines that have a pattern in them. */
export interface LineMatcher {
  /** Tells of each such line of some bytes that end with a line end: where it begins, and where its line end is. */
  eachLine(bytes: Buffer, found: (begin: number, end: number) => void): void;
  /** Whether one line, without its end, is wanted. */
  matches(line: Buffer): boolean;
}

const LF = 10;

/**
 * Makes one.
 * @param maxLineBytes of a line that is longer only so much is looked at.
 */
export function createLineMatcher(pattern: Pattern, maxLineBytes: number): LineMatcher {
  const finder = isPlain(pattern)
    ? textFinder(Buffer.from(pattern.source), maxLineBytes)
    : expressionFinder(pattern, maxLineBytes);
  if (!pattern.isInverted) return finder;
  return {
    matches: (line) => !finder.matches(line),
    eachLine(bytes, found) {
      let from = 0;
      const upTo = (end: number) => {
        for (let to = bytes.indexOf(LF, from); to !== -1 && to < end; to = bytes.indexOf(LF, from)) {
          found(from, to);
          from = to + 1;
        }
      };
      finder.eachLine(bytes, (begin, end) => {
        upTo(begin);
        from = end + 1;
      });
      upTo(bytes.length);
    },
  };
}

function textFinder(needle: Buffer, maxLineBytes: number): LineMatcher {
  return {
    matches: (line) => line.subarray(0, maxLineBytes).indexOf(needle) !== -1,
    eachLine(bytes, found) {
      for (let from = 0; from < bytes.length; ) {
        const at = bytes.indexOf(needle, from);
        if (at === -1) return;
        const begin = at === 0 ? 0 : bytes.lastIndexOf(LF, at - 1) + 1;
        const end = bytes.indexOf(LF, at);
        if (at + needle.length <= Math.min(end, begin + maxLineBytes)) found(begin, end);
        from = end + 1;
      }
    },
  };
}

function expressionFinder(pattern: Pattern, maxLineBytes: number): LineMatcher {
  const one = expressionOf(pattern);
  const many = expressionOfLines(pattern);
  const test = (line: string, isWhole: boolean): boolean =>
    one.test(isWhole && line.endsWith("\r") ? line.slice(0, -1) : line);
  const matches = (line: Buffer): boolean =>
    test(line.toString("utf8", 0, Math.min(line.length, maxLineBytes)), line.length <= maxLineBytes);
  const eachOfMany = (bytes: Buffer, expression: RegExp, found: (begin: number, end: number) => void) => {
    const text = bytes.toString("latin1");
    expression.lastIndex = 0;
    for (let match = expression.exec(text); match !== null; match = expression.exec(text)) {
      const { index } = match;
      const begin = index === 0 ? 0 : text.lastIndexOf("\n", index - 1) + 1;
      const end = text.indexOf("\n", index);
      // An empty match behind the last line end is of no line.
      if (end === -1) return;
      if (test(text.slice(begin, end), true)) found(begin, end);
      expression.lastIndex = end + 1;
    }
  };
  return {
    matches,
    eachLine(bytes, found) {
      // Of ASCII a character is a byte, so that places in the text are places in the file. A line that is cut ends earlier.
      if (many !== undefined && isAscii(bytes) && !hasLonger(bytes, maxLineBytes)) {
        eachOfMany(bytes, many, found);
        return;
      }
      for (let from = 0, end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, from)) {
        if (matches(bytes.subarray(from, end))) found(from, end);
        from = end + 1;
      }
    },
  };
}

function hasLonger(lines: Buffer, maxLineBytes: number): boolean {
  for (let begin = 0; begin + maxLineBytes < lines.length; ) {
    const end = lines.lastIndexOf(LF, begin + maxLineBytes);
    if (end < begin) return true;
    begin = end + 1;
  }
  return false;
}
