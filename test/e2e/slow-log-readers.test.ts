import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { connect } from "node:http2";
import { request } from "node:https";
import type { Readable } from "node:stream";
import { expect, test } from "vitest";
import { logRecord } from "../../src/features/logs/log-schema.ts";
import { logFolder } from "../features/logs/serve-logs.ts";
import { poll } from "../support/poll.ts";
import { type RunningSidecar, startSidecarProcess, TOKEN } from "../support/sidecar.ts";

/** What comes while nobody reads, what may wait for a reader of records, and what the sidecar may take for all of it. */
const WRITTEN = 200_000_000;
const LAG = 1_048_576;
const MOST_BYTES = 64 * 1_048_576;

const PIECE_LINES = 2_500;
const FIRST = "2026-11-28T20:00:00.000Z INFO first\n";
const LAST = "2026-11-28T20:00:00.000Z INFO last\n";
const BYTES_READ = 5;
const pieceOf = (index: number) =>
  Array.from(
    { length: PIECE_LINES },
    (_, at) => `2026-11-28T20:00:00.000Z INFO line ${index * PIECE_LINES + at} ${"x".repeat(360)}\n`,
  ).join("");

/** A client that follows a log, and has not read anything yet. */
interface Reader extends Disposable {
  readonly accept: string;
  /** Whether it reads a byte a second; else nothing at all. */
  readonly isReadingBytes: boolean;
  readonly body: Readable;
  /** What was read. */
  readonly bytes: () => number;
  readonly text: () => string;
  readonly digest: () => string;
  readByte(): void;
  /** From here on it reads whatever comes. */
  hurry(): void;
}

const HEADERS = { Authorization: `Bearer ${TOKEN}` };
const PATH = "/_sidecar/logs/app.log?follow=true";

/** Those that read a byte a second do so over HTTP/2, which has windows of its own. */
async function follow(sidecar: RunningSidecar, accept: string, isReadingBytes: boolean): Promise<Reader> {
  const [ca, host] = [await sidecar.ca(), "localhost"];
  using stack = new DisposableStack();
  let body: Readable;
  if (isReadingBytes) {
    const session = stack.adopt(connect(`https://${host}:${sidecar.port}`, { ca }), (each) => each.destroy());
    const stream = session.on("error", () => undefined).request({ ":path": PATH, accept, ...HEADERS });
    const [head] = await once(stream, "response");
    expect(head).toMatchObject({ ":status": 200 });
    body = stream;
  } else {
    const options = {
      host,
      port: sidecar.port,
      path: PATH,
      ca,
      agent: false,
      headers: { accept, ...HEADERS },
    };
    const asked = stack.adopt(request(options).end(), (each) => each.destroy());
    const [answer] = await once(asked, "response");
    expect(answer.statusCode).toBe(200);
    body = answer;
  }
  body.on("error", () => undefined);
  // What an answer of text has is too much to be kept.
  const isKept = accept !== "text/plain";
  const hash = createHash("sha256");
  let bytes = 0;
  let text = "";
  const take = (chunk: Buffer) => {
    hash.update(chunk);
    bytes += chunk.length;
    if (isKept) text += chunk.toString("latin1");
  };
  const owned = stack.move();
  return {
    ...{ accept, isReadingBytes, body, bytes: () => bytes, text: () => text },
    digest: () => hash.copy().digest("hex"),
    readByte() {
      const chunk: Buffer | null = body.read(1);
      if (chunk !== null) take(chunk);
    },
    hurry: () => void body.on("data", take),
    [Symbol.dispose]: () => owned.dispose(),
  };
}

