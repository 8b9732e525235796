import { describe, expect, test } from "vitest";
import { traceEvent } from "../../../src/features/strace/events/event-schema.ts";
import { endRecord, traceReport } from "../../../src/features/strace/trace-schema.ts";
import { startBusy, startFixture, startIdle, startScript } from "../../linux/target-process.ts";
import { isMissing } from "../../support/needs.ts";
import { recordedTraces } from "../../support/recorded-traces.ts";
import { parse } from "./events/parse.ts";
import { accept, isFree, serveStrace, untilTraced } from "./serve-strace.ts";

const JSON_FORM = accept("application/json");
const NDJSON_FORM = accept("application/x-ndjson");

async function recordsOf(response: Response) {
  expect(response.headers.get("Content-Type")).toBe("application/x-ndjson");
  const records: unknown[] = (await response.text())
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  return {
    events: records.slice(0, -1).map((each) => traceEvent.parse(each)),
    end: endRecord.strict().parse(records.at(-1)),
  };
}

test.each(recordedTraces())("the events of strace $version on $name are as the API says", ({ lines }) => {
  const { events } = parse(lines, { withRaw: true });
  for (const event of JSON.parse(JSON.stringify(events))) traceEvent.parse(event);
});

describe.skipIf(isMissing("ptrace"))("the events of a trace", () => {
  test("are beside its lines in JSON: one for each, with the process of each thread", async () => {
    await using target = await startBusy();
    await using served = await serveStrace();
    const response = await served.get(`/strace/${target.pid}/20`, JSON_FORM);
    const report = traceReport.strict().parse(await response.json());
    expect(report).toMatchObject({ endReason: "lines", unparsed: 0 });
    expect(report.lines).toHaveLength(20);
    expect(report.events).toHaveLength(20);
    for (const event of report.events) {
      expect(event).toMatchObject({ type: "call", tid: target.pid, pid: target.pid, result: 1 });
      expect(event).not.toHaveProperty("raw");
    }
    expect(JSON.stringify(report.events)).toContain('"path":"/dev/zero","isDeleted":false,"device":');
    expect(await isFree(target.pid)).toBe(true);
  });

  test("are one a line as NDJSON, with the lines they were made of if asked for, and an end that says why", async () => {
    await using target = await startBusy();
    await using served = await serveStrace();
    const { events, end } = await recordsOf(
      await served.get(`/strace/${target.pid}/30?raw=true`, NDJSON_FORM),
    );
    expect(events).toHaveLength(30);
    expect(end).toMatchObject({
      ...{ type: "end", endReason: "lines", linesAsked: 30, lines: 30, events: 30, unparsed: 0, dropped: 0 },
      process: { pid: target.pid, name: "dd" },
    });
    for (const event of events)
      expect(event.raw).toEqual([expect.stringMatching(/^\d+ +\d{10}\.\d{6} (read|write)\(/)]);
    expect(await isFree(target.pid)).toBe(true);
  });

  test.each(["", "&minDuration=9"])("tell what a process was in when strace let go (%s)", async (more) => {
    await using target = await startIdle();
    await using served = await serveStrace({ settings: { DURATION_MS: 300 } });
    const path = `/strace/${target.pid}?raw=true${more}`;
    const { events, end } = await recordsOf(await served.get(path, NDJSON_FORM));
    expect(end).toMatchObject({ endReason: "time-limit", lines: 0, events: 1 });
    expect(end.pending).toHaveLength(1);
    expect(events).toMatchObject([
      { type: "call", call: expect.stringMatching(/restart_syscall|clock_nanosleep/), result: null },
    ]);
    expect(events[0]?.type === "call" ? events[0].marks : []).toContain("detached");
    expect(events[0]?.raw?.[0]).toContain(end.pending[0]);
  });

  test("join the halves of the calls of many threads, which belong to one process", async () => {
    await using target = await startFixture("threads.mjs");
    await using served = await serveStrace();
    const { events, end } = await recordsOf(await served.get(`/strace/${target.pid}/600`, NDJSON_FORM));
    const calls = events.filter((event) => event.type === "call");
    expect(end).toMatchObject({ lines: 600, unparsed: 0, dropped: 0 });
    expect(calls.filter(({ marks }) => marks.includes("resumed")).length).toBeGreaterThan(20);
    expect(calls.every(({ pid }) => pid === target.pid)).toBe(true);
    expect(new Set(calls.map(({ tid }) => tid)).size).toBeGreaterThan(3);
  });

  test("tell of children, signals and ends", async () => {
    await using target = await startScript("while :; do true & wait; done");
    await using served = await serveStrace();
    const { events, end } = await recordsOf(await served.get(`/strace/${target.pid}/400`, NDJSON_FORM));
    expect(end.unparsed).toBe(0);
    const types = new Set(events.map(({ type }) => type));
    expect([...types].toSorted()).toEqual(expect.arrayContaining(["call", "exit", "signal"]));
    const child = events.find((event) => event.type === "exit");
    expect(child).toMatchObject({ exitCode: 0 });
    expect(child?.type === "exit" && child.pid !== null && child.pid !== target.pid).toBe(true);
  });

  test("tell of the end of the process itself", async () => {
    await using target = await startIdle();
    await using served = await serveStrace();
    const answer = served.get(`/strace/${target.pid}/100`, NDJSON_FORM);
    await untilTraced(target);
    target.child.kill("SIGTERM");
    const { events, end } = await recordsOf(await answer);
    expect(end.endReason).toBe("process-exited");
    expect(events.at(-1)).toMatchObject({
      type: "killed",
      signal: "SIGTERM",
      tid: target.pid,
      pid: target.pid,
    });
  });

  test.each(["yes", "1", ""])("raw=%s is refused", async (raw) => {
    await using served = await serveStrace();
    const response = await served.get(`/strace/1/5?raw=${raw}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: "invalid-parameter",
      errors: [{ pointer: "query:raw" }],
    });
  });
});
