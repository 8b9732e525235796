import { describe, expect, test } from "vitest";
import type { Argument } from "../../../../src/features/strace/events/argument.ts";
import { endOfArgument } from "../../../../src/features/strace/events/end-of-argument.ts";
import { readArgument } from "../../../../src/features/strace/events/read-argument.ts";
import { readUsualArgument } from "../../../../src/features/strace/events/read-usual-argument.ts";
import { readAnyValue, readUsualValue } from "../../../../src/features/strace/events/read-value.ts";
import { createThreadGroups } from "../../../../src/features/strace/events/thread-groups.ts";
import { recordedTrace, recordedTraces, VERSIONS } from "../../../support/recorded-traces.ts";
import { parse, rawLines } from "./parse.ts";

const TRACES = recordedTraces();

test("there are traces of three versions of strace, of eighteen programs each", () => {
  for (const version of VERSIONS) {
    expect(TRACES.filter((trace) => trace.version === version)).toHaveLength(18);
  }
});

test.each(TRACES)(
  "every line of strace $version on $name is understood, and is in exactly one event",
  ({ lines }) => {
    const { events, parser } = parse(lines, { withRaw: true });
    expect(events.filter(({ type }) => type === "unparsed")).toEqual([]);
    expect(parser.counts).toEqual({
      ...{ lines: lines.length, events: events.length, unparsed: 0 },
      ...{ pending: 0, pendingChars: 0 },
    });
    expect(rawLines(events).toSorted()).toEqual([...lines].toSorted());
  },
);

test.each(TRACES)(
  "the times of strace $version on $name keep their microseconds, in JSON too",
  ({ lines }) => {
    for (const event of parse(lines, { withRaw: true }).events) {
      if (event.type === "unparsed" || event.time === null) continue;
      const { time } = JSON.parse(JSON.stringify(event));
      expect(time.toFixed(6)).toBe(/^\d+ +(\d+\.\d+) /.exec(event.raw?.[0] ?? "")?.[1]);
    }
  },
);

test("arguments that are read in one pass are read as those that are cut out first", () => {
  let compared = 0;
  for (const line of TRACES.flatMap(({ lines }) => lines)) {
    const open = line.indexOf("(") + 1;
    let at = open;
    // Not all lines are calls: then both have nothing to say, or the same.
    for (let end = 0; end !== -1 && at < line.length; at = end + 2) {
      end = endOfArgument(line, at, open, false);
      const usual: Argument[] = [];
      const usualEnd = readUsualArgument(line, at, usual);
      if (usualEnd === -1) continue;
      expect([usualEnd, usual]).toEqual([end, [readArgument(line.slice(at, end))]]);
      compared += 1;
    }
  }
  expect(compared).toBeGreaterThan(50_000);
});

test("what calls return is read in one pass as it is whatever it looks like", () => {
  const read = { usual: 0, errors: 0, targets: 0, addresses: 0 };
  for (const line of TRACES.flatMap(({ lines }) => lines)) {
    const start = line.lastIndexOf(" = ") + 3;
    const end = line.lastIndexOf(" <");
    if (start < 3 || end < start) continue;
    const usual = readUsualValue(line, start, end);
    if (usual === undefined) continue;
    expect(usual).toEqual(readAnyValue(line, start, end));
    read.usual += 1;
    if (usual.errno !== null) read.errors += 1;
    if (usual.target !== null) read.targets += 1;
    if (usual.text?.startsWith("0x") === true) read.addresses += 1;
  }
  expect(read.usual).toBeGreaterThan(25_000);
  expect(Math.min(read.errors, read.targets, read.addresses)).toBeGreaterThan(1_000);
});

