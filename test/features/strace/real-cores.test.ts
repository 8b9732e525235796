import { describe, expect, test } from "vitest";
import type { z } from "zod";
import type { traceEvent } from "../../../src/features/strace/events/event-schema.ts";
import { traceReport } from "../../../src/features/strace/trace-schema.ts";
import { readStat } from "../../../src/linux/proc.ts";
import { startTarget, type TargetProcess } from "../../linux/target-process.ts";
import { buildProgram, start32Bits } from "../../support/built-programs.ts";
import { unusedPort } from "../../support/front.ts";
import { isMissing } from "../../support/needs.ts";
import { poll } from "../../support/poll.ts";
import { accept, isFree, serveStrace, untilFree } from "./serve-strace.ts";

async function traceOf({ pid }: TargetProcess, path: string) {
  await using served = await serveStrace();
  const response = await served.get(`/strace/${pid}/${path}`, accept("application/json"));
  return traceReport.strict().parse(await response.json());
}

type Event = z.output<typeof traceEvent>;

function ofType<T extends Event["type"]>(events: readonly Event[], type: T) {
  return events.filter((event): event is Extract<Event, { type: T }> => event.type === type);
}

describe.skipIf(isMissing("ptrace") || isMissing("compiler"))("a program in C", () => {
  test("of a thousand threads: all of them are traced, and run on", { timeout: 60_000 }, async () => {
    const port = await unusedPort();
    const program = await buildProgram("many-threads.c", "-pthread");
    await using target = await startTarget([program, String(port), "1000"]);
    await target.line();
    const { events, unparsed, endReason } = await traceOf(target, "4000");
    expect([endReason, unparsed]).toEqual(["lines", 0]);
    const calls = ofType(events, "call");
    expect(calls.every(({ pid }) => pid === target.pid)).toBe(true);
    expect(new Set(calls.map(({ tid }) => tid)).size).toBeGreaterThan(800);
    expect((await readStat(target.pid))?.threads).toBe(1_001);
    await untilFree(target);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("ok");
  });

  test("that executes itself is traced on, under the same pid", async () => {
    await using target = await startTarget([await buildProgram("executing.c", "-pthread"), "main"]);
    const { events, unparsed } = await traceOf(target, "200");
    const calls = ofType(events, "call");
    expect(unparsed).toBe(0);
    const executed = calls.filter(({ call, result }) => call === "execve" && result === 0);
    expect(executed.length).toBeGreaterThanOrEqual(2);
    expect(calls.every(({ pid, tid }) => pid === target.pid && tid === target.pid)).toBe(true);
    await untilFree(target);
  });

  test("whose threads execute it is traced on: each takes the place of the main one", async () => {
    await using target = await startTarget([await buildProgram("executing.c", "-pthread"), "thread"]);
    const { events, unparsed } = await traceOf(target, "300");
    expect(unparsed).toBe(0);
    const superseded = ofType(events, "superseded");
    expect(superseded.length).toBeGreaterThanOrEqual(2);
    for (const { tid, pid, byTid } of superseded) {
      expect([tid, pid]).toEqual([target.pid, target.pid]);
      expect(byTid).not.toBe(target.pid);
    }
    const executed = ofType(events, "call").filter(({ call, result }) => call === "execve" && result === 0);
    expect(executed.length).toBeGreaterThanOrEqual(2);
    for (const { tid, marks } of executed) expect([tid, marks]).toEqual([target.pid, ["resumed"]]);
    await untilFree(target);
  });

  test("whose threads execute it without a rest is traced whenever it is asked for", {
    timeout: 60_000,
  }, async () => {
    await using target = await startTarget([await buildProgram("executing.c", "-pthread"), "thread", "0"]);
    await using served = await serveStrace();
    for (let round = 0; round < 10; round += 1) {
      const path = `/strace/${target.pid}/20?syscalls=getppid,execve`;
      const answer = await served.get(path, accept("application/json"));
      expect([round, answer.status, await answer.text()]).toEqual([round, 200, expect.any(String)]);
    }
    await untilFree(target);
  });

  test("whose main thread has ended is refused, and called so", async () => {
    await using target = await startTarget([await buildProgram("headless.c", "-pthread")]);
    await poll("its main thread has ended", async () => (await readStat(target.pid))?.stateLetter === "Z");
    await using served = await serveStrace();
    const answer = await served.get(`/strace/${target.pid}/1`, accept("application/json"));
    expect(await answer.json()).toMatchObject({
      ...{ status: 409, code: "process-not-traceable", refusal: "no-main-thread" },
      detail: expect.stringMatching(
        /^The main thread of process \d+ \(core\) has ended, and 1 other goes on/,
      ),
      remedy: expect.stringContaining("/threads"),
    });
  });

  test("whose threads execute it ends a trace with follow=false, which says why", async () => {
    await using target = await startTarget([await buildProgram("executing.c", "-pthread"), "thread", "300"]);
    const { endReason, warnings } = await traceOf(target, "500?follow=false");
    expect(endReason).toBe("tracer-failed");
    expect(warnings).toEqual([expect.stringMatching(/^Another thread .* Mend: follow=true$/)]);
    await untilFree(target);
  });

  test("of 32 bits is read by the names and numbers that its calls have there", async (context) => {
    const started = await start32Bits();
    if (typeof started === "string") return context.skip(started);
    await using target = started;
    const { events, unparsed } = await traceOf(target, "60");
    expect(unparsed).toBe(0);
    // Amid a sleep that is interrupted by attaching to it, what goes on with that is seen first (restart_syscall(2)).
    const calls = ofType(events, "call").filter(({ call }) => call !== "restart_syscall");
    expect(new Set(calls.map(({ call }) => call))).toEqual(new Set(["getpid", "nanosleep"]));
    const asked = calls.filter(({ call }) => call === "getpid");
    expect(asked.every(({ result }) => result === target.pid)).toBe(true);
    expect(await isFree(target.pid)).toBe(true);
  });
});

describe.skipIf(isMissing("ptrace"))("a script of bash", () => {
  test("that forks: pipelines, subshells and their ends are told, each under its own pid", async () => {
    const script = "while :; do echo text | (read -r line; exit 3); (exit 4); done";
    await using target = await startTarget(["bash", "-c", script]);
    const { events, unparsed } = await traceOf(target, "1500");
    expect(unparsed).toBe(0);
    const exits = ofType(events, "exit");
    expect(new Set(exits.map(({ exitCode }) => exitCode))).toEqual(new Set([0, 3, 4]));
    expect(exits.every(({ pid, tid }) => pid === tid && pid !== target.pid)).toBe(true);
    const ended = ofType(events, "signal").filter(({ signal }) => signal === "SIGCHLD");
    const pids = new Set(exits.map(({ pid }) => pid));
    expect(ended.length).toBeGreaterThan(0);
    expect(ended.some(({ senderPid }) => pids.has(senderPid))).toBe(true);
    await poll("bash runs free", () => isFree(target.pid));
  });
});
