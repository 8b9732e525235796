import { expect, test } from "vitest";
import { CallMemory } from "../../../../src/features/strace/events/call-memory.ts";
import type { CallEvent } from "../../../../src/features/strace/events/event.ts";
import { readCall } from "../../../../src/features/strace/events/read-call.ts";
import { recordedTraces } from "../../../support/recorded-traces.ts";
import { parse } from "./parse.ts";

const ORIGIN = { time: 1_763_806_812.20418, tid: 7, pid: 7 };
const LATER = { time: 1_763_806_813.5, tid: 8, pid: null };
/** Whole calls only: from their names on. */
const CALLS = [
  ...new Set(
    recordedTraces().flatMap(({ lines }) =>
      lines.map((line) => /^\d+ +\d+\.\d+ (\w+\(.* <\d+\.\d+>)$/.exec(line)?.[1] ?? ""),
    ),
  ),
].filter((line) => readCall(line, 0, ORIGIN, false) !== undefined);

test("a call is read the same whether it is remembered or not", () => {
  const memory = new CallMemory();
  let shared = 0;
  for (const line of CALLS) {
    const [first, second, third] = [ORIGIN, LATER, ORIGIN].map((origin) => memory.read(line, 0, origin));
    expect(first).toEqual(readCall(line, 0, ORIGIN, false));
    expect(second).toEqual(readCall(line, 0, LATER, false));
    expect(third).toEqual(first);
    // What comes a second time is remembered.
    if (second?.args === third?.args) shared += 1;
  }
  expect(CALLS.length).toBeGreaterThan(10_000);
  // All but those that are too long, or took ten seconds and more.
  expect(shared).toBeGreaterThan(CALLS.length * 0.95);
});

test("its duration is its own", () => {
  const memory = new CallMemory();
  const read = (duration: string) => memory.read(`close(3</tmp/a>) = 0 <${duration}>`, 0, ORIGIN)?.durationNs;
  const durations = ["0.000012", "1.000013", "9.999999", "12.000014", "0.00001", "0", "0.000012"];

  expect(durations.map(read)).toEqual([
    12_000, 1_000_013_000, 9_999_999_000, 12_000_014_000, 10_000, 0, 12_000,
  ]);
});

test("a call that is another in one character only is another", () => {
  const memory = new CallMemory();
  const line =
    'pwrite64(14</tmp/some/where/access.log>, "127.0.0.1 - - [01/Dec/2026:04:24:13 +0000] GET /page HTTP/1.1 200 2", 78, 161903) = 78 <0.000015>';
  const end = line.length - " <0.000015>".length;
  let others = 0;
  for (let at = 0; at < end; at += 1) {
    for (const character of ["7", "x"]) {
      const other = line.slice(0, at) + character + line.slice(at + 1);
      for (let times = 0; times < 3; times += 1)
        expect(memory.read(other, 0, ORIGIN)).toEqual(readCall(other, 0, ORIGIN, false));
      if (other !== line) others += 1;
    }
    expect(memory.read(line, 0, ORIGIN)).toEqual(readCall(line, 0, ORIGIN, false));
  }
  expect(others).toBeGreaterThan(200);
});

test("what is no call is none however often it comes", () => {
  const memory = new CallMemory();
  for (const line of [
    "close(3 <0.000012>",
    " <0.000012>",
    "<0.000012>",
    "+++ exited with 0 +++ <0.000012>",
    "",
  ]) {
    for (let times = 0; times < 3; times += 1) expect(memory.read(line, 0, ORIGIN)).toBeUndefined();
  }
});

test("the raw line that one event has is not another's", () => {
  const lines = ["12", "13", "14"].map(
    (micros) => `7     1763806812.204180 close(3</tmp/a>) = 0 <0.0000${micros}>`,
  );
  const { events } = parse(lines, { withRaw: true });

  expect(events.map((event) => event.raw)).toEqual(lines.map((line) => [line]));
  const [, second, third] = events as readonly CallEvent[];
  expect(second?.args).toBe(third?.args);
});