/** Follows what the sidecar takes of memory, and gives the most that it took since. */
function memoryOf({ process: { pid } }: RunningSidecar) {
  const resident = () =>
    Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1_024;
  const before = resident();
  let most = before;
  const look = () => {
    most = Math.max(most, resident());
  };
  const timer = setInterval(look, 50);
  return {
    look,
    grown: () => most - before,
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** The records of an answer, NDJSON or a stream of events. */
function recordsOf({ accept, text }: Reader) {
  if (accept === "application/x-ndjson") {
    const lines = text().split("\n").slice(0, -1);
    return lines.map((line) => logRecord.parse(JSON.parse(line)));
  }
  return [...text().matchAll(/^event: (\w+)\n(?:.*\n)*?data: (.*)$/gm)].map(([, type, data]) =>
    logRecord.parse({ type, ...(JSON.parse(data ?? "") as object) }),
  );
}

test("clients that follow a log and read nothing, or a byte a second, cost the sidecar no memory while it grows by 200 MB; as records they get one of what was dropped, as text every line", async () => {
  await using folder = await logFolder();
  const path = await folder.write("app.log", pieceOf(0));
  await using sidecar = await startSidecarProcess(9, {
    SIDECAR_LOGS_FILES: path,
    SIDECAR_LOGS_MAX_LAG_BYTES: String(LAG),
    SIDECAR_LOGS_MAX_BYTES: String(2 * WRITTEN),
  });
  // What a first answer takes is not what they are to be judged by.
  const forms = ["text/plain", "application/x-ndjson", "text/event-stream"];
  for (const accept of forms) {
    const answer = await sidecar.ask(`/_sidecar/logs/app.log?tail=${PIECE_LINES}`, { headers: { accept } });
    expect(answer.status).toBe(200);
  }
  await folder.write("app.log", FIRST);
  using stack = new DisposableStack();
  const readers: Reader[] = [];
  for (const accept of forms) {
    for (const isReadingBytes of [false, true]) {
      readers.push(stack.use(await follow(sidecar, accept, isReadingBytes)));
    }
  }
  using memory = memoryOf(sidecar);
  const written = createHash("sha256").update(FIRST);
  let size = FIRST.length;
  const append = async (text: string) => {
    written.update(text);
    size += text.length;
    await appendFile(path, text);
  };
  for (let index = 0; size < WRITTEN; index += 1) {
    await append(pieceOf(index));
    memory.look();
  }
  await append(LAST);
  const slow = readers.filter(({ isReadingBytes }) => isReadingBytes);
  let nextAtMs = 0;
  const readBytes = () => {
    if (performance.now() < nextAtMs) return false;
    nextAtMs = performance.now() + 1_000;
    for (const reader of slow) reader.readByte();
    return slow.every((reader) => reader.bytes() >= BYTES_READ);
  };
  await poll("they have read some bytes", readBytes, { timeoutMs: 40_000 });
  expect(memory.grown()).toBeLessThan(MOST_BYTES);

  for (const reader of readers.filter(({ accept }) => accept !== "text/plain")) {
    reader.hurry();
    const hasLast = () => reader.text().includes(LAST.trim(), reader.text().length - 4_096);
    await poll(`the last line comes as ${reader.accept}`, hasLast, { timeoutMs: 40_000 });
    const records = recordsOf(reader).filter(({ type }) => type !== "heartbeat");
    let dropped = 0;
    for (const [at, record] of records.entries()) {
      if (record.type !== "dropped") continue;
      dropped += record.bytes;
      const [before, after] = [records[at - 1], records[at + 1]];
      expect([reader.accept, before, after]).toMatchObject([
        reader.accept,
        { type: "line", cursor: record.cursor },
        { type: "line" },
      ]);
    }
    expect([reader.accept, dropped > WRITTEN / 2]).toEqual([reader.accept, true]);
  }
  const texts = readers.filter(({ accept }) => accept === "text/plain");
  for (const reader of texts) reader.hurry();
  for (let bytes = 0; texts.some((reader) => reader.bytes() < size); ) {
    const before = bytes;
    const read = () => texts.reduce((sum, reader) => sum + reader.bytes(), 0);
    bytes = await poll("more of the text comes", () => read() > before && read(), { timeoutMs: 40_000 });
  }
  const expected = texts.map(() => [size, written.copy().digest("hex")]);
  expect(texts.map((reader) => [reader.bytes(), reader.digest()])).toEqual(expected);
  // Those that read on late have taken no more either.
  expect(memory.grown()).toBeLessThan(MOST_BYTES);
}, 300_000);
