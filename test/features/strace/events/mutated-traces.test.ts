import { expect, test } from "vitest";
import type { TraceEvent } from "../../../../src/features/strace/events/event.ts";
import { EventParser } from "../../../../src/features/strace/events/event-parser.ts";
import { createThreadGroups } from "../../../../src/features/strace/events/thread-groups.ts";
import { EventResolver } from "../../../../src/features/strace/sockets/event-resolver.ts";
import { createLineSplitter } from "../../../../src/features/strace/trace-lines.ts";
import { type Random, randomOf, seedOr } from "../../../support/random.ts";
import { recordedTraces } from "../../../support/recorded-traces.ts";
import { parse, rawLines } from "./parse.ts";

/** Lines that strace never wrote, made of such as it did. */

const LIMITS = { maxHalves: 8, maxChars: 2_000 };
const TRACES = recordedTraces().map(({ lines }) => lines);
const TOKENS = [
  '"',
  "\\",
  "<",
  ">",
  "(",
  ")",
  "[",
  "]",
  "{",
  "}",
  ", ",
  " = ",
  "->",
  "/*",
  "*/",
  "...",
  "|",
  "\0",
];
const MARKS = [
  " <unfinished ...>",
  " <detached ...>",
  "<... read resumed>",
  " resumed>",
  " <0.000001>",
  " = ?",
  "+++ ",
  "--- ",
];

const MUTATIONS: readonly ((line: string, random: Random) => string)[] = [
  (line, random) => line.slice(0, random.int(line.length + 1)),
  (line, random) => line.slice(random.int(line.length + 1)),
  (line, random) => {
    const at = random.int(line.length + 1);
    return line.slice(0, at) + line.slice(at + 1 + random.int(5));
  },
  (line, random) => {
    const at = random.int(line.length + 1);
    return line.slice(0, at) + random.pick(random.chance(0.7) ? TOKENS : MARKS) + line.slice(at);
  },
  (line, random) => {
    const [a = 0, b = 0] = [random.int(line.length + 1), random.int(line.length + 1)].toSorted(
      (x, y) => x - y,
    );
    return line.slice(0, a) + line.slice(b) + line.slice(a, b);
  },
  (line, random) => line + random.pick(MARKS),
  (line, random) => line.replace(/^\d+/, () => String(random.int(5) + 1)),
  (line, random) => line.replace(/<\.\.\. \w+/, () => `<... ${random.pick(["read", "poll", "execve", ""])}`),
];

function mutate(lines: readonly string[], random: Random): string[] {
  const from = random.int(Math.max(1, lines.length - 60));
  const some = lines.slice(from, from + 60).filter(() => random.chance(0.95));
  for (let swaps = random.int(10); swaps > 0; swaps -= 1) {
    const [a, b] = [random.int(some.length), random.int(some.length)];
    [some[a], some[b]] = [some[b] ?? "", some[a] ?? ""];
  }
  return some.map((line) => {
    let mutated = line;
    while (random.chance(0.3)) mutated = random.pick(MUTATIONS)(mutated, random);
    return mutated;
  });
}

test("whatever the lines are, each is in exactly one event, and only so much waits", () => {
  const seed = seedOr(20_260_101);
  const random = randomOf(seed);
  let unparsed = 0;
  for (let round = 0; round < 1_500; round += 1) {
    const lines = mutate(random.pick(TRACES), random);
    const { events, parser } = parse(lines, { withRaw: true, limits: LIMITS });
    unparsed += parser.counts.unparsed;
    expect(rawLines(events).toSorted(), `TEST_SEED=${seed}, round ${round}`).toEqual(lines.toSorted());
    expect(parser.counts).toMatchObject({ lines: lines.length, events: events.length, pending: 0 });
    expect(() => JSON.stringify(events)).not.toThrow();
  }
  // The mutations do reach what can't be read, and leave what can.
  expect(unparsed).toBeGreaterThan(1_000);
});

test("from pieces of any size to events that wait for addresses nothing is lost, and the order stays", async () => {
  const seed = seedOr(20_260_102);
  const random = randomOf(seed);
  let waited = 0;
  for (let round = 0; round < 150; round += 1) {
    const lines = mutate(random.pick(TRACES), random);
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""), "latin1");
    const parsed: TraceEvent[] = [];
    const resolved: TraceEvent[] = [];
    const resolver = new EventResolver(process.pid, (event) => resolved.push(event));
    const parser = new EventParser({ withRaw: true, groups: createThreadGroups() }, (event) => {
      parsed.push(event);
      resolver.push(event, 100);
    });
    const splitter = createLineSplitter();
    for (let at = 0; at < bytes.length; ) {
      const end = at + 1 + random.int(random.chance(0.5) ? 10 : 2_000);
      for (const line of splitter.split(bytes.subarray(at, end))) parser.push(line);
      at = end;
    }
    parser.finish();
    waited += parsed.length - resolved.length;
    await resolver.finish();
    const place = `TEST_SEED=${seed}, round ${round}`;
    expect(splitter.rest(), place).toBe("");
    expect(rawLines(resolved).toSorted(), place).toEqual(lines.toSorted());
    expect(rawLines(resolved), place).toEqual(rawLines(parsed));
  }
  expect(waited).toBeGreaterThan(100);
});

test("while lines come, no more waits than allowed", () => {
  const random = randomOf(seedOr(7));
  const seen = { pending: 0, chars: 0 };
  for (const lines of TRACES) {
    const mutated = Array.from({ length: 5 }, () => mutate(lines, random)).flat();
    const onEvent = ({ parser }: ReturnType<typeof parse>) => parser.counts;
    for (const count of [1, 7, 60, mutated.length]) {
      const { parser } = parse([], { limits: LIMITS });
      for (const line of mutated.slice(0, count)) {
        parser.push(line);
        const { pending, pendingChars } = onEvent({ events: [], parser });
        seen.pending = Math.max(seen.pending, pending);
        seen.chars = Math.max(seen.chars, pendingChars);
      }
    }
  }
  expect(seen.pending).toBeGreaterThan(1);
  expect(seen.pending).toBeLessThanOrEqual(LIMITS.maxHalves);
  expect(seen.chars).toBeLessThanOrEqual(LIMITS.maxChars);
});

test.each([
  ["quotes", '"'],
  ["escaped quotes", '\\"'],
  ["annotations", "3<"],
  ["brackets", "([{"],
  ["closing brackets", ")]}"],
  ["results", ") = "],
  ["comments", "/*"],
  ["cuts", " <unfinished ...>"],
  ["arrows", "->"],
  ["commas", ", "],
  ["digits", "9"],
  ["blanks", " "],
])(
  "a million characters of %s take no more than linear time",
  (_, token) => {
    const text = token.repeat(Math.ceil(1_000_000 / token.length));
    const lines = [
      `7 1763806812.204180 read(${text}) = 0 <0.000001>`,
      `7 1763806812.204180 read("${text}`,
      `7 1763806812.204180 <... read resumed>${text}) = 0 <0.000001>`,
      `7 1763806812.204180 read(0) = 0 ${text}>`,
      `7 1763806812.204180 --- SIGCHLD {${text}`,
    ];
    const { events } = parse(lines, { withRaw: true });
    // Quadratic time would be hours: the test's own limit is the assertion.
    expect(rawLines(events).toSorted()).toEqual(lines.toSorted());
  },
  20_000,
);
