import { expect, test } from "vitest";
import type { CallEvent, TraceEvent } from "../../../../../src/features/strace/events/event.ts";
import { traceEvent } from "../../../../../src/features/strace/events/event-schema.ts";
import { CallAssembler } from "../../../../../src/features/strace/events/tracefs/call-assembler.ts";
import type { DescriptorTargets } from "../../../../../src/features/strace/events/tracefs/descriptor-targets.ts";
import { lineOf } from "../../../../../src/features/strace/events/tracefs/event-line.ts";
import { selectSyscalls } from "../../../../../src/features/strace/events/tracefs/syscall-selection.ts";
import { createThreadTable } from "../../../../../src/features/strace/events/tracefs/thread-table.ts";
import type { GapRecord } from "../../../../../src/linux/tracefs/cpu-buffers.ts";
import type { KernelRecord } from "../../../../../src/linux/tracefs/kernel-records.ts";
import { randomOf, seedOr } from "../../../../support/random.ts";
import { allRecordedEvents, readPages, recordedEvents } from "../../../../support/recorded-events.ts";
import { parse } from "../parse.ts";

/** Recordings of a machine whose kernel numbers system calls as x64 does. */
const isNative = process.arch === "x64";

interface Options {
  readonly records?: readonly (KernelRecord | GapRecord)[];
  readonly batch?: number;
  readonly isSameNumber?: boolean;
  readonly syscalls?: readonly string[];
  readonly isErrorsOnly?: boolean;
  readonly minDurationNs?: number;
}

/** The processes are long gone: whoever has their numbers now must not be looked up. */
const NO_TARGETS: DescriptorTargets = {
  targetOf: () => undefined,
  folderOf: () => undefined,
  announce: () => undefined,
  apply: () => undefined,
  leaveFolder: () => undefined,
  forget: () => undefined,
  forgetAll: () => undefined,
  renew: () => undefined,
};
/** Recordings of one process with threads. */
const THREADED = /threads|exec|exit-group/;
/** The number of the process in a PID namespace of its own. */
const INNER = 3_999_000;

function assemble(name: string, options: Options = {}) {
  const recording = recordedEvents(name);
  const records = options.records ?? readPages(recording, recording.pages).records;
  const threads = createThreadTable(options.isSameNumber ?? true, {
    groupOf: () => (THREADED.test(name) ? recording.pid : undefined),
    isProgramOf32Bits: () => false,
  });
  threads.add(recording.pid, options.isSameNumber === false ? INNER : recording.pid, false);
  const events: TraceEvent[] = [];
  const pending: TraceEvent[] = [];
  const assembler = new CallAssembler(
    {
      ...{ threads, targets: NO_TARGETS, startTime: 1_700_000_000 },
      selection: selectSyscalls(options.syscalls ?? []),
      ...{ isErrorsOnly: options.isErrorsOnly ?? false, minDurationNs: options.minDurationNs ?? 0 },
    },
    (event) => events.push(event),
  );
  const batch = options.batch ?? records.length;
  for (let start = 0; start < records.length; start += batch) {
    assembler.announce(records.slice(start, start + batch));
    assembler.push(records.slice(start, start + batch));
  }
  assembler.finish((event) => pending.push(event));
  const calls = events.filter((event) => event.type === "call");
  return { recording, records, events, calls, pending, threads };
}

/** The lines of the kernel's own text that match. */
function countOf(lines: readonly string[], pattern: RegExp): number {
  return lines.filter((line) => pattern.test(line)).length;
}

const NAMES = allRecordedEvents().map(({ name }) => name);

