import { describe, expect, test } from "vitest";
import { jvmFigures } from "../../../src/features/jvm/figures-schema.ts";
import {
  beginsPerfData,
  PerfDataError,
  type PerfLayout,
  parseLayout,
  sampleOf,
} from "../../../src/features/jvm/hsperfdata/perf-layout.ts";
import { readFigures } from "../../../src/features/jvm/read-figures.ts";
import { createNotes } from "../../../src/linux/cgroup/notes.ts";
import { RECORDED, recorded } from "./recorded.ts";

function figuresOf(bytes: Buffer) {
  const notes = createNotes();
  const figures = readFigures(sampleOf(bytes, parseLayout(bytes)), 10, notes);
  return { figures: jvmFigures.strict().parse(figures), notes: notes.list };
}

test.each(RECORDED)("all figures are read of a JVM %s", (name) => {
  const bytes = recorded(name);
  expect(beginsPerfData(bytes)).toBe(true);
  const { figures } = figuresOf(bytes);
  const [java = "", collector = ""] = name.split("-");
  expect(figures).toMatchObject({ canAttach: true, command: "Plain", threads: { live: 6, daemon: 5 } });
  expect(figures.vm.specification).toBe(java);
  expect(figures.vm.javaVersion?.startsWith(`${java}.`)).toBe(true);
  const { heap } = figures.memory;
  expect(heap.maxBytes).toBeGreaterThan(60_000_000);
  expect(heap.maxBytes).toBeLessThan(70_000_000);
  expect(heap.spaces.length).toBeGreaterThan(0);
  expect(figures.gc.collectors.length).toBeGreaterThan(0);
  expect(figures.arguments?.some((each) => each.toLowerCase().includes(`use${collector}gc`))).toBe(true);
  expect(figures.compiler.timeSeconds).toBeGreaterThan(0);
  expect(figures.classes.loaded).toBeGreaterThan(300);
});

test.each([
  [
    "17-serial",
    ["Copy", "MarkSweepCompact"],
    ["Eden Space", "Survivor Space", "Survivor Space", "Tenured Gen"],
  ],
  [
    "17-parallel",
    ["PS Scavenge", "PS MarkSweep"],
    ["PS Eden Space", "PS Survivor Space", "PS Survivor Space", "PS Old Gen"],
  ],
  [
    "25-g1",
    ["G1 Young Generation", "G1 Old Generation", "G1 Concurrent GC"],
    ["G1 Eden Space", "G1 Survivor Space", "G1 Survivor Space", "G1 Old Gen"],
  ],
  ["25-z", ["ZGC Minor Pauses", "ZGC Major Pauses"], ["ZGC Young Generation", "ZGC Old Generation"]],
] as const)("collectors and pools of %s have the names that dashboards know", (name, collectors, pools) => {
  const { gc, memory } = figuresOf(recorded(name)).figures;
  expect(gc.collectors.map((each) => each.gc)).toEqual(collectors);
  expect(memory.heap.spaces.map(({ pool }) => pool)).toEqual(pools);
});

test("a secret among the arguments is masked", () => {
  expect(figuresOf(recorded("17-serial")).figures.arguments).toContain("-Dmy.password=******");
});

test("what the JVM has not counted yet is null with the reason, not 0", () => {
  const { figures, notes } = figuresOf(recorded("17-g1"));
  expect(figures.memory.heap.usedBytes).toBeNull();
  expect(figures.memory.metaspace).toEqual({
    usedBytes: null,
    committedBytes: null,
    maxBytes: 1_073_741_824,
  });
  expect(notes.map(({ field }) => field)).toEqual(
    expect.arrayContaining(["memory.heap.usedBytes", "memory.metaspace.usedBytes"]),
  );
  // Serial counts while it allocates.
  expect(figuresOf(recorded("17-serial")).figures.memory.heap.usedBytes).toBeGreaterThan(0);
});

test("a number below 0 is none: a counter of Prometheus would not bear it", () => {
  const bytes = recorded("17-serial");
  const name = bytes.indexOf("java.threads.started\0");
  // The value stands behind the name, at the next multiple of 8.
  bytes.writeBigInt64LE(-5n, Math.ceil((name + "java.threads.started\0".length) / 8) * 8);
  expect(figuresOf(bytes).figures.threads.started).toBeNull();
});

test.each([0n, 1n, -1n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 60n + 129n, 2n ** 63n - 1n, -(2n ** 63n), -12_345n])(
  "the number %s is that which a double has next to it, in either order of bytes",
  (value) => {
    for (const isLittleEndian of [true, false]) {
      const bytes = withOneCounter(value, isLittleEndian);
      expect(sampleOf(bytes, parseLayout(bytes)).number("one")).toBe(Number(value));
    }
  },
);

