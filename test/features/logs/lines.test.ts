import { expect, test } from "vitest";
import { levelOf } from "../../../src/features/logs/levels.ts";
import { createLineSplitter } from "../../../src/features/logs/line-splitter.ts";
import { isPredecessor } from "../../../src/features/logs/log-file.ts";
import { timeOfLine } from "../../../src/features/logs/timestamps.ts";
import { randomOf, seedOr } from "../../support/random.ts";

const NOW = Date.parse("2026-11-28T22:30:00Z");

test.each([
  ["2026-11-28T22:00:00.123Z INFO started", "2026-11-28T22:00:00.123Z"],
  ["2026-11-28 22:00:00,283 [main] WARN x", "2026-11-28T22:00:00.283Z"],
  ["2026-11-28 22:00:00.5 +0100 x", "2026-11-28T21:00:00.500Z"],
  ["2026/11/28 22:00:00 [error] 7#7: *1 open() failed", "2026-11-28T22:00:00.000Z"],
  ['10.0.0.7 - - [28/Nov/2026:22:00:00 +0100] "GET / HTTP/1.1" 200 5', "2026-11-28T21:00:00.000Z"],
  ["Nov 28 22:00:00 host app[7]: x", "2026-11-28T22:00:00.000Z"],
  ["Dec 31 23:59:59 host app[7]: of last year", "2025-12-31T23:59:59.000Z"],
  ["28-Nov-2026 22:00:00.123 INFO [main] org.apache.catalina.startup", "2026-11-28T22:00:00.123Z"],
  ["[Sat Nov 28 22:00:00.123456 2026] [core:notice] [pid 1] x", "2026-11-28T22:00:00.123Z"],
  ['{"level":30,"time":1795903200123,"msg":"x"}', "2026-11-28T22:00:00.123Z"],
  ["1795903200.5 x", "2026-11-28T22:00:00.500Z"],
  ["1795903200123 x", "2026-11-28T22:00:00.123Z"],
  ["<34>1 2026-11-28T22:00:00.003Z host su - ID47 - x", "2026-11-28T22:00:00.003Z"],
  ["<34>Nov  8 22:00:00 host su: x", "2026-11-08T22:00:00.000Z"],
  ["2026-11-28 22:00:00.123 UTC [7] LOG:  of PostgreSQL", "2026-11-28T22:00:00.123Z"],
  ["1:M 28 Nov 2026 22:00:00.123 * of Redis", "2026-11-28T22:00:00.123Z"],
  ["2026-11-28 22:00:00,123 ERROR root: of Python", "2026-11-28T22:00:00.123Z"],
  ["[2026-11-28T22:00:00.123+0000][info][gc] of a JVM", "2026-11-28T22:00:00.123Z"],
  ['{"level":"info","ts":1795903200.123}', "2026-11-28T22:00:00.123Z"],
  ['{"time": 1795903200}', "2026-11-28T22:00:00.000Z"],
  ['{"timestamp":"1795903200123"}', "2026-11-28T22:00:00.123Z"],
  ['{"msg":"x","@timestamp":"2026-11-28T22:00:00.123+01:00"}', "2026-11-28T21:00:00.123Z"],
  [
    `{"msg":"of 2020-01-01 00:00:00${"x".repeat(300)}","time":"2026-11-28T22:00:00Z"}`,
    "2026-11-28T22:00:00.000Z",
  ],
  ["2026-11-28 23:00:00.123+01 of PostgreSQL", "2026-11-28T22:00:00.123Z"],
  ["2026-11-28 22:00:00-1234567 of an id", "2026-11-28T22:00:00.000Z"],
  ["Nov 28, 2026 10:00:00 PM com.example.Shop sell", "2026-11-28T22:00:00.000Z"],
  ["Nov 8, 2026 12:00:00\u202FAM com.example.Shop sell", "2026-11-08T00:00:00.000Z"],
  ["<Nov 28, 2026, 10:00:00,123 PM Coordinated Universal Time> <Info>", "2026-11-28T22:00:00.123Z"],
  ["I1128 22:00:00.123456       7 server.go:7] of Kubernetes", "2026-11-28T22:00:00.123Z"],
  ["haproxy[7]: 10.0.0.7:51234 [28/Nov/2026:22:00:00.123] https~ app/core", "2026-11-28T22:00:00.123Z"],
  ["Sat, 28 Nov 2026 23:00:00 +0100 x", "2026-11-28T22:00:00.000Z"],
  ["[28-Nov-2026 22:00:00 UTC] PHP Warning:  x", "2026-11-28T22:00:00.000Z"],
  ["Nov 8 22:00:00 host app[7]: x", "2026-11-08T22:00:00.000Z"],
  ["    at java.base/java.lang.Thread.run(Thread.java:840)", null],
  ["order 12345678901234 of 2026", null],
])("the time of %j is %s", (line, expected) => {
  const time = timeOfLine(line, NOW);
  expect(time === null ? null : new Date(time).toISOString()).toBe(expected);
});

