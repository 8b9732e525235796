import { expect, test } from "vitest";
import { createBlockReader } from "../../src/dashboard/api/event-blocks.ts";
import { createMatches, filterOf, onlyThese } from "../../src/dashboard/views/trace/event-filter.ts";
import {
  createEventStore,
  type EventHead,
  type EventStore,
  readEvent,
  type StoreLimits,
} from "../../src/dashboard/views/trace/event-store.ts";
import { manualOf, wholeText } from "../../src/dashboard/views/trace/event-text.ts";
import { gridOf } from "../../src/dashboard/views/trace/timeline-grid.ts";
import { EventParser } from "../../src/features/strace/events/event-parser.ts";
import { createThreadGroups } from "../../src/features/strace/events/thread-groups.ts";
import { sseEvent } from "../../src/web/output-stream.ts";
import { recordedTrace } from "../support/recorded-traces.ts";

/** The events of a recorded trace, as the API tells them. */
function recorded(name: string): readonly string[] {
  const found: string[] = [];
  const parser = new EventParser({ groups: createThreadGroups() }, (event) =>
    found.push(JSON.stringify(event)),
  );
  for (const line of recordedTrace("6.13", name).lines) parser.push(line);
  parser.finish();
  return found;
}

function storeOf(events: readonly string[], limits?: StoreLimits): EventStore {
  const store = createEventStore(0, limits);
  store.add(events.map((json, index) => ({ json, next: index + 1 })));
  return store;
}

/** The texts of what passes a filter. */
function found(store: EventStore, query: string): readonly string[] {
  const matches = createMatches(store, filterOf(new URLSearchParams(query)));
  expect(matches.extend(Number.POSITIVE_INFINITY)).toBe(true);
  return Array.from({ length: matches.length }, (_, at) => wholeText(store.event(matches.at(at))));
}

const call = (part: object): string =>
  JSON.stringify({
    ...{ type: "call", time: 1_000, tid: 7, pid: 7, call: "openat", args: [], result: 3, resultText: null },
    ...{ resultTarget: null, errno: null, decoded: null, durationNs: 1_000, marks: [], ...part },
  });

test("a stream of events is read whatever pieces it comes in, and what it says besides is left out", () => {
  const json = ['{"text":"a: b"}', '{"text":"data: c"}', '{"text":"ö"}'];
  const stream = `: \n\n${json.map((each, index) => sseEvent("event", each, String(index + 1))).join(": \n\n")}`;
  for (const size of [1, 7, 1_000]) {
    const reader = createBlockReader();
    const pieces = stream.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
    const events = pieces.flatMap((piece) => reader.push(piece));
    expect(events).toEqual(json.map((data, index) => ({ event: "event", id: String(index + 1), data })));
    expect(reader.pending).toBe(0);
  }
});

test("a call is told nearly as strace writes it", () => {
  const texts = recorded("python").map((json) => wholeText(readEvent(json)));
  expect(
    texts.filter((text) => /^openat\(AT_FDCWD<.*>, ".*", O_RDONLY\|O_CLOEXEC\) = 3<\/.*>$/.test(text)),
  ).not.toEqual([]);
  expect(texts.filter((text) => text.includes("= -1 ENOENT (No such file or directory)"))).not.toEqual([]);
  expect(texts.filter((text) => text.includes("[object Object]") || text.includes("undefined"))).toEqual([]);
});

test("what has a manual page leads to it, and nothing else becomes an address", () => {
  expect(manualOf("openat")).toBe("https://man7.org/linux/man-pages/man2/openat.2.html");
  for (const name of ["", "syscall_0x270f", "(other)", "../x", 'a"b']) expect(manualOf(name)).toBeUndefined();
});

test("events that come twice are kept once, and those that the sidecar had forgotten are counted", () => {
  const store = createEventStore(10);
  const at = (next: number) => ({ json: call({ result: next }), next });
  store.add([at(11), at(12)]);
  store.add([at(11), at(12), at(13)]);
  store.add([at(20)]);
  const results = Array.from({ length: store.end - store.first }, (_, index) =>
    wholeText(store.event(index)),
  );
  expect(results.map((text) => text.split(" = ")[1])).toEqual(["11", "12", "13", "20"]);
  expect([store.cursor, store.missing]).toEqual([20, 6]);
});

test("no more than the most events are kept, the latest ones, and a filter forgets the others as well", () => {
  const all = Array.from({ length: 30_000 }, (_, index) => call({ result: index, tid: index % 2 }));
  const store = createEventStore(0, { maxEvents: 10_000 });
  const matches = createMatches(store, filterOf(new URLSearchParams("tid=1")));
  for (let from = 0; from < all.length; from += 1_000) {
    store.add(all.slice(from, from + 1_000).map((json, index) => ({ json, next: from + index + 1 })));
    matches.extend(Number.POSITIVE_INFINITY);
  }
  const kept = store.end - store.first;
  expect(kept).toBe(10_000);
  expect(store.end).toBe(30_000);
  expect(wholeText(store.event(store.end - 1))).toBe("openat() = 29999");
  expect(matches.length).toBe(kept / 2);
  expect(matches.at(0)).toBe(store.first + 1);
});

