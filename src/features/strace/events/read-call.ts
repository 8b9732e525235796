import type { Argument } from "./argument.ts";
import type { CallEvent, CallMark } from "./event.ts";
import { createKnownTexts } from "./known-texts.ts";
import { readArguments } from "./read-arguments.ts";
import { type Result, readResult } from "./read-result.ts";
import { CLOSE, endOfAnnotation, endOfString, isWordCode, LESS, OPEN, QUOTE } from "./scan.ts";

/** When a call began, and in which thread. */
export interface CallOrigin {
  readonly time: number;
  readonly tid: number;
  readonly pid: number | null;
}

const RESTART = "restart_syscall";
/** The same name is always the same string: whoever counts by it finds it sooner. */
const nameAt = createKnownTexts((name) => name);
const NONE: readonly CallMark[] = [];
const RESUMED: readonly CallMark[] = ["resumed"];
const NO_RESULT: Result = {
  value: null,
  text: null,
  target: null,
  errno: null,
  decoded: null,
  durationNs: null,
};

/**
 * Reads a whole call: `name(arguments) = result <duration>`, from `start` on. Undefined where it is none.
 * @param isResumed whether it was joined from two halves.
 */
export function readCall(
  text: string,
  start: number,
  origin: CallOrigin,
  isResumed: boolean,
): CallEvent | undefined {
  const open = endOfName(text, start);
  if (open === -1) return undefined;
  const args: Argument[] = [];
  const { at, isCut } = readArguments(text, open + 1, args, false);
  if (at === -1 || text.charCodeAt(at) !== CLOSE) return undefined;
  const result = readResult(text, at + 1);
  if (result === undefined) return undefined;
  const call = nameAt(text, start, open);
  const isUsual = !isCut && result.errno === null && call !== RESTART;
  const marks = isUsual ? (isResumed ? RESUMED : NONE) : unusualMarks(call, result, isCut, isResumed);
  return eventOf(origin, call, args, result, marks);
}

/** The same call once more, at another time. */
export function repeatCall(event: CallEvent, origin: CallOrigin, durationNs: number): CallEvent {
  const { call, args, result, resultText, resultTarget, errno, decoded, marks } = event;
  const returned = { value: result, text: resultText, target: resultTarget, errno, decoded, durationNs };
  return eventOf(origin, call, args, returned, marks);
}

/**
 * Reads a call that has no result, because nobody saw its return: `name(argu`. Undefined where it is no call at all.
 * What is cut off within an argument is `other`, with as much text as there is.
 */
export function readBeginning(
  text: string,
  start: number,
  origin: CallOrigin,
  mark: "unfinished" | "detached",
): CallEvent | undefined {
  const open = endOfName(text, start);
  if (open === -1) return undefined;
  const args: Argument[] = [];
  if (readArguments(text, open + 1, args, true).at !== text.length) return undefined;
  const call = text.slice(start, open);
  const marks: CallMark[] = call === RESTART ? ["restarted", mark] : [mark];
  return eventOf(origin, call, args, NO_RESULT, marks);
}

/**
 * Reads the second half of a call whose first half is missing. Brackets that the first half has opened are closed in it,
 * so that only its result can be told. Undefined where it has none.
 */
export function readEnding(
  text: string,
  start: number,
  call: string,
  origin: CallOrigin,
): CallEvent | undefined {
  const close = closingBracket(text, start);
  const result = close === -1 ? undefined : readResult(text, close + 1);
  if (result === undefined) return undefined;
  return eventOf(origin, call, null, result, [
    "resumed",
    ...unusualMarks(call, result, false, false),
    "beginning-missing",
  ]);
}

/** The index of the opening bracket after the name that begins at `start`; -1 where there is no such name. */
function endOfName(text: string, start: number): number {
  let at = start;
  while (isWordCode(text.charCodeAt(at))) at += 1;
  return at > start && text.charCodeAt(at) === OPEN ? at : -1;
}

function eventOf(
  { time, tid, pid }: CallOrigin,
  call: string,
  args: readonly Argument[] | null,
  result: Result,
  marks: readonly CallMark[],
): CallEvent {
  return {
    type: "call",
    time,
    tid,
    pid,
    call,
    args,
    result: result.value,
    resultText: result.text,
    resultTarget: result.target,
    errno: result.errno,
    decoded: result.decoded,
    durationNs: result.durationNs,
    marks,
  };
}

function unusualMarks(
  call: string,
  { errno }: Result,
  isCut: boolean,
  isResumed: boolean,
): readonly CallMark[] {
  const marks: CallMark[] = [];
  if (isResumed) marks.push("resumed");
  if (errno !== null && (errno.name === "EINTR" || errno.name.startsWith("ERESTART")))
    marks.push("interrupted");
  if (call === RESTART) marks.push("restarted");
  if (isCut) marks.push("unfinished");
  return marks;
}

/** The first closing bracket, outside of strings and annotations, that a result follows; -1 where there is none. */
function closingBracket(text: string, start: number): number {
  let at = start;
  while (at < text.length && at !== -1) {
    const code = text.charCodeAt(at);
    if (code === CLOSE && /^ += (?!=)/.test(text.slice(at + 1, at + 60))) return at;
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === LESS && isWordCode(text.charCodeAt(at - 1))) at = endOfAnnotation(text, at);
    else at += 1;
  }
  return -1;
}
