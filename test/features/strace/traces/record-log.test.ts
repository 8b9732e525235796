import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { RecordLog } from "../../../../src/features/strace/traces/record-log.ts";
import { poll } from "../../../support/poll.ts";
import { recordedTrace } from "../../../support/recorded-traces.ts";

const LINES = recordedTrace("6.1", "nginx").lines;

/** A log of `count` records, of about 100 bytes each; the time of each is its number. */
function filled(count: number): RecordLog {
  const log = new RecordLog();
  for (let index = 0; index < count; index += 1) log.append(recordOf(index), index);
  return log;
}

function recordOf(index: number): string {
  return `${index} ${LINES[index % LINES.length]}`;
}

async function readAll(log: RecordLog, ...more: Parameters<RecordLog["read"]>) {
  const found: [number, string][] = [];
  for await (const { firstIndex, records } of log.read(...more)) {
    for (const [offset, record] of records.entries()) found.push([firstIndex + offset, record]);
  }
  return found;
}

async function listOf<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}

test("what was appended is read again from any number on, compressed or not, each once and in order", async () => {
  const log = filled(20_000);
  for (const from of [0, 1, 1_999, 10_000, 19_999, 20_000, 30_000]) {
    const found = await readAll(log, from);
    expect(found.length).toBe(Math.max(0, 20_000 - from));
    expect(found.every(([index, record], at) => index === from + at && record === recordOf(index))).toBe(
      true,
    );
  }
});

test("it takes a fraction of the memory of what it holds once that is compressed", async () => {
  const log = filled(20_000);
  const plainBytes = Array.from({ length: 20_000 }, (_, index) => recordOf(index).length + 1).reduce(
    (a, b) => a + b,
  );
  log.end();
  await poll("all is compressed", () => log.bytes < plainBytes / 4);
  expect(await readAll(log)).toHaveLength(20_000);
});

test("as a file it is gzip that has every record on a line of its own, while it grows and after its end", async () => {
  const log = filled(9_000);
  const expected = Array.from({ length: 9_000 }, (_, index) => `${recordOf(index)}\n`).join("");
  const whole = async () => gunzipSync(Buffer.concat(await listOf(log.packed()))).toString();
  expect(await whole()).toBe(expected);
  log.end();
  log.append("too late", 9_000);
  expect(await whole()).toBe(expected);
});

test("as a file a log without records is gzip too, of nothing, while it runs and after its end", async () => {
  const log = new RecordLog();
  const whole = async () => gunzipSync(Buffer.concat(await listOf(log.packed()))).toString();
  expect(await whole()).toBe("");
  log.end();
  expect(await whole()).toBe("");
});

test("a reader learns of a record that came during its look, and of the end", async () => {
  const log = new RecordLog();
  const first = log.changed();
  log.append("one", 1);
  await first;
  const second = log.changed();
  log.end();
  await second;
  expect(log.isEnded).toBe(true);
  expect(await readAll(log)).toEqual([[0, "one"]]);
});

test("chunks outside of a span of time are passed over, and a reader goes on after them", async () => {
  const log = filled(20_000);
  const found = await readAll(log, 0, { since: 12_000, until: 12_010 });
  expect(found.length).toBeLessThan(6_000);
  expect(found.map(([index]) => index)).toEqual(expect.arrayContaining([12_000, 12_005, 12_010]));
  const ends = await listOf(log.read(0, { until: 10 }));
  expect(ends.at(-1)).toEqual({ firstIndex: 20_000, records: [] });
});

test("a copy has what was there, and shares its memory, also what is not compressed yet", async () => {
  const log = filled(5_001);
  const copy = log.copy();
  log.append("later", 5_001);
  expect([copy.count, copy.isEnded, log.count]).toEqual([5_001, true, 5_002]);
  const found = await readAll(copy);
  expect([found.length, found.at(-1)]).toEqual([5_001, [5_000, recordOf(5_000)]]);
  expect(new Set([...log.parts, ...copy.parts]).size).toBe(log.parts.length);
  const plainBytes = found.reduce((sum, [, record]) => sum + record.length + 1, 0);
  await poll("what both have is compressed", () => copy.bytes < plainBytes / 4);
  log.dropBefore(6_000);
  expect(await readAll(log)).toEqual([[5_001, "later"]]);
  expect(await readAll(copy)).toEqual(found);
});

test("what is older than a time is dropped, and the numbers stay", async () => {
  const log = filled(20_000);
  log.dropBefore(15_000);
  expect(log.firstIndex).toBeGreaterThan(10_000);
  expect(log.firstIndex).toBeLessThanOrEqual(15_000);
  const found = await readAll(log);
  expect(found[0]).toEqual([log.firstIndex, recordOf(log.firstIndex)]);
  expect(found.at(-1)).toEqual([19_999, recordOf(19_999)]);
  log.end();
  await poll("what is left is compressed", () => log.bytes < 5_000 * 100);
  expect(log.bytes).toBeGreaterThan(0);
});

test("what is dropped before it is compressed takes no memory any more, also where nobody else gets a turn", async () => {
  const log = new RecordLog();
  const begunBytes = process.memoryUsage().heapUsed;
  const record = recordOf(0).repeat(8);
  for (let bytes = 0; bytes < 600_000_000; bytes += record.length) {
    log.append(`${bytes} ${record}`, bytes);
    if (log.bytes > 1_000_000) log.dropOldest();
  }
  expect(process.memoryUsage().heapUsed - begunBytes).toBeLessThan(400_000_000);
  log.end();
  const last = (await readAll(log)).at(-1);
  expect(last?.[0]).toBe(log.count - 1);
});
