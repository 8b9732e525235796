import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { eventPage, eventsEnd } from "../../../../src/features/strace/traces/answer-events.ts";
import { keptSummary, traceList, traceState } from "../../../../src/features/strace/traces/trace-state.ts";
import {
  startBusy,
  startIdle,
  startNode,
  startScript,
  type TargetProcess,
} from "../../../linux/target-process.ts";
import { isMissing } from "../../../support/needs.ts";
import { poll } from "../../../support/poll.ts";
import { type ServedFeatures, VIEWER_TOKEN } from "../../../support/serve-features.ts";
import { accept, coreOf, isFree, type StraceOptions, serveStrace, untilFree } from "../serve-strace.ts";

const PREFIX = "/_sidecar";
const problemOf = z.looseObject({
  detail: z.string(),
  remedy: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string() })).optional(),
});

/** A machine that is busy with other tests is no reason to end a trace here. */
function serveTraces(options: StraceOptions = {}): Promise<ServedFeatures> {
  return serveStrace({ ...options, settings: { MAX_FROZEN_MS: 10_000, MAX_THROTTLED_PERCENT: 100 } });
}

function post(served: ServedFeatures, body: unknown, path = "/traces"): Promise<Response> {
  return served.get(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

/** Starts a trace, and gives what was answered. */
async function startTrace(served: ServedFeatures, body: unknown) {
  const response = await post(served, body);
  expect(response.status).toBe(202);
  const state = traceState.strict().parse(await response.json());
  expect(response.headers.get("Location")).toBe(`${PREFIX}/traces/${state.id}`);
  return state;
}

async function stateOf(served: ServedFeatures, id: string) {
  return traceState.strict().parse(await (await served.get(`/traces/${id}`)).json());
}

function untilEnded(served: ServedFeatures, id: string, timeoutMs = 10_000) {
  const ended = async () => {
    const state = await stateOf(served, id);
    return state.state === "running" ? undefined : state;
  };
  return poll(`trace ${id} ends`, ended, { timeoutMs });
}

async function eventsOf(served: ServedFeatures, id: string, query = "") {
  return eventPage.strict().parse(await (await served.get(`/traces/${id}/events${query}`)).json());
}

/** A program that opens a file that is not there, again and again. */
function startFailing(): Promise<TargetProcess> {
  return startNode(
    "import { openSync } from 'node:fs'; setInterval(() => { try { openSync('/not/there') } catch {} }, 2); console.log('up')",
  );
}

describe.skipIf(isMissing("ptrace"))("POST /traces", () => {
  test("a trace runs on its own, is told while it runs, ends at its limit, and is kept", async () => {
    await using target = await startBusy();
    await using served = await serveTraces();
    const begun = await startTrace(served, { process: target.pid, lines: 3_000 });
    expect(begun).toMatchObject({
      state: "running",
      endReason: null,
      process: { name: "dd" },
      expiresAt: null,
      cost: expect.stringContaining("it returns EINTR once"),
    });
    const ended = await untilEnded(served, begun.id);
    expect(ended).toMatchObject({ state: "ended", endReason: "lines", unparsed: 0, warnings: [] });
    // strace lets go within a call: that is a line too, and an event.
    expect(ended.lines).toBeGreaterThanOrEqual(3_000);
    expect(Date.parse(ended.expiresAt ?? "")).toBeGreaterThan(Date.now() + 3_500_000);
    expect(await isFree(target.pid)).toBe(true);
    const list = traceList.strict().parse(await (await served.get("/traces")).json());
    expect(list.traces.map(({ id }) => id)).toEqual([begun.id]);
    expect(list.heldBytes).toBe(list.traces[0]?.heldBytes);
  });

  test("a trace is narrowed as that of a GET: to the main thread, to paths, in what it tells of descriptors", async () => {
    await using target = await startFailing();
    await target.line();
    await using served = await serveTraces();
    const body = { process: target.pid, lines: 5, follow: false, paths: ["/not/there"], decode: "none" };
    const { id, command } = await startTrace(served, body);
    expect(command.join(" ")).toContain("strace -ttt -T -s ");
    expect(command.join(" ")).toContain(" -P /not/there -A ");
    await untilEnded(served, id);
    const { events } = await eventsOf(served, id);
    expect(events.length).toBeGreaterThanOrEqual(5);
    for (const event of events) expect(event).toMatchObject({ tid: target.pid, errno: { name: "ENOENT" } });
    for (const paths of ["relative", ["/a,/b"], ["/a\n"]]) {
      const refused = problemOf.parse(await (await post(served, { process: target.pid, paths })).json());
      expect(refused.errors?.[0]?.pointer).toMatch(/^\/paths/);
    }
  });

  test("its events are given in pages, each event once, and the last page says that it is the last", async () => {
    await using target = await startBusy();
    await using served = await serveTraces();
    const { id } = await startTrace(served, { process: target.pid, lines: 2_500 });
    const { events: count } = await untilEnded(served, id);
    const seen: object[] = [];
    let cursor = 0;
    for (let complete = false; !complete; ) {
      const page = await eventsOf(served, id, `?cursor=${cursor}&limit=700`);
      expect(page.events.length).toBeLessThanOrEqual(700);
      seen.push(...page.events);
      expect(page.next).toBe(seen.length);
      cursor = page.next;
      complete = page.isComplete;
    }
    expect(seen).toHaveLength(count);
    expect(await eventsOf(served, id, `?cursor=${cursor}`)).toMatchObject({ events: [], isComplete: true });
    expect((await eventsOf(served, id)).events).toEqual(seen.slice(0, 1_000));
  });

  test("a stream gives what is there and what comes, and ends with the trace", async () => {
    await using target = await startFailing();
    await using served = await serveTraces();
    await target.line();
    const { id } = await startTrace(served, {
      process: target.pid,
      duration: 0.5,
      syscalls: ["openat", "open"],
    });
    const text = await (await served.get(`/traces/${id}/events`, accept("application/x-ndjson"))).text();
    const records = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const last = eventsEnd.strict().parse(records.pop());
    expect(last).toMatchObject({ endReason: "time-limit", isComplete: true, next: records.length });
    expect(records.length).toBeGreaterThan(20);
    expect(records.filter(({ type, call }) => type === "call" && call !== "openat")).toEqual([]);
  });

  test("a stream of events is taken up where it was left, by the id of the last one", async () => {
    await using target = await startBusy();
    await using served = await serveTraces();
    const { id } = await startTrace(served, { process: target.pid, lines: 100 });
    const { events } = await untilEnded(served, id);
    const text = await (
      await served.get(`/traces/${id}/events?cursor=3`, {
        headers: { Accept: "text/event-stream", "Last-Event-ID": String(events - 2) },
      })
    ).text();
    expect([...text.matchAll(/^id: (\d+)$/gm)].map(([, number]) => Number(number))).toEqual([
      events - 1,
      events,
      events,
    ]);
    expect(text).toMatch(/event: end\ndata: \{.*"isComplete":true\}\n\n$/);
  });

  test("events are chosen by call, failure, text, thread and time", async () => {
    await using target = await startFailing();
    await using served = await serveTraces();
    await target.line();
    const { id } = await startTrace(served, { process: target.pid, duration: 0.4 });
    await untilEnded(served, id);
    const all = (await eventsOf(served, id, "?limit=10000")).events;
    const failed = (await eventsOf(served, id, "?calls=openat&errors=only&text=/not/there")).events;
    expect(failed.length).toBeGreaterThan(20);
    for (const event of failed) {
      expect(event).toMatchObject({ call: "openat", errno: { name: "ENOENT" }, tid: target.pid });
    }
    const middle = failed[10];
    if (middle?.type !== "call") throw new Error("no call");
    const later = await eventsOf(served, id, `?since=${middle.time}&tid=${target.pid}&limit=10000`);
    expect(later.events).toEqual(
      all.filter(
        (event) => event.type !== "unparsed" && event.tid === target.pid && (event.time ?? 0) >= middle.time,
      ),
    );
    const before = await eventsOf(served, id, `?until=${middle.time}&calls=openat&limit=10000`);
    expect(before.events.length).toBeGreaterThan(0);
    expect(before.isComplete).toBe(true);
    const slow = (await eventsOf(served, id, "?minDuration=0.001")).events;
    expect(slow.every((event) => event.type === "call" && (event.durationNs ?? 0) >= 1e6)).toBe(true);
    expect((await eventsOf(served, id, "?text=nowhere-to-be-found")).events).toEqual([]);
  });

  test("its summary is there while it runs", async () => {
    await using target = await startBusy();
    await using served = await serveTraces();
    const { id } = await startTrace(served, { process: target.pid });
    const summary = await poll("calls are counted", async () => {
      const so_far = keptSummary.strict().parse(await (await served.get(`/traces/${id}/summary`)).json());
      return so_far.callCount > 100 ? so_far : undefined;
    });
    expect(summary).toMatchObject({ id, state: "running", endReason: null });
    expect(summary.calls.map(({ call }) => call).toSorted()).toEqual(["read", "write"]);
  });

  test("stopped, it is kept; deleted, it is gone: its process runs free either way", async () => {
    await using target = await startBusy();
    await using served = await serveTraces();
    const first = await startTrace(served, { process: target.pid });
    await poll("it tells something", async () => (await stateOf(served, first.id)).events > 10);
    const stopped = traceState.parse(await (await post(served, "", `/traces/${first.id}/stop`)).json());
    expect(stopped).toMatchObject({ state: "ended", endReason: "stopped", id: first.id });
    expect(stopped.links.self).toBe(`${PREFIX}/traces/${first.id}`);
    expect(await isFree(target.pid)).toBe(true);
    const second = await startTrace(served, { process: target.pid });
    expect((await served.get(`/traces/${second.id}`, { method: "DELETE" })).status).toBe(204);
    expect(await isFree(target.pid)).toBe(true);
    expect((await served.get(`/traces/${second.id}`)).status).toBe(404);
    expect((await stateOf(served, first.id)).events).toBe(stopped.events);
  });

  test("its text is strace's own, as gzip", async () => {
    await using target = await startBusy();
    await using served = await serveTraces();
    const { id, links } = await startTrace(served, { process: target.pid, lines: 4_000, raw: true });
    const { lines } = await untilEnded(served, id);
    const response = await served.get(links.strace.slice(PREFIX.length));
    expect(response.headers.get("Content-Type")).toBe("application/gzip");
    expect(response.headers.get("Content-Disposition")).toMatch(
      /^attachment; filename="strace-dd-\d+-\d{14}\.txt\.gz"$/,
    );
    const text = gunzipSync(await response.bytes()).toString();
    expect(text.trimEnd().split("\n")).toHaveLength(lines);
    const page = await eventsOf(served, id, "?limit=1");
    expect(page.events[0]).toMatchObject({ raw: [text.split("\n", 1)[0]] });
  });

  test("all its events are to be had as one file, an event a line, more than a page may have", async () => {
    await using target = await startBusy();
    await using served = await serveTraces();
    const { id, links } = await startTrace(served, { process: target.pid, lines: 12_000 });
    const { events: count } = await untilEnded(served, id);
    expect(count).toBeGreaterThan(10_000);
    const response = await served.get(links.ndjson.slice(PREFIX.length));
    expect(response.headers.get("Content-Type")).toBe("application/gzip");
    expect(response.headers.get("Content-Disposition")).toMatch(
      /^attachment; filename="events-dd-\d+-\d{14}\.ndjson\.gz"$/,
    );
    const text = gunzipSync(await response.bytes()).toString();
    const events = text
      .trimEnd()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(events).toHaveLength(count);
    const { events: last } = await eventsOf(served, id, `?cursor=${count - 700}&limit=700`);
    expect(events.slice(-700)).toEqual(last);
    const { status } = await served.get(`/traces/${id}/events.ndjson.gz`, {
      headers: { Authorization: `Bearer ${VIEWER_TOKEN}` },
    });
    expect(status).toBe(403);
  });

  test("for Perfetto every call is a complete event of its thread, with the time in microseconds", async () => {
    await using target = await startScript("while true; do /bin/true; done");
    await using served = await serveTraces();
    const { id, links } = await startTrace(served, { process: target.pid, duration: 0.3 });
    await untilEnded(served, id);
    const { events } = await eventsOf(served, id, "?limit=10000");
    const packed = await (await served.get(links.chrome.slice(PREFIX.length))).bytes();
    const { traceEvents } = JSON.parse(gunzipSync(packed).toString());
    const calls = events.filter((event) => event.type === "call" && event.durationNs !== null);
    const complete = traceEvents.filter(({ ph }: { ph: string }) => ph === "X");
    expect(complete).toHaveLength(calls.length);
    expect(complete[0]).toMatchObject({
      name: calls[0]?.type === "call" ? calls[0].call : "",
      ts: Math.round((calls[0]?.type === "call" ? calls[0].time : 0) * 1e6),
    });
    expect(traceEvents[0]).toMatchObject({ ph: "M", name: "process_name", args: { name: "sh" } });
    // Ends of children, and the signals that tell of them.
    const instants = new Set(
      traceEvents.filter(({ ph }: { ph: string }) => ph === "i").map(({ name }: { name: string }) => name),
    );
    expect(instants).toContain("exit 0");
    expect(instants).toContain("SIGCHLD");
  });

  test("`main` is the app's main process with those below it, and a name the topmost process of that name", async () => {
    await using target = await startScript("sleep 300 & sleep 301 & wait");
    await using served = await serveTraces({ core: coreOf(target) });
    await poll("both sleep", async () => {
      const { id, descendants } = await startTrace(served, { duration: 0.2 });
      await untilEnded(served, id);
      return descendants.length === 2;
    });
    const named = await post(served, { process: "sleep" });
    expect(named.status).toBe(409);
    expect(await named.json()).toMatchObject({ code: "conflict", pids: expect.any(Array) });
    expect((await post(served, { process: "no-such-name" })).status).toBe(404);
    await using idle = await startIdle();
    await using only = await startNode(
      "process.title = 'only-of-its-name'; setInterval(() => {}, 9e6); console.log('up')",
    );
    await only.line();
    const { process: found } = await startTrace(served, { process: "only-of-its-name", duration: 0.1 });
    expect(found.pid).toBe(only.pid);
    await untilFree(only);
    expect(await isFree(idle.pid)).toBe(true);
    await using titled = await startNode(
      "process.title = 'next-server (v14.2.3)'; setInterval(() => {}, 9e6); console.log('up')",
    );
    await titled.line();
    for (const name of ["next-server (v14.2.3)", "next-server (v1"]) {
      const { process: server } = await startTrace(served, { process: name, duration: 0.1 });
      expect(server.pid).toBe(titled.pid);
      await untilFree(titled);
    }
  });

  test("what is beyond a limit, unknown or malformed is refused, and says where and what would do", async () => {
    await using served = await serveTraces({ traces: { MAX_DURATION_MS: 2_000, MAX_LINES: 100 } });
    const refusals: readonly (readonly [body: unknown, status: number, pointer: string | undefined])[] = [
      [{ process: 1, duration: 3 }, 422, "/duration"],
      [{ process: 1, lines: 101 }, 422, "/lines"],
      [{ process: 1, stringLimit: 5_000 }, 422, "/stringLimit"],
      [{ process: 1, syscalls: ["read;reboot"] }, 422, "/syscalls"],
      [{ process: 1, syscalls: "!open" }, 422, "/syscalls"],
      [{ process: 1, sycalls: "open" }, 422, ""],
      [{ process: 0 }, 422, "/process"],
      [{ process: "" }, 422, "/process"],
      [{ process: " " }, 422, "/process"],
      [{ process: "a\nb" }, 422, "/process"],
      ["{", 400, undefined],
      [{ process: 4_194_303 }, 404, undefined],
    ];
    for (const [body, status, pointer] of refusals) {
      const response = await post(served, body);
      const problem = problemOf.parse(await response.json());
      expect([JSON.stringify(body), response.status]).toEqual([JSON.stringify(body), status]);
      if (pointer !== undefined) expect(problem.errors?.[0]?.pointer).toBe(pointer);
      expect(problem.remedy).toBeTruthy();
    }
    const unknown = await post(served, { process: process.pid });
    expect(await unknown.json()).toMatchObject({ code: "process-not-traceable" });
    expect((await served.get("/traces/nope")).status).toBe(404);
    expect((await served.get("/traces/nope/events?limit=10001")).status).toBe(404);
    expect(
      (await served.get("/traces", { headers: { Authorization: `Bearer ${VIEWER_TOKEN}` } })).status,
    ).toBe(403);
  });

  test("a call that strace does not know is refused with its name", async () => {
    await using target = await startIdle();
    await using served = await serveTraces();
    const response = await post(served, { process: target.pid, syscalls: ["opne"] });
    expect(response.status).toBe(400);
    expect(problemOf.parse(await response.json()).detail).toContain("opne");
    await untilFree(target);
  });

  test("the oldest that has ended makes room for a new one, and one that has aged is gone", async () => {
    await using target = await startBusy();
    await using served = await serveTraces({ traces: { MAX_KEPT: 2, KEPT_MS: 3_000 } });
    const ids: string[] = [];
    for (let index = 0; index < 3; index += 1) {
      const { id } = await startTrace(served, { process: target.pid, lines: 50 });
      await untilEnded(served, id);
      ids.push(id);
    }
    expect((await served.get(`/traces/${ids[0]}`)).status).toBe(404);
    expect((await served.get(`/traces/${ids[2]}`)).status).toBe(200);
    await poll("it is forgotten", async () => (await served.get(`/traces/${ids[2]}`)).status === 404);
  });

  test("a trace that needs more memory than all may have is ended, keeps what it told, and says why", async () => {
    await using target = await startNode(
      "import { randomBytes } from 'node:crypto'; import { openSync, writeSync } from 'node:fs'; const fd = openSync('/dev/null', 'w'); const b = randomBytes(1 << 20); for (let i = 0; ; i = (i + 997) % 1e6) writeSync(fd, b, i, 2000)",
    );
    await using served = await serveTraces({ traces: { MAX_KEPT_BYTES: 1_048_576 } });
    const { id } = await startTrace(served, { process: target.pid, stringLimit: 2_000 });
    // On a busy machine it takes long to tell so much.
    const ended = await untilEnded(served, id, 50_000);
    expect(ended).toMatchObject({ state: "ended", endReason: "byte-limit" });
    expect(ended.warnings.join()).toContain("SIDECAR_TRACES_MAX_KEPT_BYTES");
    expect((await eventsOf(served, id)).events.length).toBeGreaterThan(100);
    expect(await isFree(target.pid)).toBe(true);
  });

  test("what a trace has told up to now can be kept beside it", async () => {
    await using target = await startFailing();
    await using served = await serveTraces();
    const { id } = await startTrace(served, { process: target.pid });
    await poll("it tells something", async () => (await stateOf(served, id)).events > 50);
    const response = await post(served, "", `/traces/${id}/snapshot`);
    expect(response.status).toBe(201);
    const snapshot = traceState.strict().parse(await response.json());
    expect(snapshot).toMatchObject({
      kind: "snapshot",
      state: "ended",
      endReason: null,
      process: { pid: target.pid },
    });
    expect(response.headers.get("Location")).toBe(`${PREFIX}/traces/${snapshot.id}`);
    expect(snapshot.links.self).toBe(`${PREFIX}/traces/${snapshot.id}`);
    await poll("the trace goes on", async () => (await stateOf(served, id)).events > snapshot.events);
    expect((await eventsOf(served, snapshot.id, "?limit=10000")).events).toHaveLength(snapshot.events);
    const summary = keptSummary.parse(await (await served.get(`/traces/${snapshot.id}/summary`)).json());
    expect(summary.callCount).toBeGreaterThan(40);
    expect(summary.callCount).toBeLessThanOrEqual(snapshot.events);
  });

  test("where the sidecar stops, its traces do, and the processes run free", async () => {
    await using target = await startBusy();
    {
      await using served = await serveTraces();
      await startTrace(served, { process: target.pid });
    }
    expect(await isFree(target.pid)).toBe(true);
  });
});

describe.skipIf(isMissing("ptrace"))("the flight recorder", () => {
  test("records the app from the start, keeps the last seconds, and begins anew with a new process", async () => {
    let target = await startBusy();
    const finder = { find: async () => coreOf(target) };
    await using served = await serveTraces({ finder, traces: { RECORDER_SECONDS: 1 } });
    const recorder = () => stateOf(served, "recorder");
    const first = await poll(
      "older events are dropped",
      async () => {
        const state = await recorder();
        return state.firstEvent > 0 ? state : undefined;
      },
      { timeoutMs: 15_000 },
    );
    expect(first).toMatchObject({ kind: "recorder", state: "running", process: { pid: target.pid } });
    const page = await eventsOf(served, "recorder");
    expect(page.dropped).toBeGreaterThan(0);
    expect(page.events.length).toBeGreaterThan(0);
    const taken = await post(served, "", "/traces/recorder/stop");
    expect([taken.status, problemOf.parse(await taken.json()).remedy]).toEqual([
      409,
      "SIDECAR_TRACES_RECORDER_SECONDS=0 switches it off.",
    ]);
    // What happened before its end can be asked for after it.
    await target.kill();
    await poll("its end is seen", async () => (await recorder()).state === "ended");
    expect(await recorder()).toMatchObject({ id: first.id, endReason: "process-exited" });
    target = await startBusy();
    const second = await poll("it begins anew", async () => {
      const state = await recorder();
      return state.id === first.id ? undefined : state;
    });
    expect(second.process.pid).toBe(target.pid);
    expect((await stateOf(served, first.id)).state).toBe("ended");
    await served[Symbol.asyncDispose]();
    expect(await isFree(target.pid)).toBe(true);
    await target.kill();
  });

  test("as it grows it gives up its own oldest, and takes away neither a snapshot nor a trace that has ended", async () => {
    await using target = await startBusy();
    await using other = await startBusy();
    await using served = await serveTraces({
      core: coreOf(target),
      traces: { RECORDER_SECONDS: 3_600, MAX_KEPT_BYTES: 1_048_576 },
    });
    const { id: endedId } = await startTrace(served, { process: other.pid, lines: 200 });
    await untilEnded(served, endedId);
    const recorder = () => stateOf(served, "recorder");
    await poll("it tells something", async () => (await recorder()).events > 500);
    const response = await post(served, "", "/traces/recorder/snapshot");
    expect(response.status).toBe(201);
    const snapshot = traceState.strict().parse(await response.json());
    await poll("older events are dropped", async () => (await recorder()).firstEvent > snapshot.events, {
      timeoutMs: 40_000,
    });
    const list = traceList.strict().parse(await (await served.get("/traces")).json());
    expect(list.traces.map(({ id }) => id).toSorted()).toEqual(
      [endedId, snapshot.id, (await recorder()).id].toSorted(),
    );
    expect((await eventsOf(served, snapshot.id, "?limit=10000")).dropped).toBe(snapshot.firstEvent);
    const last = traceState
      .strict()
      .parse(await (await post(served, "", "/traces/recorder/snapshot")).json());
    expect((await served.get(last.links.self.slice(PREFIX.length))).status).toBe(200);
  });

  test("where it is off, or has nothing yet, asking for it says why", async () => {
    await using off = await serveTraces();
    const without = problemOf.parse(await (await off.get("/traces/recorder")).json());
    expect(without.remedy).toBe("SIDECAR_TRACES_RECORDER_SECONDS=30");
    await using served = await serveTraces({ traces: { RECORDER_SECONDS: 5 } });
    const problem = await poll("it has tried", async () => {
      const answer = problemOf.parse(await (await served.get("/traces/recorder")).json());
      return answer.detail.includes("No core here.") ? answer : undefined;
    });
    expect(problem.remedy).toContain("capabilities");
  });
});
