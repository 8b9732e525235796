import { describe, expect, test } from "vitest";
import { traceEvent } from "../../../src/features/strace/events/event-schema.ts";
import { endRecord, heartbeatRecord } from "../../../src/features/strace/trace-schema.ts";
import { startBusy, startIdle } from "../../linux/target-process.ts";
import { isMissing } from "../../support/needs.ts";
import { accept, isFree, serveStrace } from "./serve-strace.ts";

/** The records of an event stream, without its comments. */
function sseRecords(text: string) {
  return text
    .split("\n\n")
    .filter((record) => record !== "" && !record.startsWith(":"))
    .map((record) => {
      const fields = record.split("\n").map((line) => /^(\w+): (.*)$/.exec(line)?.slice(1) ?? []);
      return Object.fromEntries(fields) as { id?: string; event?: string; data?: string };
    });
}

describe.skipIf(isMissing("ptrace"))("a stream of an idle process says that the trace runs", () => {
  test("as NDJSON with records that are no events, and are not counted as such", async () => {
    await using target = await startIdle();
    await using served = await serveStrace({ heartbeatMs: 10 });
    const path = `/strace/${target.pid}?duration=0.3`;
    const text = await (await served.get(path, accept("application/x-ndjson"))).text();
    const records: { type: string }[] = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const heartbeats = records.filter(({ type }) => type === "heartbeat");
    expect(heartbeats.length).toBeGreaterThanOrEqual(3);
    for (const each of heartbeats) heartbeatRecord.strict().parse(each);
    const end = endRecord.strict().parse(records.at(-1));
    const events = records.slice(0, -1).filter(({ type }) => type !== "heartbeat");
    expect(end).toMatchObject({ endReason: "time-limit", events: events.length, dropped: 0 });
  });

  test("as an event stream with comments", async () => {
    await using target = await startIdle();
    await using served = await serveStrace({ heartbeatMs: 10 });
    const path = `/strace/${target.pid}?duration=0.3`;
    const text = await (await served.get(path, accept("text/event-stream"))).text();
    expect(text.match(/^: \n\n/gm)?.length).toBeGreaterThanOrEqual(3);
    expect(sseRecords(text).map(({ event }) => event)).toEqual(["start", "end"]);
  });
});

describe.skipIf(isMissing("ptrace"))("an event stream", () => {
  test("has the events of the trace where they are asked for, with their lines if those are too", async () => {
    await using target = await startBusy();
    await using served = await serveStrace();
    const path = `/strace/${target.pid}/20?events=true&raw=true`;
    const records = sseRecords(await (await served.get(path, accept("text/event-stream"))).text());
    expect(records.map(({ event }) => event)).toEqual(["start", ...Array(20).fill("event"), "end"]);
    for (const { data = "" } of records.slice(1, -1)) {
      const event = traceEvent.parse(JSON.parse(data));
      expect(event).toMatchObject({ type: "call", pid: target.pid, result: 1 });
      expect(event.raw).toHaveLength(1);
    }
    expect(JSON.parse(records.at(-1)?.data ?? "")).toMatchObject({
      ...{ endReason: "lines", lines: 20, events: 20, unparsed: 0, dropped: 0 },
    });
    expect(await isFree(target.pid)).toBe(true);
  });

  test("that has ended is not begun again by an EventSource that comes back by itself", async () => {
    await using target = await startBusy();
    await using served = await serveStrace();
    const path = `/strace/${target.pid}/2`;
    const records = sseRecords(await (await served.get(path, accept("text/event-stream"))).text());
    expect(records.map(({ id }) => id)).toEqual([undefined, undefined, undefined, "end"]);
    const back = await served.get(path, {
      headers: { Accept: "text/event-stream", "Last-Event-ID": records.at(-1)?.id ?? "" },
    });
    expect([back.status, await back.text()]).toEqual([204, ""]);
    const other = await served.get(path, { headers: { Accept: "text/plain", "Last-Event-ID": "end" } });
    expect([other.status, (await other.text()).trimEnd().split("\n").length]).toEqual([200, 2]);
  });
});

test.each(["1", "yes", ""])("events=%s is refused", async (events) => {
  await using served = await serveStrace();
  const response = await served.get(`/strace/1/5?events=${events}`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ pointer: "query:events" }] });
});