test("a text that has changed where it stands is another one, and so is what was made of it", () => {
  const bytes = recorded("17-serial");
  const layout = parseLayout(bytes);
  const name = "sun.rt.javaCommand";
  const made: string[] = [];
  const split = (text: string) => {
    made.push(text);
    return text.split("a");
  };
  const look = () => {
    const sample = sampleOf(Buffer.from(bytes), layout);
    return [sample.text(name), sample.words(name, split)];
  };
  const at = bytes.indexOf("Plain\0", bytes.indexOf(`${name}\0`));
  expect([look(), look()]).toEqual(Array(2).fill(["Plain", ["Pl", "in"]]));
  bytes.write("Plate", at);
  expect(look()).toEqual(["Plate", ["Pl", "te"]]);
  bytes.write("Pl\0", at);
  expect([look(), look()]).toEqual(Array(2).fill(["Pl", ["Pl"]]));
  bytes.write("Plated", at);
  expect(look()[0]).toMatch(/^Plated/);
  expect(made.slice(0, 3)).toEqual(["Plain", "Plate", "Pl"]);
});

describe("bytes that lie", () => {
  const whole = recorded("17-g1");
  const changed = (change: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(whole);
    change(bytes);
    return bytes;
  };

  test.each([
    ["another beginning", (bytes: Buffer) => bytes.writeUInt8(0, 0), "does not begin"],
    ["another version", (bytes: Buffer) => bytes.writeUInt8(3, 5), "version 3"],
    ["a JVM that still makes them", (bytes: Buffer) => bytes.writeUInt8(0, 7), "still making"],
    [
      "a huge number of counters",
      (bytes: Buffer) => bytes.writeInt32LE(2_000_000_000, 28),
      "2000000000 counters",
    ],
    ["a negative number of counters", (bytes: Buffer) => bytes.writeInt32LE(-1, 28), "-1 counters"],
    ["a first entry far away", (bytes: Buffer) => bytes.writeInt32LE(2_147_483_000, 24), "within a counter"],
    [
      "a first entry before the beginning",
      (bytes: Buffer) => bytes.writeInt32LE(-64, 24),
      "within a counter",
    ],
    ["an entry without length", (bytes: Buffer) => bytes.writeInt32LE(0, 32), "has 0 bytes"],
    ["an entry longer than all", (bytes: Buffer) => bytes.writeInt32LE(2_147_483_647, 32), "bytes"],
    ["a name before its entry", (bytes: Buffer) => bytes.writeInt32LE(-2_147_483_648, 36), "no end"],
    ["a value outside", (bytes: Buffer) => bytes.writeInt32LE(2_147_483_647, 48), "outside"],
    ["a negative vector", (bytes: Buffer) => bytes.writeInt32LE(-8, 40), "outside"],
  ] as const)("%s is refused by its name", (_, change, reason) => {
    expect(() => parseLayout(changed(change))).toThrow(PerfDataError);
    expect(() => parseLayout(changed(change))).toThrow(reason);
  });

  test("20,000 mutations neither crash nor hang, and give figures that keep to the schema or a reason", () => {
    const { figures, refused } = readMutations(whole, 20_000);
    expect(figures).toBeGreaterThan(1_000);
    expect(refused).toBeGreaterThan(1_000);
  });
});

/** A region with one number. */
function withOneCounter(value: bigint, isLittleEndian: boolean): Buffer {
  const [head, entry] = [32, 20];
  const name = Buffer.from("one\0");
  const bytes = Buffer.alloc(head + entry + name.length + 8);
  const i32 = (at: number, number: number) =>
    isLittleEndian ? bytes.writeInt32LE(number, at) : bytes.writeInt32BE(number, at);
  bytes.writeUInt32BE(0xcafec0c0, 0);
  bytes.set([isLittleEndian ? 1 : 0, 2, 0, 1], 4);
  i32(8, bytes.length);
  i32(24, head);
  i32(28, 1);
  i32(head, bytes.length - head);
  i32(head + 4, entry);
  bytes.write("J", head + 12);
  i32(head + 16, entry + name.length);
  bytes.set(name, head + entry);
  const data = head + entry + name.length;
  if (isLittleEndian) bytes.writeBigInt64LE(value, data);
  else bytes.writeBigInt64BE(value, data);
  return bytes;
}

function readMutations(whole: Buffer, rounds: number): { figures: number; refused: number } {
  const random = createRandom(7);
  const bytes = Buffer.from(whole);
  const outcomes = { figures: 0, refused: 0 };
  let layout: PerfLayout | undefined;
  for (let round = 0; round < rounds; round++) {
    if (round % 50 === 0) whole.copy(bytes);
    mutate(bytes, random);
    const cut = random(10) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
    // An older layout meets newer bytes, as it does when the app writes while it is read.
    if (layout === undefined || random(3) === 0) layout = attempt(cut);
    if (layout !== undefined) jvmFigures.parse(readFigures(sampleOf(cut, layout), 10, createNotes()));
    outcomes[layout === undefined ? "refused" : "figures"] += 1;
  }
  return outcomes;
}

function attempt(bytes: Buffer): PerfLayout | undefined {
  try {
    return parseLayout(bytes);
  } catch (error) {
    if (!(error instanceof PerfDataError)) throw error;
    return undefined;
  }
}

/** Numbers that look random, and are the same in each run. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

const EXTREMES = [-1, 0, 2_147_483_647, -2_147_483_648];

/** Changes a byte, or four to an extreme, where the counters are. */
function mutate(bytes: Buffer, random: (below: number) => number): void {
  const at = random(12_000);
  if (random(4) === 0) bytes.writeInt32LE(EXTREMES[random(4)] ?? 0, at);
  else bytes[at] = random(256);
}
