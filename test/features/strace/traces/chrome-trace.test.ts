import { expect, test } from "vitest";
import { z } from "zod";
import { EventParser } from "../../../../src/features/strace/events/event-parser.ts";
import { createThreadGroups } from "../../../../src/features/strace/events/thread-groups.ts";
import { chromeTrace } from "../../../../src/features/strace/traces/chrome-trace.ts";
import { recordedTraces } from "../../../support/recorded-traces.ts";

/** The Trace Event Format, as far as this file uses it ("Complete Events", "Duration Events", "Instant Events", "Metadata Events"). */
const place = { name: z.string(), cat: z.string(), pid: z.int(), tid: z.int(), args: z.looseObject({}) };
const timed = { ...place, ts: z.number().positive() };
const file = z.strictObject({
  displayTimeUnit: z.enum(["ms", "ns"]),
  traceEvents: z.array(
    z.discriminatedUnion("ph", [
      z.strictObject({ ph: z.literal("X"), ...timed, dur: z.number().nonnegative() }),
      z.strictObject({ ph: z.enum(["B", "E"]), ...timed }),
      z.strictObject({ ph: z.literal("i"), ...timed, s: z.enum(["g", "p", "t"]) }),
      z.strictObject({
        ...{ ph: z.literal("M"), ...place, name: z.literal("process_name") },
        args: z.strictObject({ name: z.string() }),
      }),
    ]),
  ),
});
type ChromeEvent = z.output<typeof file>["traceEvents"][number];

async function written(records: readonly string[]): Promise<readonly ChromeEvent[]> {
  const stretches = (async function* () {
    yield { records: records.slice(0, 10) };
    yield { records: records.slice(10) };
  })();
  let text = "";
  for await (const piece of chromeTrace([{ pid: 7, name: "app" }], stretches)) text += piece;
  return file.parse(JSON.parse(text)).traceEvents;
}

function parsed(lines: readonly string[]): string[] {
  const records: string[] = [];
  const parser = new EventParser({ groups: createThreadGroups() }, (event) =>
    records.push(JSON.stringify(event)),
  );
  for (const line of lines) parser.push(line);
  parser.finish();
  return records;
}

/** Fails where slices of a thread overlap, or one ends that none has begun: viewers drop such. */
function requireNesting(events: readonly ChromeEvent[]): void {
  const timeline = events.filter((event) => event.ph !== "M" && event.ph !== "i");
  for (const [tid, slices] of Map.groupBy(timeline, (event) => event.tid)) {
    let takenUntil = 0;
    const open: string[] = [];
    for (const slice of slices) {
      expect([tid, slice.name, slice.ts + 0.001 >= takenUntil]).toEqual([tid, slice.name, true]);
      takenUntil = slice.ph === "X" ? slice.ts + slice.dur : slice.ts;
      if (slice.ph === "B") open.push(slice.name);
      if (slice.ph === "E") expect(slice.name).toBe(open.pop());
    }
  }
}

test.each(recordedTraces())(
  "strace $version, $name: every event is one of the format, and slices nest",
  async ({ lines }) => {
    const records = parsed(lines);
    const events = await written(records);
    expect(events[0]).toMatchObject({ ph: "M", pid: 7, tid: 7, args: { name: "app" } });
    requireNesting(events);
    const calls = records.filter((json) => json.startsWith('{"type":"call"'));
    const told = events.filter(({ ph, cat }) => ph !== "E" && /^call\b/.test(cat));
    expect(told).toHaveLength(calls.length);
  },
);

const call = { type: "call", tid: 8, pid: 7, call: "read", args: [], marks: [], errno: null, decoded: null };
const json = (event: object) => JSON.stringify({ ...call, result: 0, resultText: null, ...event });

test("calls that overlap by the rounding of their times stand one after the other", async () => {
  const events = await written([
    json({ time: 100.000001, durationNs: 1_499 }),
    json({ time: 100.000002, durationNs: 700 }),
  ]);
  expect(events.slice(1)).toMatchObject([
    { ph: "X", ts: 100_000_001, dur: 1.499 },
    { ph: "X", ts: 100_000_002.499, dur: expect.closeTo(0.201, 3) },
  ]);
});

test("a call that did not return ends with its thread, and one whose beginning is missing is an instant", async () => {
  const events = await written([
    json({ time: 1, durationNs: null, marks: ["beginning-missing"] }),
    json({ time: 2, durationNs: null, call: "exit_group" }),
    JSON.stringify({ type: "exit", time: 3, tid: 8, pid: 7, exitCode: 0 }),
    json({ time: 4, durationNs: null, marks: ["detached"] }),
  ]);
  expect(events.slice(1).map(({ ph, name }) => `${ph} ${name}`)).toEqual([
    ...["i read", "B exit_group", "E exit_group", "i exit 0", "B read"],
  ]);
});