test.runIf(isNative).each(NAMES)(
  "each call of %s that the kernel tells of is one event, as the API says, and a line that reads the same",
  (name) => {
    const { recording, events, calls, pending } = assemble(name);
    const ended = calls.filter(({ result, errno }) => result !== null || errno !== null);
    const births = countOf(recording.lines, /sched_process_fork/);
    expect(ended.length + births).toBe(countOf(recording.lines, /sys_exit/));
    expect(pending).toEqual([]);
    for (const event of JSON.parse(JSON.stringify(events))) traceEvent.parse(event);
    const { events: read } = parse(events.map(lineOf));
    expect(read.map(({ type }) => type)).toEqual(events.map(({ type }) => type));
    const facts = (event: TraceEvent) =>
      event.type === "call"
        ? [event.tid, event.call, event.result, event.errno, event.durationNs, event.args?.length]
        : [event.type];
    expect(read.map(facts)).toEqual(events.map(facts));
  },
);

test.runIf(isNative).each([1, 7, 100])("batches of %i records come to the same", (batch) => {
  for (const name of NAMES)
    expect(assemble(name, { batch }).events.map(lineOf)).toEqual(assemble(name).events.map(lineOf));
});

test.runIf(isNative)(
  "arguments are what the call's signature says: no text where there is an address, and why",
  () => {
    const { calls } = assemble("files");
    const open = calls.find(({ call }) => call === "openat");
    expect(open).toMatchObject({
      args: [
        { kind: "symbols", names: ["AT_FDCWD"] },
        {
          ...{ kind: "unread", value: null, text: expect.stringMatching(/^0x[\da-f]+$/) },
          reason: expect.stringContaining("numbers only"),
        },
        { kind: "number" },
        { kind: "number" },
      ],
      ...{ result: 3, errno: null, durationNs: expect.any(Number), marks: [] },
    });
    expect(calls.find(({ errno }) => errno !== null)).toMatchObject({
      ...{ result: -1, errno: { name: "ENOENT", text: "No such file or directory" } },
    });
    const mapped = calls.find(({ call }) => call === "mmap");
    expect(mapped?.resultText).toBe(`0x${mapped?.result?.toString(16)}`);
  },
);

test.runIf(isNative)("durations are the kernel's own, to the nanosecond", () => {
  const { recording, calls } = assemble("exit-group");
  const sleep = calls.find(
    ({ call, durationNs }) => call === "clock_nanosleep" && (durationNs ?? 0) > 4_000_000,
  );
  expect(sleep?.durationNs).toBeLessThan(60_000_000);
  expect(countOf(recording.lines, /sys_enter: NR 230/)).toBeGreaterThan(0);
});

test.runIf(isNative)("a thread that ends by exit_group takes the others with it, each with the code", () => {
  const { events } = assemble("exit-group");
  const exits = events.filter((event) => event.type === "exit");
  expect(exits.length).toBe(3);
  expect(new Set(exits.map(({ exitCode }) => exitCode)).size).toBe(1);
});

test.runIf(isNative)("signals that a process takes are events, but not what ends it", () => {
  const { recording, events } = assemble("delivered");
  const signals = events.filter((event) => event.type === "signal");
  const child = { signal: "SIGCHLD", code: "CLD_KILLED", tid: recording.pid };
  expect(signals).toMatchObject([
    { signal: "SIGUSR1", code: "SI_USER", tid: recording.pid, senderPid: null },
    ...[child, child, { signal: "SIGSEGV", code: "SI_USER" }, child],
  ]);
  expect(assemble("delivered", { minDurationNs: 1 }).events.some(({ type }) => type === "signal")).toBe(
    false,
  );
  expect(events.at(-1)).toMatchObject({ type: "exit", exitCode: 6 });
});

test.runIf(isNative)("a thread that execs goes on under the number of its process", () => {
  const { recording, events, calls } = assemble("exec");
  const superseded = events.find((event) => event.type === "superseded");
  expect(superseded).toMatchObject({ tid: recording.pid });
  const exec = calls.find(
    ({ call, tid, result }) => call === "execve" && tid === recording.pid && result === 0,
  );
  expect(exec).toBeDefined();
  expect(events.at(-1)).toMatchObject({ type: "exit", tid: recording.pid, exitCode: 0 });
});