test("a time that does not say its zone is of the zone that is said", () => {
  expect(timeOfLine("2026-11-28 22:00:00 x", NOW, 60)).toBe(Date.parse("2026-11-28T21:00:00Z"));
  expect(timeOfLine("2026-11-28 22:00:00Z x", NOW, 60)).toBe(Date.parse("2026-11-28T22:00:00Z"));
});

test.each([
  ["2026-11-28 22:00:00,283 [main] WARN  x", "warn"],
  ["2026/11/28 22:00:00 [error] 7#7: x", "error"],
  ["[Sat Nov 28 22:00:00 2026] [core:notice] x", "info"],
  ['{"level":50,"msg":"x"}', "error"],
  ['{"severity":"CRITICAL","msg":"x"}', "fatal"],
  ["time=2026-11-28T22:00:00Z level=debug msg=x", "debug"],
  ["28-Nov-2026 22:00:00.123 SEVERE [main] x", "error"],
  ["2026-11-28 22:00:00 UTC [7] LOG:  database system is ready", "info"],
  ["2026-11-28 22:00:00 UTC [7] FATAL:  no", "fatal"],
  ["E1128 22:00:00.123456       7 server.go:7] INFO of Kubernetes", "error"],
  ["nothing of the kind", null],
  ["GET /error 200", null],
])("the level of %j is %s", (line, expected) => {
  expect(levelOf(line)).toBe(expected);
});

test.each([
  ["app.log", "app.log.1", true],
  ["app.log", "app.log-20261128.gz", true],
  ["app.log", "app-2026-11-28.log", true],
  ["app.log", "app.1.log.gz", true],
  ["app.log", "app.log.gz", true],
  ["app.log", "app.log", false],
  ["app.log", "app.log.bak", false],
  ["app.log", "app-errors.log", false],
  ["messages", "messages-20261128", true],
])("of %s, %s is a predecessor: %s", (name, file, expected) => {
  expect(isPredecessor(file, name)).toBe(expected);
});

test("lines are the same however they are cut into pieces, and those without a text may be left out", () => {
  const random = randomOf(seedOr(5));
  const text = Array.from({ length: 400 }, (_, index) => {
    const end = random.int(3) === 0 ? "\r\n" : "\n";
    return `${index} ${"x".repeat(random.int(60))}${random.int(9) === 0 ? "needle" : ""}${end}`;
  }).join("");
  const bytes = Buffer.from(`${text}rest without end`);
  const expected = text
    .split("\n")
    .slice(0, -1)
    .map((line) => line.replace(/\r$/, ""));
  for (const needle of [undefined, Buffer.from("needle")]) {
    for (let round = 0; round < 20; round += 1) {
      const splitter = createLineSplitter(1_000, 1_024);
      const found: string[] = [];
      for (let from = 0; from < bytes.length; ) {
        const piece = bytes.subarray(from, from + 1 + random.int(200));
        from += piece.length;
        for (const line of [...splitter.split(piece, needle)].flat()) {
          const lineText = line.bytes.toString();
          found.push(lineText);
          const before = bytes.subarray(0, line.endOffset - 1_000).toString();
          expect(before.endsWith(`${lineText}\n`) || before.endsWith(`${lineText}\r\n`)).toBe(true);
        }
      }
      const relevant = (line: string) => needle === undefined || line.includes("needle");
      expect(found.filter(relevant)).toEqual(expected.filter(relevant));
      expect(splitter.rest()).toMatchObject({ isOpen: true, endOffset: 1_000 + bytes.length });
      expect(splitter.rest()?.bytes.toString()).toBe("rest without end");
    }
  }
});

test("a line of any length takes no more memory than the limit, says that it is cut, and the next one is whole", () => {
  const splitter = createLineSplitter(0, 1_024);
  let lines = [...splitter.split(Buffer.alloc(500, "a"))].flat();
  for (let index = 0; index < 10_000; index += 1)
    lines = lines.concat(...splitter.split(Buffer.alloc(1_000, "a")));
  lines = lines.concat(...splitter.split(Buffer.from("a\nb\n")));
  expect(lines.map(({ bytes, isCut, endOffset }) => [bytes.length, isCut, endOffset])).toEqual([
    [1_024, true, 10_000_502],
    [1, false, 10_000_504],
  ]);
});
