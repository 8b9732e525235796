import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { summaryReport } from "../../../src/features/strace/summary-schema.ts";
import { endRecord, traceReport } from "../../../src/features/strace/trace-schema.ts";
import {
  fixturePath,
  startBusy,
  startFixture,
  startIdle,
  startTarget,
  type TargetProcess,
} from "../../linux/target-process.ts";
import { start32Bits } from "../../support/built-programs.ts";
import { isMissing } from "../../support/needs.ts";
import { poll } from "../../support/poll.ts";
import { type MountedTracefs, mountTracefs } from "../../support/tracefs.ts";
import { accept, coreOf, makeStrace, type StraceOptions, serveStrace } from "./serve-strace.ts";

const run = promisify(execFile);
const JSON_FORM = accept("application/json");
const NDJSON_FORM = accept("application/x-ndjson");

const FORK = /^(?:v?fork|clone3?)$/;

/** Starts a script that waits for `go` until its trace runs. */
async function startWaiting(script: string): Promise<TargetProcess & { go(): void }> {
  const target = await startTarget(["sh", "-c", `read go; ${script}`], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  return { ...target, go: () => target.child.stdin?.end("go\n") };
}

describe.skipIf(isMissing("tracefs"))("engine=tracefs", () => {
  const tracefs: MountedTracefs = mountTracefs();
  afterAll(() => {
    expect(tracefs.instances(process.pid)).toEqual([]);
    tracefs[Symbol.dispose]();
  });
  const serve = (options: StraceOptions = {}) =>
    serveStrace({ ...options, settings: { TRACEFS_DIR: tracefs.dir, ...options.settings } });

  /** Traces a script from its first to its last call. */
  async function traceOf(script: string, query = "") {
    await using target = await startWaiting(script);
    await using served = await serve({ settings: { DURATION_MS: 60_000 } });
    const answer = served.get(`/strace/${target.pid}/10000?engine=tracefs${query}`, JSON_FORM);
    await tracefs.untilRecording(process.pid);
    target.go();
    const report = traceReport.strict().parse(await (await answer).json());
    return { pid: target.pid, report, calls: report.events.filter((event) => event.type === "call") };
  }

  test("names the calls of a program of 32 bits as it does", async (context) => {
    context.skip(isMissing("compiler"), "needs cc");
    const started = await start32Bits();
    if (typeof started === "string") return context.skip(started);
    await using target = started;
    await using served = await serve();
    const answer = await served.get(`/strace/${target.pid}/60?engine=tracefs`, JSON_FORM);
    const { events, unparsed } = traceReport.strict().parse(await answer.json());
    const calls = events.filter((event) => event.type === "call");
    expect(unparsed).toBe(0);
    expect(new Set(calls.map(({ call }) => call))).toEqual(new Set(["getpid", "nanosleep"]));
    const asked = calls.filter(({ call }) => call === "getpid");
    expect(asked.every(({ result }) => result === target.pid)).toBe(true);
  });

  test("tells all of 200,000 calls, or how many it has lost", async () => {
    await using target = await startWaiting(
      "exec dd if=/dev/zero of=/dev/null bs=1 count=100000 status=none",
    );
    await using served = await serve();
    const answer = served.get(`/strace/${target.pid}/summary?engine=tracefs`, JSON_FORM);
    await tracefs.untilRecording(process.pid);
    target.go();
    const report = summaryReport.strict().parse(await (await answer).json());
    const countOf = (name: string) => report.calls.find(({ call }) => call === name)?.count ?? 0;
    expect(report).toMatchObject({
      endReason: "process-exited",
      engine: "tracefs",
      command: [],
      unparsed: 0,
    });
    expect(countOf("read") + countOf("write") + Math.ceil(report.lost / 2)).toBeGreaterThanOrEqual(200_000);
    // With the beginnings and ends of what was lost each call may be told by one of its two events at most.
    expect(countOf("write")).toBeLessThanOrEqual(100_000);
    if (report.lost === 0) expect(countOf("write")).toBe(100_000);
    expect(report.lost > 0).toBe(
      report.warnings.some((text) => text.includes("came faster than they were read")),
    );
    expect(report.files.map(({ path }) => path)).toEqual(expect.arrayContaining(["/dev/zero", "/dev/null"]));
  });

  test("tells names, arguments, results, errors and true durations", async () => {
    const { pid, report, calls } = await traceOf("cd /; [ -e /none ]; sleep 0.2; exit 3");
    expect(report).toMatchObject({ endReason: "process-exited", lost: 0, unparsed: 0 });
    expect(report.cost).toContain("no call returns EINTR by it");
    // Its standard input is a socket, which may be gone before anyone looks where the machine is busy.
    const warnings = report.warnings.filter((text) => !text.startsWith("Sockets that lack an address"));
    expect(warnings).toEqual([
      "Signals that are ignored, or end a process, are not told, nor who sent one, nor calls that had begun before the trace and did not return in it. Mend: engine=strace",
    ]);
    expect(calls).toContainEqual(expect.objectContaining({ call: "chdir", pid, tid: pid, result: 0 }));
    expect(calls).toContainEqual(
      expect.objectContaining({ result: -1, errno: { name: "ENOENT", text: "No such file or directory" } }),
    );
    const sleep = calls.find(({ call }) => call === "clock_nanosleep");
    expect(sleep?.durationNs).toBeGreaterThanOrEqual(200_000_000);
    expect(sleep?.durationNs).toBeLessThan(5_000_000_000);
    expect(sleep?.pid).not.toBe(pid);
    const opened = calls.find(({ call, result }) => call === "openat" && (result ?? -1) >= 0);
    expect(opened?.args?.[1]).toMatchObject({ kind: "unread", value: null, reason: expect.any(String) });
    expect(report.events.at(-1)).toMatchObject({ type: "exit", tid: pid, exitCode: 3 });
    expect(report.lines).toHaveLength(report.events.length);
    expect(Math.abs((calls[0]?.time ?? 0) * 1_000 - Date.now())).toBeLessThan(60_000);
  });

  test("follows children and their programs, from their first call to their end", async () => {
    const { pid, report, calls } = await traceOf(
      "for i in 1 2 3 4 5; do (exit 7); cat /dev/null; done; exit 0",
    );
    const forks = calls.filter(({ call, result }) => FORK.test(call) && (result ?? 0) > 0);
    const children = forks.map(({ result }) => result);
    expect(children).toHaveLength(10);
    const exits = report.events.filter((event) => event.type === "exit");
    expect(exits.map(({ tid }) => tid).toSorted()).toEqual([pid, ...children].toSorted());
    expect(exits.filter(({ exitCode }) => exitCode === 7)).toHaveLength(5);
    expect(calls.filter(({ call, result }) => call === "execve" && result === 0)).toHaveLength(5);
  });

  test("tells the signals that a process takes", async () => {
    const { pid, report } = await traceOf("trap : USR1; kill -USR1 $$; sh -c 'kill -KILL $$'; exit 6");
    expect(report.events.filter((event) => event.type === "signal")).toMatchObject([
      { tid: pid, pid, signal: "SIGUSR1", code: "SI_USER", senderPid: null },
      { tid: pid, pid, signal: "SIGCHLD", info: "{si_signo=SIGCHLD, si_code=CLD_KILLED}" },
    ]);
    expect(report.lines).toContainEqual(
      expect.stringMatching(/ --- SIGUSR1 \{si_signo=SIGUSR1, si_code=SI_USER\} ---$/),
    );
    expect(report.events.at(-1)).toMatchObject({ type: "exit", tid: pid, exitCode: 6 });
  });

  test("follows all threads of a process, those that it has and those that it makes", async () => {
    await using target = await startFixture("threads.mjs");
    await using served = await serve();
    const answer = await served.get(`/strace/${target.pid}/600?engine=tracefs`, NDJSON_FORM);
    const lines = (await answer.text()).trimEnd().split("\n");
    const end = endRecord.strict().parse(JSON.parse(lines.at(-1) ?? ""));
    const events = z
      .array(z.looseObject({ tid: z.int(), pid: z.int().nullable() }))
      .parse(lines.slice(0, -1).map((line) => JSON.parse(line)));
    expect(end).toMatchObject({
      engine: "tracefs",
      endReason: "lines",
      lines: 600,
      events: 600,
      unparsed: 0,
    });
    expect(new Set(events.map(({ tid }) => tid)).size).toBeGreaterThan(3);
    expect(new Set(events.map(({ pid }) => pid))).toEqual(new Set([target.pid]));
  });

  test("neither holds the process nor lets it feel anything: it has no tracer", async () => {
    await using target = await startBusy();
    await using served = await serve();
    const answer = served.get(`/strace/${target.pid}/summary?engine=tracefs&duration=0.3`, JSON_FORM);
    await tracefs.untilRecording(process.pid);
    expect(readFileSync(`/proc/${target.pid}/status`, "utf8")).toMatch(/^TracerPid:\t0$/m);
    expect((await answer).status).toBe(200);
  });

  test.each([
    ["syscalls=openat,close", /^(?:openat|close)$/],
    ["syscalls=memory", /^(?:brk|mmap|munmap|mprotect)$/],
    ["syscalls=file", /^(?:openat|open|access|newfstatat|stat|execve|readlink|chdir|faccessat2?|statfs)$/],
  ])("%s leaves out all others", async (query, pattern) => {
    const { calls } = await traceOf("cat /etc/hostname; exit 0", `&${query}`);
    expect(calls.length).toBeGreaterThan(3);
    for (const { call } of calls) expect(call).toMatch(pattern);
  });

  test("errors=only and minDuration= leave out what has not failed, and what was short", async () => {
    const failed = await traceOf("[ -e /none ]; exit 0", "&errors=only");
    expect(failed.calls.length).toBeGreaterThan(0);
    expect(failed.calls.every(({ errno }) => errno !== null)).toBe(true);
    const long = await traceOf("sleep 0.1; exit 0", "&minDuration=0.05");
    expect(long.calls.map(({ call }) => call)).toContain("clock_nanosleep");
    expect(long.calls.every(({ durationNs }) => (durationNs ?? 0) >= 50_000_000)).toBe(true);
  });

  test("answers lines, streams and pages like strace", async () => {
    await using target = await startBusy();
    await using served = await serve();
    const path = `/strace/${target.pid}/20?engine=tracefs`;
    const text = await (await served.get(path, accept("text/plain"))).text();
    expect(text.trimEnd().split("\n")).toHaveLength(20);
    expect(text).toMatch(
      /^\d+ +\d{10}\.\d{6} (?:read|write)\([01]<\/dev\/(?:zero|null)>, 0x[\da-f]+, 1\) = 1 <0\.\d{9}>$/m,
    );
    const stream = await (await served.get(path, accept("text/event-stream"))).text();
    expect(stream.match(/^event: line$/gm)).toHaveLength(20);
    expect(stream).toMatch(/"endReason":"lines".*"lost":\d+/);
    expect(await (await served.get(path, accept("text/html"))).text()).toContain("/dev/zero&gt;");
    const raw = traceReport.parse(await (await served.get(`${path}&raw=true`, JSON_FORM)).json());
    expect(raw.events.map((event) => event.raw)).toEqual(raw.lines.map((line) => [line]));
  });

  test("ends at its time, at its bytes, and when its client has gone", async () => {
    await using target = await startBusy();
    await using served = await serve({ settings: { MAX_BYTES: 4_096 } });
    const report = async (path: string) =>
      traceReport.parse(await (await served.get(path, JSON_FORM)).json());
    expect((await report(`/strace/${target.pid}/9999?engine=tracefs`)).endReason).toBe("byte-limit");
    await using idle = await startIdle();
    const idling = await report(`/strace/${idle.pid}/5?engine=tracefs&duration=0.2`);
    expect(idling).toMatchObject({ endReason: "time-limit", lines: [] });
    const client = new AbortController();
    const stream = await served.get(`/strace/${idle.pid}/5?engine=tracefs`, {
      ...NDJSON_FORM,
      signal: client.signal,
    });
    expect(tracefs.instances(process.pid)).toHaveLength(1);
    client.abort();
    await expect(stream.text()).rejects.toThrow();
    await poll("the instance is gone", () => tracefs.instances(process.pid).length === 0);
  });

  test("threads are named as the sidecar's own PID namespace does, with and without the host's /proc", async () => {
    const hostProc = await mkdtemp(join(tmpdir(), "tickbird-host-proc-"));
    await run("mount", ["--bind", "/proc", hostProc]);
    try {
      const program = fixturePath("tracefs/trace-in-namespace.ts");
      const argv = ["--pid", "--fork", "--mount-proc", process.execPath, program, tracefs.dir, hostProc];
      const { stdout } = await run("unshare", argv, { maxBuffer: 16_777_216 });
      const { pid, reports } = z
        .object({ pid: z.int(), reports: z.array(traceReport).length(2) })
        .parse(JSON.parse(stdout));
      expect(pid).toBeLessThan(200);
      for (const report of reports) {
        const calls = report.events.filter((event) => event.type === "call");
        const forks = calls.filter(({ call, result }) => FORK.test(call) && (result ?? 0) > 0);
        expect(forks.length).toBeGreaterThan(1);
        const known = new Set([pid, ...forks.map(({ result }) => result)]);
        const told = new Set(calls.map(({ tid }) => tid));
        expect(told.has(pid)).toBe(true);
        // One may live already when the trace begins; its number is found in /proc then, or it has the host's.
        expect([...told].filter((tid) => !known.has(tid)).length).toBeLessThanOrEqual(1);
        expect(report.events).toContainEqual(expect.objectContaining({ type: "exit", exitCode: 3 }));
      }
    } finally {
      await run("umount", [hostProc]);
      await rmdir(hostProc);
    }
  }, 60_000);

  test("what a sidecar that was killed has left records nothing, has no memory, and is removed by the next", async () => {
    await using killed = await startFixture("tracefs/leave-instance.ts", tracefs.dir);
    await using alive = await startFixture("tracefs/leave-instance.ts", tracefs.dir);
    const [left, living] = [await killed.line(), await alive.line()];
    const inLeft = (file: string) => readFileSync(join(left, file), "utf8").trim();
    expect(Number(inLeft("buffer_total_size_kb"))).toBeGreaterThan(4_000);
    await killed.kill();
    await poll("the kernel has ended it", () => inLeft("tracing_on") === "0");
    expect(Number(inLeft("buffer_total_size_kb"))).toBeLessThan(200);
    await using _served = await serve();
    await poll("it is removed", () => !existsSync(left));
    expect(existsSync(living)).toBe(true);
    await alive.kill();
    await using _again = await serve();
    await poll("the other is removed too", () => !existsSync(living));
  });

  test("auto takes it where it works, and strace where it does not, or for what only strace can do", async () => {
    await using target = await startIdle();
    const engineOf = async (settings: StraceOptions["settings"], query: string) => {
      await using served = await serveStrace({ settings: settings ?? {} });
      const answer = await served.get(`/strace/${target.pid}/3?duration=0.05&${query}`, JSON_FORM);
      return traceReport.parse(await answer.json()).engine;
    };
    const settings = { TRACEFS_DIR: tracefs.dir };
    expect(await engineOf(settings, "engine=auto")).toBe("tracefs");
    expect(await engineOf(settings, "")).toBe("strace");
    if (isMissing("ptrace")) return;
    expect(await engineOf(settings, "engine=auto&stringLimit=5")).toBe("strace");
    expect(await engineOf({ TRACEFS_DIR: "/tmp" }, "engine=auto")).toBe("strace");
  });

  test("what it can't do is refused, with what mends it", async () => {
    await using target = await startIdle();
    using readOnly = mountTracefs("-o", "ro");
    const problemOf = async (settings: StraceOptions["settings"], query: string) => {
      await using served = await serveStrace({ settings: settings ?? {} });
      const answer = await served.get(`/strace/${target.pid}/3?engine=tracefs${query}`, JSON_FORM);
      return z.looseObject({ status: z.int(), remedy: z.string() }).parse(await answer.json());
    };
    const settings = { TRACEFS_DIR: tracefs.dir };
    expect(await problemOf({}, "")).toMatchObject({
      status: 501,
      refusal: "not-set-up",
      remedy: expect.stringContaining("TRACEFS_DIR"),
    });
    expect(await problemOf({ TRACEFS_DIR: "/tmp" }, "")).toMatchObject({
      status: 501,
      refusal: "not-mounted",
    });
    expect(await problemOf({ TRACEFS_DIR: "/none" }, "")).toMatchObject({
      status: 501,
      refusal: "not-there",
    });
    expect(await problemOf({ TRACEFS_DIR: readOnly.dir }, "")).toMatchObject({
      status: 403,
      refusal: "read-only",
    });
    expect(await problemOf(settings, "&stringLimit=5")).toMatchObject({
      status: 400,
      errors: [{ pointer: "query:stringLimit" }],
    });
    expect(await problemOf(settings, "&syscalls=nothing")).toMatchObject({
      status: 400,
      errors: [{ pointer: "query:syscalls" }],
    });
    expect(await problemOf(settings, "&syscalls=%25stat")).toMatchObject({
      status: 400,
      remedy: expect.stringContaining("memory"),
    });
  });

  test("capabilities tell whether it works here, where it is set up", async () => {
    await using target = await startIdle();
    const partsOf = async (settings: Readonly<Record<string, string>>) => {
      await using feature = makeStrace({ settings, core: coreOf(target) }) as ReturnType<typeof makeStrace> &
        AsyncDisposable;
      const { parts } = await feature.capability();
      return parts.filter(({ name }) => name.includes("tracefs"));
    };
    expect(await partsOf({})).toEqual([]);
    expect(await partsOf({ TRACEFS_DIR: tracefs.dir })).toMatchObject([{ works: true }]);
    expect(await partsOf({ TRACEFS_DIR: "/tmp" })).toMatchObject([
      { works: false, remedy: expect.any(String) },
    ]);
  });
});