describe.each(VERSIONS)("strace %s", (version) => {
  const eventsOf = (name: string) => parse(recordedTrace(version, name).lines).events;
  const callsOf = (name: string) => eventsOf(name).filter((event) => event.type === "call");

  test("file names come out as they are, whatever they look like", () => {
    const written = callsOf("files").filter(({ call }) => call === "write");
    const names = new Map(
      written.flatMap(({ args }) => {
        const [descriptor, text] = args ?? [];
        if (descriptor?.kind !== "descriptor" || descriptor.target.kind !== "file") return [];
        return text?.kind === "string" ? [[descriptor.target.path, text.value]] : [];
      }),
    );
    const odd = [
      "a b",
      "<angle>",
      "un(bal[an{ced",
      "close)]}",
      'quo"te',
      "back\\slash",
      "new\nline",
      "tab\t",
      "café",
    ];
    const odder = ["1) = 0 <0.000001>", "a, b = c", "arrow->there", "\u0001\u0002\u007f", "/* comment */"];
    for (const name of [...odd, ...odder.filter((each) => !each.includes("/"))]) {
      expect(names.get(`/tmp/app/${name}`)).toBe(name);
    }
  });

  test("a descriptor of a file that has no name any more says so", () => {
    const closed = callsOf("files").find(
      ({ call, args }) => call === "close" && JSON.stringify(args).includes('"/tmp/app/a b"'),
    );
    expect(closed?.args).toEqual([
      {
        kind: "descriptor",
        fd: 77,
        target: { kind: "file", path: "/tmp/app/a b", isDeleted: true, device: null },
      },
    ]);
  });

  test("a device is a file with its numbers", () => {
    const target = callsOf("files").find(({ call }) => call === "writev")?.args?.[0];
    expect(target).toEqual({
      kind: "descriptor",
      fd: 3,
      target: { kind: "file", path: "/dev/null", isDeleted: false, device: "char 1:3" },
    });
  });

  test("bytes that are no text come as bytes, and what was cut off is marked", () => {
    const strings = callsOf("files").flatMap(
      ({ args }) => args?.filter(({ kind }) => kind === "string") ?? [],
    );
    expect(strings).toContainEqual({
      kind: "string",
      value: "1) = 0 <0.000001>",
      encoding: "utf-8",
      isTruncated: false,
    });
    const elf = strings.find((each) => each.kind === "string" && each.value.startsWith("\u007fELF"));
    expect(elf).toMatchObject({ isTruncated: true });
    const random = callsOf("special").find(({ call }) => call === "getrandom")?.args?.[0];
    expect(random).toMatchObject({ kind: "string", encoding: "bytes", isTruncated: false });
    expect(random?.kind === "string" ? random.value : "").toHaveLength(16);
  });

  test("connected sockets tell both ends", () => {
    const sent = callsOf("sockets").find(
      ({ call, args }) => call === "sendto" && JSON.stringify(args?.[0]).includes('"TCP"'),
    );
    expect(sent?.args?.[0]).toEqual({
      kind: "descriptor",
      fd: expect.any(Number),
      target: {
        ...{ kind: "socket", protocol: "TCP", inode: null },
        local: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      },
    });
    const six = callsOf("sockets").find(
      ({ call, args }) => call === "sendto" && JSON.stringify(args?.[0]).includes('"TCPv6"'),
    );
    expect(six?.args?.[0]).toMatchObject({ target: { local: expect.stringMatching(/^\[::1\]:\d+$/) } });
  });

  test("names of Unix sockets come out as they are, though strace escapes nothing of their brackets", () => {
    const locals = callsOf("sockets").flatMap(({ call, args }) => {
      const [first] = args ?? [];
      const isListening = call === "listen" && first?.kind === "descriptor" && first.target.kind === "socket";
      return isListening ? [first.target.local] : [];
    });
    expect(locals).toEqual(expect.arrayContaining(['so ck"et', "un(bal>an<ced", "plain.sock", '@abs"tract']));
  });

  test("a call that is unknown to strace, and one that fails without a number, are calls like others", () => {
    expect(callsOf("special").find(({ call }) => call === "syscall_0x270f")).toMatchObject({
      ...{ result: -1, errno: { name: "ENOSYS", text: "Function not implemented" } },
      args: [1, 2, 3, 4, 5, 6].map((value) => ({ kind: "number", value, text: `0x${value}` })),
    });
  });

  test("what strace says of a result is kept apart from it", () => {
    const polls = callsOf("special").filter(({ call }) => call === "poll");
    expect(
      polls.map(({ result, decoded }) => [result, decoded?.startsWith("[{fd=") ? "fds" : decoded]),
    ).toEqual([
      [1, "fds"],
      [0, "Timeout"],
    ]);
    expect(callsOf("files").find(({ decoded }) => decoded === "flags FD_CLOEXEC")).toMatchObject({
      ...{ call: "fcntl", result: 1, resultText: "0x1" },
    });
  });

  test("signals, stops, continued calls and ends of all kinds are there", () => {
    const events = eventsOf("signals");
    const signals = events.filter(({ type }) => type === "signal");
    expect(new Set(signals.map((event) => (event.type === "signal" ? event.code : "")))).toEqual(
      new Set([
        "SI_KERNEL",
        "SI_USER",
        "SI_TKILL",
        "SI_QUEUE",
        "CLD_EXITED",
        "CLD_KILLED",
        "CLD_STOPPED",
        "CLD_CONTINUED",
        "SEGV_MAPERR",
      ]),
    );
    expect(events.filter(({ type }) => type === "stop")).toHaveLength(2);
    const killed = events.flatMap((event) => (event.type === "killed" ? [event.signal] : []));
    expect(killed.toSorted()).toEqual(["SIGABRT", "SIGKILL", "SIGRT_8", "SIGSEGV"]);
    const exits = events.flatMap((event) => (event.type === "exit" ? [event.exitCode] : []));
    expect(exits.toSorted()).toEqual([0, 0, 0, 3, 4]);
    const marks = new Set(events.flatMap((event) => (event.type === "call" ? event.marks : [])));
    expect(marks).toEqual(new Set(["interrupted", "resumed", "restarted"]));
    expect(
      events.find((event) => event.type === "call" && event.errno?.name === "ERESTARTSYS"),
    ).toMatchObject({
      ...{ call: "read", result: null, resultText: "?", marks: expect.arrayContaining(["interrupted"]) },
    });
  });

  test("an exec in a thread is one call, though it ends under the id of the main thread", () => {
    const events = eventsOf("exec");
    const superseded = events.find((event) => event.type === "superseded");
    const exec = events.findLast((event) => event.type === "call" && event.call === "execve");
    expect(exec).toMatchObject({ tid: superseded?.tid, result: 0, marks: ["resumed"] });
    expect(exec).toMatchObject({ args: [{ value: "./calls" }, { kind: "array" }, { kind: "other" }] });
    const cut = events.filter((event) => event.type === "call" && event.marks.includes("unfinished"));
    expect(cut).toHaveLength(2);
    expect(cut[0]).toMatchObject({
      ...{ call: "clock_nanosleep", result: null, resultText: "?", marks: ["resumed", "unfinished"] },
      args: [{ names: ["CLOCK_MONOTONIC"] }, { value: 0 }, { kind: "structure" }],
    });
  });

  test("every thread of a program has its calls joined, and its process, that of the thread which made it", () => {
    const { lines } = recordedTrace(version, "threads");
    const main = Number(lines[0]?.split(" ", 1)[0]);
    const groups = createThreadGroups((tid) => (tid === main ? main : undefined));
    const calls = parse(lines, { groups }).events.filter((event) => event.type === "call");
    expect(new Set(calls.map(({ tid }) => tid)).size).toBe(17);
    expect(calls.filter(({ marks }) => marks.includes("resumed")).length).toBeGreaterThan(500);
    expect(calls.filter(({ marks }) => marks.some((mark) => mark !== "resumed"))).toEqual([]);
    // A thread that runs before clone(2) has returned is not known yet.
    const unknown = calls.filter(({ pid }) => pid === null);
    expect(unknown.length).toBeLessThan(100);
    expect(unknown.every(({ pidReason }) => pidReason !== undefined)).toBe(true);
    expect(calls.filter(({ pid }) => pid !== null && pid !== main)).toEqual([]);
  });
});
