import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { EventParser } from "../../src/features/strace/events/event-parser.ts";
import { createThreadGroups } from "../../src/features/strace/events/thread-groups.ts";
import { chromeTrace } from "../../src/features/strace/traces/chrome-trace.ts";
import { launchBrowser, openPage, whyNoBrowser } from "../support/browser.ts";
import { recordedTrace } from "../support/recorded-traces.ts";

/** Our files of trace events, opened with a viewer that others wrote: speedscope, as npm has it, in a real browser. */

const reason = whyNoBrowser();
const VIEWER = new URL("./dist/release/", import.meta.resolve("speedscope/package.json"));
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
};

/** What it exports of a profile that it has read (its `file-format-schema.json`, as far as needed). */
const exported = z.object({
  shared: z.object({ frames: z.array(z.object({ name: z.string() })) }),
  profiles: z.array(
    z.object({
      name: z.string(),
      unit: z.literal("microseconds"),
      events: z.array(z.object({ type: z.enum(["O", "C"]), frame: z.int(), at: z.number() })),
    }),
  ),
});

async function writtenOf(name: string): Promise<string> {
  const records: string[] = [];
  const groups = createThreadGroups();
  const parser = new EventParser({ groups }, (event) => records.push(JSON.stringify(event)));
  for (const line of recordedTrace("6.13", name).lines) parser.push(line);
  parser.finish();
  const stretches = (async function* () {
    yield { records };
  })();
  let text = "";
  for await (const piece of chromeTrace([], stretches)) text += piece;
  return text;
}

/** Serves the viewer, and a file beside it, on loopback. */
async function serveViewer(file: Buffer): Promise<{ origin: string } & AsyncDisposable> {
  const server = createServer(async ({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://viewer");
    const name = pathname === "/" ? "index.html" : pathname.slice(1);
    response.setHeader("Content-Type", TYPES[extname(name)] ?? "application/octet-stream");
    response.end(name === "trace.json.gz" ? file : await readFile(new URL(name, VIEWER)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    origin: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe.skipIf(reason !== undefined)("speedscope", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test.each(["threads", "python", "bash", "exec"])(
    "shows the calls of %s by threads, with the time in them, and has nothing to complain of",
    async (name) => {
      const text = await writtenOf(name);
      await using viewer = await serveViewer(gzipSync(text));
      await using view = await openPage(browser);
      const { page } = view;
      await page.goto(`${viewer.origin}/#profileURL=${viewer.origin}/trace.json.gz`);
      const download = page.waitForEvent("download");
      await page.getByText("Export").click();
      const shown = exported.parse(JSON.parse(await readFile(await (await download).path(), "utf8")));
      const threads = shown.profiles.map(({ name: thread, events }) => ({
        thread,
        calls: new Set(events.map(({ frame }) => callOf(shown.shared.frames[frame]?.name))),
        inCalls: events.reduce((sum, { type, at }) => sum + (type === "C" ? at : -at), 0),
      }));
      expect(new Map(threads.map((each) => [each.thread, each]))).toEqual(threadsIn(text));
      expect(view.complaints.filter((each) => !each.includes("GL Driver Message"))).toEqual([]);
    },
  );
});

/** The viewer takes the arguments for a part of the name. */
function callOf(frame = ""): string | undefined {
  return frame.split(" ", 1)[0];
}

/** What a viewer should have of each thread, as the file says: its calls, and the microseconds in them. */
function threadsIn(text: string) {
  const event = z.object({
    ...{ name: z.string(), ph: z.enum(["X", "B", "E", "i"]), pid: z.int(), tid: z.int() },
    ...{ ts: z.number(), dur: z.number().default(0) },
  });
  const { traceEvents } = z.object({ traceEvents: z.array(event) }).parse(JSON.parse(text));
  const slices = traceEvents.filter(({ ph }) => ph !== "i");
  const threads = Map.groupBy(slices, ({ pid, tid }) => `pid ${pid}, tid ${tid}`);
  const timeOf = {
    X: (_: number, dur: number) => dur,
    B: (ts: number) => -ts,
    E: (ts: number) => ts,
    i: () => 0,
  };
  return new Map(
    [...threads].map(([thread, own]) => {
      const inCalls = own.reduce((sum, { ph, ts, dur }) => sum + timeOf[ph](ts, dur), 0);
      const calls = new Set(own.map(({ name }) => name));
      return [thread, { thread, calls, inCalls: expect.closeTo(inCalls, 0) }];
    }),
  );
}
