import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { type LogRecord, logRecord } from "../../../src/features/logs/log-schema.ts";
import type { ServedFeatures } from "../../support/serve-features.ts";
import { logFolder, serveLogs } from "./serve-logs.ts";

/**
 * A program that writes numbered lines while its log is rotated, as logrotate does: it goes on writing to a file that was
 * renamed until it is told, and older files are numbered on and compressed.
 */
const WRITER = `
  import { appendFileSync, copyFileSync, existsSync, openSync, closeSync, readFileSync, renameSync, rmSync, truncateSync, utimesSync, statSync, writeFileSync, writeSync } from "node:fs";
  import { gzipSync } from "node:zlib";
  const [path, kind, lines, every] = [process.argv[1], process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
  let file = openSync(path, "a");
  const number = (n, packed) => path + "." + n + (packed ? ".gz" : "");
  const shift = () => {
    for (let n = 30; n > 0; n -= 1) for (const packed of [false, true])
      if (existsSync(number(n, packed))) renameSync(number(n, packed), number(n + 1, packed));
  };
  const compress = (n) => {
    if (!existsSync(number(n))) return;
    const { atime, mtime } = statSync(number(n));
    const bytes = gzipSync(readFileSync(number(n)));
    // Half of it first, as a program that compresses has it for a while.
    writeFileSync(number(n, true), bytes.subarray(0, bytes.length / 2));
    appendFileSync(number(n, true), bytes.subarray(bytes.length / 2));
    utimesSync(number(n, true), atime, mtime);
    rmSync(number(n));
  };
  let renamed = -1;
  for (let index = 0; index < lines; index += 1) {
    const line = "2026-11-28T20:00:00.000Z line " + index + (index % 7 === 0 ? " é".repeat(40) : "") + "\\n";
    const half = Buffer.from(line);
    writeSync(file, half, 0, 20);
    writeSync(file, half, 20);
    if (kind !== "copytruncate" && index % every === every - 1) {
      shift();
      renameSync(path, number(1));
      closeSync(openSync(path, "a"));
      renamed = index;
    }
    if (renamed !== -1 && index === renamed + 5) {
      closeSync(file);
      file = openSync(path, "a");
      renamed = -1;
      if (kind === "compress") compress(1);
    }
    if (kind === "copytruncate" && index % every === every - 1) {
      shift();
      copyFileSync(path, number(1));
      truncateSync(path);
    }
    if (index % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 5));
  }
`;

function startWriter(path: string, kind: string, lines: number, every: number): ChildProcess {
  const args = ["--input-type=module", "--eval", WRITER, path, kind, String(lines), String(every)];
  return spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
}

/** Follows as an EventSource does: after a break it comes back with the last id that it has seen. */
async function followWithBreaks(server: ServedFeatures, isEnough: (texts: readonly string[]) => boolean) {
  const records: LogRecord[] = [];
  const texts: string[] = [];
  let lastId: string | undefined;
  let breaks = 0;
  const deadline = performance.now() + 75_000;
  while (!isEnough(texts) && performance.now() < deadline) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), 300 + ((breaks * 397) % 900));
    breaks += 1;
    await followOnce(server, lastId, stop.signal, (id, record) => {
      records.push(record);
      if (record.type === "line" && record.isOpen !== true && record.text.includes(" line ")) {
        texts.push(record.text);
      }
      lastId = id ?? lastId;
      if (isEnough(texts)) stop.abort();
    }).catch(() => undefined);
    clearTimeout(timer);
    // Now and then it is away for longer than a rotation takes.
    if (breaks % 3 === 0) await delay(400);
  }
  return { records, texts, breaks };
}

async function followOnce(
  server: ServedFeatures,
  lastId: string | undefined,
  signal: AbortSignal,
  take: (id: string | undefined, record: LogRecord) => void,
): Promise<void> {
  const response = await server.get(
    `/logs/app.log?follow=true${lastId === undefined ? "&tail=100000" : ""}`,
    {
      headers: { Accept: "text/event-stream", ...(lastId === undefined ? {} : { "Last-Event-ID": lastId }) },
      signal,
    },
  );
  let rest = "";
  for await (const chunk of response.body ?? []) {
    const events = (rest + Buffer.from(chunk).toString("latin1")).split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) {
      const id = /^id: (.*)$/m.exec(event)?.[1];
      const type = /^event: (.*)$/m.exec(event)?.[1];
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (type === undefined || data === undefined) continue;
      take(id, logRecord.parse({ type, ...(JSON.parse(data) as object) }));
    }
  }
}

test.each(["rename", "compress", "copytruncate"])(
  "whoever follows a log through many rotations (%s), and comes back again and again, gets each line once and in order",
  async (kind) => {
    const lines = 3_000;
    await using folder = await logFolder();
    await folder.write("app.log", "");
    await using server = await serveLogs({ files: [folder.path("app.log")] });
    const writer = startWriter(folder.path("app.log"), kind, lines, 173);
    const ended = once(writer, "exit");
    const { texts, breaks, records } = await followWithBreaks(server, (seen) => seen.length >= lines);
    await ended;
    const numbers = texts.map((text) => Number(/line (\d+)/.exec(text)?.[1]));
    expect(records.filter((record) => record.type === "rotated" && record.lost !== null)).toEqual([]);
    expect(numbers).toEqual(Array.from({ length: lines }, (_, index) => index));
    expect(breaks).toBeGreaterThan(2);
  },
  90_000,
);
