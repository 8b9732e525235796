import type { Turns } from "../../base/turns.ts";
import type { GrowingFile } from "../../linux/growing-file.ts";
import { LINES_AT_ONCE } from "./line-splitter.ts";
import { timeOfLine } from "./timestamps.ts";

const BLOCK_BYTES = 65_536;
const LF = 10;
/** How far is looked for a line with a time. */
const PROBE_BYTES = 262_144;

/** Where lines begin, and how many were wanted and are not there. */
export interface LastLines {
  readonly offset: number;
  readonly missing: number;
}

/** Where the last so many lines of a file begin. */
export async function offsetOfLast(file: GrowingFile, size: number, lines: number): Promise<LastLines> {
  if (lines === 0) return { offset: size, missing: 0 };
  let left = lines;
  for (let end = size; end > 0; ) {
    const begin = Math.max(0, end - BLOCK_BYTES);
    const block = await file.read(begin, end - begin);
    // The line end at the very end belongs to the last line.
    let to = end === size && block.at(-1) === LF ? block.length - 1 : block.length;
    while (to > 0) {
      to = block.lastIndexOf(LF, to - 1);
      if (to === -1) break;
      left -= 1;
      if (left === 0) return { offset: begin + to + 1, missing: 0 };
    }
    end = begin;
  }
  // The first line has no line end before it.
  return { offset: 0, missing: size === 0 ? left : left - 1 };
}

/** The same of what can be read from its beginning only. */
export async function offsetOfLastIn(pieces: AsyncIterable<Buffer>, lines: number): Promise<LastLines> {
  const begins: number[] = [];
  let count = 0;
  let offset = 0;
  let isAtBegin = true;
  for await (const piece of pieces) {
    for (let from = 0; from < piece.length; ) {
      if (isAtBegin) {
        begins[count % lines] = offset + from;
        count += 1;
      }
      const end = piece.indexOf(LF, from);
      isAtBegin = end !== -1;
      from = end === -1 ? piece.length : end + 1;
    }
    offset += piece.length;
  }
  return { offset: begins[count < lines ? 0 : count % lines] ?? 0, missing: Math.max(0, lines - count) };
}

/** Logs of several threads are not quite in the order of their times. */
export const DISORDER_MS = 60_000;

/** A time that is looked for. */
export interface WantedTime {
  readonly timeMs: number;
  /** Of times that do not say theirs. */
  readonly zoneMinutes: number;
  readonly turns: Turns;
}

/**
 * Where the first line begins that is as late as a time, or a little before it ({@link DISORDER_MS}): by halving, as long
 * as lines with times are found, for a log is in the order of its times as a rule.
 */
export async function offsetOfTime(file: GrowingFile, size: number, wanted: WantedTime): Promise<number> {
  const timeMs = wanted.timeMs - DISORDER_MS;
  let [low, high] = [0, size];
  while (high - low > BLOCK_BYTES) {
    const middle = Math.floor((low + high) / 2);
    const found = await timedLineAfter(file, middle, high, wanted);
    if (found === undefined || found.timeMs >= timeMs) high = middle;
    else low = found.offset;
  }
  return low;
}

async function timedLineAfter(
  file: GrowingFile,
  offset: number,
  end: number,
  { zoneMinutes, turns }: WantedTime,
): Promise<{ offset: number; timeMs: number } | undefined> {
  const block = await file.read(offset, Math.min(PROBE_BYTES, end - offset));
  let count = 0;
  for (let from = block.indexOf(LF) + 1; from > 0; from = block.indexOf(LF, from) + 1) {
    // There may be as many lines as bytes, and none with a time.
    count += 1;
    if (count % LINES_AT_ONCE === 0) await turns();
    const to = block.indexOf(LF, from);
    const line = block.subarray(from, to === -1 ? Math.min(from + 1_024, block.length) : to);
    const timeMs = timeOfLine(line.toString("utf8"), Date.now(), zoneMinutes);
    if (timeMs !== null) return { offset: offset + from, timeMs };
  }
  return undefined;
}