test.runIf(isNative)(
  "children have the numbers that the call which made them told, in the namespace of the process",
  () => {
    const { recording, calls } = assemble("shell", { isSameNumber: false });
    const forks = calls.filter(({ call, result }) => /^(?:v?fork|clone3?)$/.test(call) && (result ?? 0) > 0);
    expect(forks.length).toBeGreaterThan(2);
    const known = new Set([INNER, ...forks.map(({ result }) => result)]);
    expect(new Set(calls.map(({ tid }) => tid))).toEqual(known);
    // Here the numbers are the same on both sides, and nothing of a child is lost that began before its parent was told.
    expect(calls.length).toBe(assemble("shell").calls.length);
    expect(countOf(recording.lines, /sched_process_fork/)).toBe(forks.length);
  },
);

test.runIf(isNative)("what is not asked for is left out: by name, by class, by error, by duration", () => {
  const names = (calls: readonly CallEvent[]) => [...new Set(calls.map(({ call }) => call))];
  expect(names(assemble("files", { syscalls: ["openat", "%memory"] }).calls).toSorted()).toEqual(
    names(assemble("files").calls)
      .filter((call) => /^(?:openat|brk|mmap|munmap|mprotect)$/.test(call))
      .toSorted(),
  );
  const failed = assemble("files", { isErrorsOnly: true }).calls;
  expect(failed.length).toBe(assemble("files").calls.filter(({ errno }) => errno !== null).length);
  expect(failed.length).toBeGreaterThan(3);
  const long = assemble("files", { minDurationNs: 50_000 });
  expect(long.events.map(lineOf)).toEqual(
    assemble("files")
      .calls.filter(({ durationNs }) => (durationNs ?? 0) >= 50_000)
      .map(lineOf),
  );
});

test.runIf(isNative)("no end is taken for that of another call where events were lost between", () => {
  const { records } = assemble("dd");
  const at = records.findIndex(({ kind }, index) => index > 200 && kind === "enter") + 1;
  // The end of one call and the beginning of the next are gone.
  const broken = [
    ...records.slice(0, at),
    { kind: "gap", timeNs: records[at]?.timeNs ?? 0 } as const,
    ...records.slice(at + 2),
  ];
  const { calls } = assemble("dd", { records: broken });
  const without = (some: readonly CallEvent[]) => some.filter(({ args }) => args === null).length;
  expect(without(calls)).toBe(without(assemble("dd").calls) + 1);
  expect(calls.length).toBe(assemble("dd").calls.length - 1);
});

test.runIf(isNative)(
  "whatever is missing and in whatever order it comes, it ends, and each return is one event at most",
  () => {
    const random = randomOf(seedOr(28));
    for (let round = 0; round < 60; round += 1) {
      const name = random.pick(NAMES);
      const { records } = assemble(name);
      const some: (KernelRecord | GapRecord)[] = records.filter(() => random.chance(0.9));
      for (let swaps = random.int(50); swaps > 0; swaps -= 1) {
        const [a, b] = [random.int(some.length), random.int(some.length)];
        const [first, second] = [some[a], some[b]];
        if (first === undefined || second === undefined) continue;
        some[a] = second;
        some[b] = random.chance(0.2) ? { kind: "gap", timeNs: first.timeNs } : first;
      }
      const { calls } = assemble(name, {
        records: some,
        batch: 1 + random.int(50),
        isSameNumber: random.chance(0.5),
      });
      const returns = some.filter(({ kind }) => kind === "return").length;
      const ended = calls.filter(
        ({ result, errno, marks }) => (result !== null || errno !== null) && marks !== undefined,
      );
      expect(ended.length).toBeLessThanOrEqual(returns);
      for (const event of JSON.parse(JSON.stringify(calls))) traceEvent.parse(event);
    }
  },
);
