import type { GrowingFile } from "../../linux/growing-file.ts";
import { timeOfLine } from "./timestamps.ts";

const BLOCK_BYTES = 65_536;
const LF = 10;
/** How far is looked for a line with a time. */
const PROBE_BYTES = 262_144;

/** Where the last so many lines of a file begin. */
export async function offsetOfLast(file: GrowingFile, size: number, lines: number): Promise<number> {
  if (lines === 0) return size;
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
      if (left === 0) return begin + to + 1;
    }
    end = begin;
  }
  return 0;
}

/**
 * Where the first line begins that is as late as a time, or not much before it: by halving, as long as lines with times
 * are found, for a log is in the order of its times as a rule.
 */
export async function offsetOfTime(
  file: GrowingFile,
  size: number,
  timeMs: number,
  zoneMinutes: number,
): Promise<number> {
  let [low, high] = [0, size];
  while (high - low > BLOCK_BYTES) {
    const middle = Math.floor((low + high) / 2);
    const found = await timedLineAfter(file, middle, high, zoneMinutes);
    if (found === undefined || found.timeMs >= timeMs) high = middle;
    else low = found.offset;
  }
  return low;
}

async function timedLineAfter(
  file: GrowingFile,
  offset: number,
  end: number,
  zoneMinutes: number,
): Promise<{ offset: number; timeMs: number } | undefined> {
  const block = await file.read(offset, Math.min(PROBE_BYTES, end - offset));
  for (let from = block.indexOf(LF) + 1; from > 0; from = block.indexOf(LF, from) + 1) {
    const to = block.indexOf(LF, from);
    const line = block.subarray(from, to === -1 ? Math.min(from + 1_024, block.length) : to);
    const timeMs = timeOfLine(line.toString("latin1"), Date.now(), zoneMinutes);
    if (timeMs !== null) return { offset: offset + from, timeMs };
  }
  return undefined;
}
