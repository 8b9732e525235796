import { once } from "node:events";
import { appendFile, readFile, stat } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { logPage, logRecord } from "../../../src/features/logs/log-schema.ts";
import { poll } from "../../support/poll.ts";
import { OPERATOR_TOKEN } from "../../support/serve-features.ts";
import { logFolder, serveLogs } from "./serve-logs.ts";

const LAG = 1_048_576;
const WRITTEN = 200_000_000;
const PIECE = Buffer.from(
  Array.from(
    { length: 10_000 },
    (_, index) => `2026-11-28T20:00:00.000Z INFO line ${index} ${"x".repeat(60)}\n`,
  ).join(""),
);

async function residentBytes(): Promise<number> {
  const status = await readFile("/proc/self/status", "utf8");
  return Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1]) * 1_024;
}

/** Follows a log, and reads only when it is looked at. */
async function follow(url: string, accept: string) {
  const asked = request(`${url}/logs/app.log?follow=true`, {
    headers: { Authorization: `Bearer ${OPERATOR_TOKEN}`, Accept: accept },
  });
  asked.end();
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  let text = "";
  answer.setEncoding("utf8");
  return {
    text: () => text,
    /** Looks for it in what has come since the last look. */
    comes(what: string) {
      const from = Math.max(0, text.length - what.length);
      for (let chunk = answer.read(); chunk !== null; chunk = answer.read()) text += chunk;
      return text.includes(what, from);
    },
    /** From here on it reads what comes. */
    hurry() {
      answer.on("data", (chunk: string) => {
        text += chunk;
      });
    },
    destroy: () => asked.destroy(),
  };
}

test("who follows a log and does not read gets a record of what was dropped, which can be asked for; the sidecar does not grow", async () => {
  await using folder = await logFolder();
  const path = await folder.write("app.log", "2026-11-28T20:00:00.000Z INFO first\n");
  await using server = await serveLogs({ files: [path], maxLagBytes: LAG });
  const reader = await follow(server.url, "application/x-ndjson");
  const { comes } = reader;
  await poll("the first line comes", () => comes("first"));
  // From here on nothing is read: the rest waits in the buffers of the connection, and then in the file.
  const before = await residentBytes();
  let most = before;
  for (let written = 0; written < WRITTEN; written += PIECE.length) {
    await appendFile(path, PIECE);
    most = Math.max(most, await residentBytes());
    await turn();
  }
  expect(most - before).toBeLessThan(WRITTEN / 2);
  // It counts as slow when it has not read for a second.
  await poll("a record of what was dropped comes", () => comes('"dropped"'), { timeoutMs: 15_000 });
  await folder.append("app.log", "2026-11-28T20:00:00.000Z INFO last\n");
  await poll("the last line comes", () => comes("INFO last"), { timeoutMs: 15_000 });
  reader.destroy();
  const records = reader
    .text()
    .split("\n")
    .slice(0, -1)
    .map((line) => logRecord.parse(JSON.parse(line)));
  const at = records.findIndex(({ type }) => type === "dropped");
  const [before_, dropped, after] = [records[at - 1], records[at], records[at + 1]];
  if (before_?.type !== "line" || dropped?.type !== "dropped" || after?.type !== "line")
    throw new Error("not beside lines");
  expect(dropped.bytes).toBeGreaterThan(WRITTEN / 4);
  expect(dropped.cursor).toBe(before_.cursor);
  const offsetOf = (cursor: string) => Number(cursor.split(".").at(-1));
  expect(offsetOf(after.cursor) - after.text.length - 1).toBe(offsetOf(dropped.cursor) + dropped.bytes);
  const response = await server.get(`/logs/app.log?cursor=${dropped.cursor}&limit=1`, {
    headers: { Accept: "application/json" },
  });
  const { lines } = logPage.parse(await response.json());
  const file = await readFile(path, "utf8");
  expect(file.slice(offsetOf(dropped.cursor)).startsWith(`${lines[0]?.text}\n`)).toBe(true);
  expect((await stat(path)).size).toBeGreaterThan(WRITTEN);
}, 60_000);

test("who follows a log as text gets every line of it, however slowly it reads", async () => {
  await using folder = await logFolder();
  const path = await folder.write("app.log", "2026-11-28T20:00:00.000Z INFO first\n");
  await using server = await serveLogs({ files: [path], maxLagBytes: LAG });
  const asText = await follow(server.url, "text/plain");
  const asRecords = await follow(server.url, "application/x-ndjson");
  await poll("the first line comes", () => asText.comes("first") && asRecords.comes("first"));
  for (let written = 0; written < 16_000_000; written += PIECE.length) await appendFile(path, PIECE);
  await folder.append("app.log", "2026-11-28T20:00:00.000Z INFO last\n");
  // Of the one lines are left out, so long has nobody read; the other has waited no less.
  await poll("records are left out", () => asRecords.comes('"dropped"'), { timeoutMs: 15_000 });
  asText.hurry();
  await poll("the last line comes", () => asText.text().endsWith("INFO last\n"), { timeoutMs: 40_000 });
  asRecords.destroy();
  asText.destroy();
  const all = await readFile(path, "utf8");
  expect(asText.text().length).toBe(all.length);
  expect(asText.text() === all).toBe(true);
}, 60_000);
