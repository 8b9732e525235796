import { describe, expect, test } from "vitest";
import { exactText, parseExact } from "../../src/dashboard/views/jvm/exact-json.ts";
import { groupThreads, hasText, poolOf, type Thread } from "../../src/dashboard/views/jvm/group-threads.ts";
import { startOfValue, typedValue } from "../../src/dashboard/views/jvm/java-input.ts";
import { shortType } from "../../src/dashboard/views/jvm/jvm-types.ts";
import { type MBeanNode, readName, treeOf } from "../../src/dashboard/views/jvm/mbean-names.ts";
import { gcShares } from "../../src/dashboard/views/jvm/use-samples.ts";

const thread = (name: string, state: string | null, frames: readonly string[] = []): Thread => ({
  ...{ name, state, frames, id: null, nativeId: null, isDaemon: false, priority: null, cpuMs: null },
  ...{ elapsedSeconds: null, stateDetail: null, condition: null, locks: [], ownedSynchronizers: [] },
});
const outline = (nodes: readonly MBeanNode[]): unknown =>
  nodes.map(({ title, mbean, nodes: below }) => [title, mbean !== undefined, outline(below)]);

describe("threads", () => {
  const threads = [
    thread("http-8080-exec-1", "WAITING", ["park", "poll"]),
    thread("http-8080-exec-12", "WAITING", ["park", "poll"]),
    thread("http-8080-exec-3", "RUNNABLE", ["read"]),
    thread("main", "BLOCKED", ["take"]),
    thread("GC Thread#0", null),
  ];
  const titles = (by: "stack" | "pool" | "state") =>
    groupThreads(threads, by).map(({ title, threads: some }) => `${title} ${some.length}`);

  test("are grouped by equal stacks, by pool, and by state with what is blocked first", () => {
    expect(titles("stack")).toEqual(["park 2", "read 1", "take 1", "no Java stack 1"]);
    expect(titles("pool")).toEqual(["http-#-exec-# 3", "main 1", "GC Thread## 1"]);
    expect(titles("state")).toEqual(["BLOCKED 1", "RUNNABLE 1", "WAITING 2", "of the JVM itself 1"]);
    expect(poolOf("pool-1-thread-22")).toBe("pool-#-thread-#");
  });

  test("are found by name, state and frame", () => {
    expect(threads.filter((each) => hasText(each, "POLL")).length).toBe(2);
    expect(threads.filter((each) => hasText(each, "blocked")).map(({ name }) => name)).toEqual(["main"]);
  });
});

describe("the names of MBeans", () => {
  test("are read with quotes, and the type comes first", () => {
    expect(readName('a.b:name="x,y=\\"z",type=T')).toMatchObject({
      domain: "a.b",
      keys: [
        ["type", "T"],
        ["name", '"x,y=\\"z"'],
      ],
    });
  });

  test("are a tree of domains, types and the rest, in which every MBean is once", () => {
    const names = [
      "java.lang:type=Memory",
      "java.lang:name=Copy,type=GarbageCollector",
      "java.lang:name=Mark,type=GarbageCollector",
      "app:type=Cache",
      "app:type=Cache,name=users,region=eu",
    ];
    expect(outline(treeOf(names))).toEqual([
      ["app", false, [["Cache", true, [["users, region=eu", true, []]]]]],
      [
        "java.lang",
        false,
        [
          [
            "GarbageCollector",
            false,
            [
              ["Copy", true, []],
              ["Mark", true, []],
            ],
          ],
          ["Memory", true, []],
        ],
      ],
    ]);
  });
});

describe("values of Java", () => {
  test("keep all digits of a long, there and back", () => {
    const text = '{"value":-9223372036854775808,"small":12,"half":0.5,"text":"9223372036854775807"}';
    expect(parseExact(text)).toEqual({
      ...{ value: -9223372036854775808n, small: 12, half: 0.5, text: "9223372036854775807" },
    });
    expect(exactText(parseExact(text))).toBe(text);
    expect(exactText([])).toBe("[]");
  });

  test("are typed as they are, as JSON where they have parts, and as true or false", () => {
    expect(typedValue("12", "long")).toBe("12");
    expect(typedValue("true", "boolean")).toBe(true);
    expect(typedValue("[1, 9223372036854775807]", "[J")).toEqual([1, 9223372036854775807n]);
    expect(typedValue("", "java.util.Map")).toBeNull();
    expect(typedValue("2026-11-28T22:00:00Z", "java.util.Date")).toBe("2026-11-28T22:00:00Z");
    expect(() => typedValue("{", "javax.management.openmbean.CompositeData")).toThrow(SyntaxError);
  });

  test("are changed from what they are, but never from a mask", () => {
    expect(startOfValue("abc")).toBe("abc");
    expect(startOfValue(9223372036854775807n)).toBe("9223372036854775807");
    expect(startOfValue({ a: [1, "b"] })).toBe('{"a":[1,"b"]}');
    expect(startOfValue(null)).toBe("null");
    expect(startOfValue("******")).toBe("");
    expect(startOfValue("jdbc:x://zoe:******@db/")).toBe("");
    expect(startOfValue({ user: "zoe", password: "******" })).toBe("");
  });

  test("have the names of their types as one writes them", () => {
    const types = [
      "[Ljava.lang.String;",
      "[J",
      "java.lang.Long",
      "int",
      "javax.management.openmbean.TabularData",
    ];
    expect(types.map(shortType)).toEqual(["String[]", "long[]", "Long", "int", "TabularData"]);
  });
});

test("the share of the time in collections is that since the sample before", () => {
  const at = (second: number, gcSeconds: number | null) => ({
    ...{ second, gcSeconds, usedBytes: null, committedBytes: null, threads: null },
  });
  expect(gcShares([at(0, 1), at(2, 1.5), at(4, null), at(6, 2), at(8, 2)])).toEqual([
    null,
    0.25,
    null,
    null,
    0,
  ]);
});
