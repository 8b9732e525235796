import type { Argument } from "./argument.ts";
import { endOfArgument, startsCut } from "./end-of-argument.ts";
import { readArgument } from "./read-argument.ts";
import { readUsualArgument } from "./read-usual-argument.ts";
import { CLOSE, COMMA, CUT_LENGTH, SPACE } from "./scan.ts";

/** How the arguments of a call end. */
export interface ArgumentsEnd {
  /** The index of the closing bracket, or that of the end of a text that may end before it; -1 where it is none. */
  readonly at: number;
  /** Whether they are cut off (`<unfinished ...>`) before the bracket: the thread was killed. */
  readonly isCut: boolean;
}

const NONE: ArgumentsEnd = { at: -1, isCut: false };

/**
 * Splits the arguments of a call at the commas that are within no brackets, and reads each.
 * @param start after the opening bracket.
 * @param mayEndEarly whether the text may end before the closing bracket.
 */
export function readArguments(
  text: string,
  start: number,
  into: Argument[],
  mayEndEarly: boolean,
): ArgumentsEnd {
  let at = start;
  while (true) {
    let end = readUsualArgument(text, at, into);
    if (end === -1) {
      end = endOfArgument(text, at, start, mayEndEarly);
      if (end === -1) return NONE;
      pushArgument(text, at, end, into);
    }
    const code = text.charCodeAt(end);
    if (code === CLOSE) return { at: end, isCut: false };
    if (code !== COMMA) return endWithout(text, end);
    at = text.charCodeAt(end + 1) === SPACE ? end + 2 : end + 1;
  }
}

/** `getpid()` has no argument; elsewhere an empty one is a place that strace had not come to. */
function pushArgument(text: string, start: number, end: number, into: Argument[]): void {
  const argument = text.slice(start, end).trimEnd();
  if (argument !== "") into.push(readArgument(argument));
}

function endWithout(text: string, end: number): ArgumentsEnd {
  return startsCut(text, end) ? { at: end + CUT_LENGTH, isCut: true } : { at: end, isCut: false };
}
