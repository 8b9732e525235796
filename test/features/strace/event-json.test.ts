import { expect, test } from "vitest";
import { createEventJson } from "../../../src/features/strace/event-json.ts";
import type { CallEvent, TraceEvent } from "../../../src/features/strace/events/event.ts";
import { recordedTraces } from "../../support/recorded-traces.ts";
import { parse, parseCall } from "./events/parse.ts";

const asIs = (events: readonly TraceEvent[]) => events.map((event) => JSON.stringify(event));

test.each([false, true])(
  "an event is written as JSON.stringify would, with its lines or without: %s",
  (withRaw) => {
    let events = 0;
    for (const { lines } of recordedTraces()) {
      const json = createEventJson();
      const parsed = parse(lines, { withRaw }).events;
      // What comes again is written in another way, twice: when it is learned and when it is known.
      for (let times = 0; times < 3; times += 1) expect(parsed.map(json)).toEqual(asIs(parsed));
      events += parsed.length;
    }
    expect(events).toBeGreaterThan(25_000);
  },
);

test("a call of the same arguments that is another in something else is written as it is", () => {
  const call = parseCall('openat(AT_FDCWD</>, "/etc/passwd", O_RDONLY) = 3</etc/passwd> <0.000012>');
  const others: Partial<CallEvent>[] = [
    { call: "open" },
    { result: 4 },
    { resultText: "?" },
    { resultTarget: { kind: "other", text: "pipe:[7]" } },
    { errno: { name: "ENOENT", text: "No such file or directory" } },
    { decoded: "flags FD_CLOEXEC" },
    { marks: ["resumed"] },
    { time: 1_763_806_900.5, tid: 8, pid: 6, durationNs: 1_500 },
    { pid: null, durationNs: null },
    { pid: null, pidReason: 'nobody knows "it"' },
    { raw: ['a "line"'] },
    { args: null },
    { args: [] },
  ];
  const events = others.flatMap((other) => [call, { ...call, ...other }, call, { ...call, ...other }]);

  expect(events.map(createEventJson())).toEqual(asIs(events));
});