test("events with long texts are bounded by their characters, whatever their number, and the latest is always kept", () => {
  const long = (result: number, length: number) =>
    call({
      result,
      args: [{ kind: "string", value: "x".repeat(length), encoding: "utf-8", isTruncated: false }],
    });
  const results = (store: EventStore) =>
    Array.from(
      { length: store.end - store.first },
      (_, at) => wholeText(store.event(store.first + at)).split(" = ")[1],
    );
  const small = call({ result: 0 }).length;
  const store = storeOf([long(1, 600), long(2, 600), long(3, 600)], { maxCharacters: 2_000 });
  expect(results(store)).toEqual(["2", "3"]);
  expect(store.first).toBe(1);
  expect(store.head(0).call).toBe("");
  store.add([{ json: long(4, 9_000), next: 4 }]);
  expect(results(store)).toEqual(["4"]);
  store.add([{ json: call({ result: 5 }), next: 5 }]);
  expect(results(store)).toEqual(["5"]);

  const many = storeOf(
    Array.from({ length: 20_000 }, (_, index) => call({ result: index % 10 })),
    { maxCharacters: 5_000 * small },
  );
  expect(many.end - many.first).toBe(5_000);
  expect(many.end).toBe(20_000);
  expect(many.event(many.first)).toMatchObject({ type: "call", result: 0 });
});

test("events are filtered by call, text, error, duration and thread, and by all of them", () => {
  const store = storeOf([
    call({ args: [{ kind: "string", value: "/etc/App.ini", encoding: "utf-8", isTruncated: false }] }),
    call({ call: "read", durationNs: 20_000_000, tid: 8 }),
    call({ result: -1, errno: { name: "ENOENT", text: "No such file or directory" } }),
    call({
      call: "connect",
      result: -1,
      errno: { name: "ECONNREFUSED", text: "Connection refused" },
      tid: 8,
    }),
    JSON.stringify({ type: "exit", time: 1_001, tid: 8, pid: 7, exitCode: 0 }),
  ]);
  expect(found(store, "")).toHaveLength(5);
  expect(found(store, "calls=read,+connect")).toHaveLength(2);
  expect(found(store, "text=/ETC/app")).toEqual(['openat("/etc/App.ini") = 3']);
  expect(found(store, "text=exited")).toHaveLength(1);
  expect(found(store, "error=any")).toHaveLength(2);
  expect(found(store, "error=ENOENT")).toHaveLength(1);
  expect(found(store, "minMs=20")).toEqual(["read() = 3"]);
  expect(found(store, "tid=8")).toHaveLength(3);
  expect(found(store, "tid=8&error=any&calls=connect&text=refused")).toHaveLength(1);
});

test("a filter looks on where it stopped, and goes to a time", () => {
  const events = Array.from({ length: 5_000 }, (_, index) => call({ time: 1_000 + index }));
  const store = storeOf(events);
  const matches = createMatches(store, filterOf(new URLSearchParams("calls=openat")));
  // No time at all: it stops at its first look at the clock.
  expect(matches.extend(0)).toBe(false);
  expect(matches.length).toBeLessThan(5_000);
  expect(matches.extend(Number.POSITIVE_INFINITY)).toBe(true);
  expect(matches.length).toBe(5_000);
  expect(matches.positionAt(1_234)).toBe(234);
  expect(matches.positionAt(9_999_999)).toBe(5_000);
});

test("to ask for one thing takes the rest of a filter away", () => {
  expect(onlyThese({ calls: "read" })).toEqual({
    ...{ calls: "read", text: undefined, error: undefined, minMs: undefined, tid: undefined, at: undefined },
  });
});

test("the time line counts every call once, by call and by thread, with those that failed", () => {
  const store = storeOf(recorded("threads"));
  const heads = Array.from({ length: store.end }, (_, index) => store.head(index)).filter(
    ({ call: name }) => name !== "",
  );
  const nameOf = { call: ({ call: name }: EventHead) => name, thread: ({ tid }: EventHead) => String(tid) };
  const sum = (numbers: Iterable<number>) => [...numbers].reduce((all, each) => all + each, 0);
  for (const kind of ["call", "thread"] as const) {
    const expected = Map.groupBy(heads, nameOf[kind]);
    const { rows, omitted } = gridOf(store, kind, 50) ?? { rows: [], omitted: 0 };
    expect(rows.length + omitted).toBe(expected.size);
    expect(rows.length).toBeGreaterThan(1);
    for (const { name, total, counts, errors } of rows) {
      const own = expected.get(name) ?? [];
      expect([name, total, sum(counts)]).toEqual([name, own.length, own.length]);
      expect(sum(errors)).toBe(own.filter(({ error }) => error !== "").length);
    }
    expect(rows.map(({ total }) => total)).toEqual(rows.map(({ total }) => total).toSorted((a, b) => b - a));
  }
  expect(gridOf(createEventStore(), "call", 50)).toBeUndefined();
});
