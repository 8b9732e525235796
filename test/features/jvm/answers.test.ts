import { describe, expect, test } from "vitest";
import { parseClassHistogram } from "../../../src/features/jvm/answers/class-histogram.ts";
import { parseCommands } from "../../../src/features/jvm/answers/commands.ts";
import { parseFlags } from "../../../src/features/jvm/answers/flags.ts";
import { parseProperties } from "../../../src/features/jvm/answers/properties.ts";
import { parseThreadDump, threadDump } from "../../../src/features/jvm/answers/thread-dump.ts";
import { cpuMsOf } from "../../support/cpu-time.ts";
import { recordedAnswer } from "./recorded.ts";

describe.each(["17", "25"] as const)("what a JVM of Java %s has answered", (java) => {
  const dump = threadDump.strict().parse(parseThreadDump(recordedAnswer(java, "threads")));
  const named = (name: string) => dump.threads.find((thread) => thread.name === name);

  test("threads have their states, stacks and locks", () => {
    expect(named("main")).toMatchObject({
      ...{ isDaemon: false, priority: 5, state: "TIMED_WAITING", stateDetail: "sleeping" },
      condition: "waiting on condition",
    });
    expect(named("main")?.frames[0]).toMatch(/^java\.lang\.Thread\.sleep/);
    expect(named("main")?.cpuMs).toBeGreaterThan(1);
    expect(named("main")?.elapsedSeconds).toBeGreaterThan(1);
    expect(named("monitor left")).toMatchObject({ state: "BLOCKED", stateDetail: "on object monitor" });
    expect(named("monitor left")?.locks).toMatchObject([
      { action: "waiting to lock", class: "java.lang.Object", frame: 0 },
      { action: "locked", class: "java.lang.Object", frame: 0 },
    ]);
    expect(named("lock first")?.ownedSynchronizers).toHaveLength(1);
    expect(named("Reference Handler")).toMatchObject({ isDaemon: true, priority: 10 });
    expect(named("VM Thread")).toMatchObject({ id: null, state: null, condition: "runnable", frames: [] });
    expect(new Set(dump.threads.map(({ nativeId }) => nativeId)).size).toBe(dump.threads.length);
  });

  test("deadlocks are rings, by monitors and by locks", () => {
    expect(dump.deadlocks.map((ring) => ring.map(({ thread, heldBy }) => [thread, heldBy]))).toEqual([
      [
        ["monitor left", "monitor right"],
        ["monitor right", "monitor left"],
      ],
      [
        ["lock first", "lock second"],
        ["lock second", "lock first"],
      ],
    ]);
    const first = dump.deadlocks[0]?.[0];
    expect(first?.class).toBe("java.lang.Object");
    expect(named("monitor right")?.locks.find(({ action }) => action === "locked")?.address).toBe(
      first?.waitsFor,
    );
  });

  test("flags have their value and who set them", () => {
    const flags = parseFlags(recordedAnswer(java, "flags"));
    expect(flags.length).toBeGreaterThan(400);
    expect(flags.find(({ name }) => name === "MaxHeapSize")).toEqual({
      ...{
        name: "MaxHeapSize",
        type: "size_t",
        value: "67108864",
        kinds: ["product"],
        origin: "command line",
      },
    });
    expect(flags.find(({ name }) => name === "HeapDumpOnOutOfMemoryError")).toMatchObject({
      ...{ value: "false", kinds: ["manageable"], origin: "default" },
    });
  });

  test("the histogram has all classes, the largest first, and the sum of all", () => {
    const { classes, instances, bytes } = parseClassHistogram(recordedAnswer(java, "classes"));
    expect(classes.reduce((sum, each) => sum + each.bytes, 0)).toBe(bytes);
    expect(classes.reduce((sum, each) => sum + each.instances, 0)).toBe(instances);
    expect(classes.find((each) => each.class === "java.lang.String")?.module).toMatch(/^java\.base@/);
    const sizes = classes.map((each) => each.bytes);
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
  });

  test("the commands that it offers", () => {
    const commands = parseCommands(recordedAnswer(java, "help"));
    expect(commands).toEqual(
      expect.arrayContaining(["Thread.print", "GC.class_histogram", "VM.flags", "help"]),
    );
    expect(commands.length).toBeGreaterThan(30);
  });
});

test("threads of Java 8 are read, and names with anything in them", () => {
  const text = [
    '"a "quoted" #9 name" #12 daemon prio=5 os_prio=0 tid=0x00007f nid=0x1a runnable [0x00007e]',
    "   java.lang.Thread.State: RUNNABLE",
    "\tat sun.nio.ch.EPollArrayWrapper.epollWait(Native Method)",
    "\t- locked <0x00000000d5> (a sun.nio.ch.Util$3)",
    "\t- waiting on <no object reference available>",
    '"no thread at all',
    "",
  ].join("\n");
  expect(parseThreadDump(text).threads).toMatchObject([
    {
      ...{ name: 'a "quoted" #9 name', id: 12, nativeId: 26, isDaemon: true, cpuMs: null, state: "RUNNABLE" },
      locks: [
        { action: "locked", address: "0x00000000d5", class: "sun.nio.ch.Util$3" },
        { action: "waiting on", address: null, class: null },
      ],
    },
  ]);
});

test("flags of Java 8 tell by a sign what is not default", () => {
  const text =
    "     bool UseG1GC   := true   {product}\n    intx Old   = 5   {product}\n  ccstr Key = a b {x} {command line}";
  expect(parseFlags(text).map(({ name, value, origin }) => [name, value, origin])).toEqual([
    ["UseG1GC", "true", "not default"],
    ["Old", "5", "default"],
    ["Key", "a b", "command line"],
  ]);
});

test("a text that was made to hold readers up is read in no time", () => {
  const hostile = `${`"${'" #1 '.repeat(200_000)}\n`}${"\t- locked <".repeat(100_000)}\n${" ".repeat(1_000_000)}{`;
  const parse = () => {
    parseThreadDump(hostile);
    parseFlags(hostile);
    parseClassHistogram(hostile);
  };
  expect(cpuMsOf(parse)).toBeLessThan(2_000);
});

test("properties are read as Java escapes them; secrets are masked by their names", () => {
  const text =
    "#Sun Nov 29\nuser.dir=/srv\ndb.password=hu\\u0073h\nline.separator=\\n\npath=C\\:\\\\x y\nurl=jdbc\\:x\\://a\\:b@c\n";
  expect(Object.fromEntries(parseProperties(text, false).map(({ name, value }) => [name, value]))).toEqual({
    ...{ "user.dir": "/srv", "db.password": "******", "line.separator": "\n", path: "C:\\x y" },
    url: "jdbc:x://a:******@c",
  });
  expect(parseProperties(text, true).find(({ name }) => name === "db.password")?.value).toBe("hush");
});
