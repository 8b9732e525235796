import { EventParser } from "../../src/features/strace/events/event-parser.ts";
import { createThreadGroups } from "../../src/features/strace/events/thread-groups.ts";
import { createLineSplitter } from "../../src/features/strace/trace-lines.ts";
import { recordedTraces } from "../support/recorded-traces.ts";
import { summarise } from "./statistics.ts";

/** `npm run bench:strace-parser`: how many lines of strace become events in a second of one core, arguments read. */

const ROUNDS = 12;
const REPEATS = 5;
const WARM_UP = 3;

/** As they come from strace's output file. */
const traces = recordedTraces().map(({ lines }) =>
  createLineSplitter().split(Buffer.from(`${lines.join("\n")}\n`, "latin1")),
);
const lines = traces.reduce((sum, each) => sum + each.length, 0);
const characters = traces.flat().reduce((sum, line) => sum + line.length, 0);

function parseAll(): number {
  let events = 0;
  for (const trace of traces) {
    const parser = new EventParser({ groups: createThreadGroups() }, () => {
      events += 1;
    });
    for (const line of trace) parser.push(line);
    parser.finish();
    if (parser.counts.unparsed > 0) throw new Error(`${parser.counts.unparsed} lines are not understood`);
  }
  return events;
}

const wall: number[] = [];
const cpu: number[] = [];
let events = 0;
for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  for (let repeat = 0; repeat < REPEATS; repeat += 1) events = parseAll();
  const { user, system } = process.cpuUsage(before);
  if (round < WARM_UP) continue;
  wall.push((lines * REPEATS) / ((performance.now() - startedAt) / 1_000));
  // That of the garbage collector's threads is in it, too.
  cpu.push((lines * REPEATS) / ((user + system) / 1_000_000));
}

console.log(
  `${lines} lines of ${traces.length} recorded traces (${(characters / lines).toFixed(0)} bytes each), ${events} events`,
);
for (const [what, rates] of [
  ["lines a second", wall],
  ["lines a second of CPU time, garbage collection included", cpu],
] as const) {
  const { median, least, greatest } = summarise(rates);
  const [middle, low, high] = [median, least, greatest].map((rate) => (rate / 1_000_000).toFixed(2));
  console.log(`${middle} M ${what} (${low} to ${high}, ${rates.length} rounds)`);
}
