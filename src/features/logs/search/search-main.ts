/** The thread of a search: looks at whole files, and at whatever takes an expression, so that nobody else waits for it. */
import { readSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { type FoundLines, searchBlocks } from "./block-search.ts";
import { joinFound } from "./join-found.ts";
import { createJudgingFinder } from "./line-judge.ts";
import { createLineMatcher } from "./line-matcher.ts";
import {
  DONE,
  isSearchOrder,
  isSearchStart,
  MAX_AHEAD,
  type SearchAnswer,
  type SearchOrder,
  TAKEN,
} from "./search-orders.ts";

const start: unknown = workerData;
if (!isSearchStart(start)) throw new Error("This is started by a search.");
const { pattern, criteria, maxLineBytes } = start;
const counts = new Int32Array(start.counts);
/**
 * What is found is told of when so much of it has gathered, or so many blocks were looked at, which takes milliseconds:
 * a thread that is woken for each block costs as much as the search.
 */
const GATHERED_BYTES = 262_144;
const GATHERED_BLOCKS = 32;
const matcher = pattern === undefined ? undefined : createLineMatcher(pattern, maxLineBytes);
let given = 0;

/** Waits until the main thread has room: what is found must not gather where a client reads slowly. */
function give(answer: SearchAnswer): void {
  given += 1;
  const moved = answer.kind === "block" && answer.found !== undefined ? buffersOf(answer.found) : [];
  parentPort?.postMessage(answer, moved);
  for (
    let taken = Atomics.load(counts, TAKEN);
    given - taken >= MAX_AHEAD;
    taken = Atomics.load(counts, TAKEN)
  ) {
    Atomics.wait(counts, TAKEN, taken);
  }
}

function buffersOf({ bytes, ends, offsets, known }: FoundLines): ArrayBuffer[] {
  const more = known === undefined ? [] : [known.timesMs.buffer, known.levels.buffer];
  return [bytes.buffer, ends.buffer, offsets.buffer, ...more];
}

function searchFile({ descriptor, from, to, known }: Extract<SearchOrder, { kind: "file" }>): void {
  const read = (buffer: Buffer, at: number, bytes: number, offset: number) =>
    readSync(descriptor, buffer, at, bytes, offset);
  const judging =
    criteria === undefined
      ? undefined
      : createJudgingFinder(matcher?.eachLine, criteria, { read, from, known, maxLineBytes });
  const eachLine = judging?.eachLine ?? matcher?.eachLine;
  if (eachLine === undefined) throw new Error("Nothing is looked for.");
  const gathered: FoundLines[] = [];
  let [bytes, blocks, searchedTo] = [0, 0, from];
  const tell = () => {
    give({ kind: "block", found: joinFound(gathered), searchedTo });
    gathered.length = 0;
    [bytes, blocks] = [0, 0];
  };
  for (const block of searchBlocks(read, { from, to, maxLineBytes }, eachLine)) {
    Atomics.add(counts, DONE, 1);
    blocks += 1;
    searchedTo = block.searchedTo;
    if (block.found !== undefined) {
      gathered.push(block.found);
      bytes += block.found.bytes.length;
    } else if (judging?.isPast() === true) break;
    if (bytes >= GATHERED_BYTES || blocks >= GATHERED_BLOCKS) tell();
  }
  if (blocks > 0) tell();
  give({ kind: "done", known: judging?.knownAt(searchedTo), isPast: judging?.isPast() === true });
}

function markLines({ bytes, count }: Extract<SearchOrder, { kind: "lines" }>): void {
  const marks = new Uint8Array(count);
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let index = 0, from = 0; index < count; index += 1) {
    const end = lines.indexOf(10, from);
    Atomics.add(counts, DONE, 1);
    marks[index] = matcher?.matches(lines.subarray(from, end)) === true ? 1 : 0;
    from = end + 1;
  }
  give({ kind: "marks", marks });
}

parentPort?.on("message", (order: unknown) => {
  if (!isSearchOrder(order)) return;
  try {
    if (order.kind === "file") searchFile(order);
    else markLines(order);
  } catch (error) {
    give({ kind: "failed", error });
  }
});
