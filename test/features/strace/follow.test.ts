import { describe, expect, test } from "vitest";
import { traceReport } from "../../../src/features/strace/trace-schema.ts";
import { readStat } from "../../../src/linux/proc.ts";
import { startBelow, startBusy, startFixture, startIdle, startScript } from "../../linux/target-process.ts";
import { isMissing } from "../../support/needs.ts";
import { poll } from "../../support/poll.ts";
import { accept, coreOf, isFree, serveStrace, untilFree, untilTraced } from "./serve-strace.ts";

const JSON_FORM = accept("application/json");
const reportOf = async (response: Response) => traceReport.strict().parse(await response.json());

describe.skipIf(isMissing("ptrace"))("with follow=false", () => {
  test("a process alone is traced, without what it starts, in lines and events of the usual form", async () => {
    await using target = await startScript("while :; do true & wait; done");
    await using served = await serveStrace();
    const { lines, events, unparsed, command } = await reportOf(
      await served.get(`/strace/${target.pid}/100?follow=false&raw=true`, JSON_FORM),
    );
    expect(command).not.toContain("-f");
    expect(lines).toHaveLength(100);
    expect(unparsed).toBe(0);
    const head = new RegExp(`^${target.pid} +\\d{10}\\.\\d{6} \\S`);
    expect(lines.filter((line) => !head.test(line))).toEqual([]);
    expect(events.flatMap(({ raw }) => raw ?? [])).toEqual(expect.arrayContaining(lines));
    const types = new Set(events.map(({ type }) => type));
    expect([...types].toSorted()).toEqual(["call", "signal"]);
    for (const event of events) expect(event).toMatchObject({ tid: target.pid, pid: target.pid });
    expect(await isFree(target.pid)).toBe(true);
  });

  test("only the main thread is held, so that the limit of threads does not count", async () => {
    await using target = await startFixture("threads.mjs");
    await poll("it has its threads", async () => ((await readStat(target.pid))?.threads ?? 0) > 8);
    await using served = await serveStrace({ settings: { MAX_THREADS: 2 } });
    const refused = await served.get(`/strace/${target.pid}/5`, JSON_FORM);
    expect(await refused.json()).toMatchObject({
      ...{ status: 409, limit: 2, remedy: expect.stringContaining("follow=false") },
    });
    const { lines, endReason } = await reportOf(
      await served.get(`/strace/${target.pid}/20?follow=false`, JSON_FORM),
    );
    expect([endReason, lines.length]).toEqual(["lines", 20]);
    expect(new Set(lines.map((line) => line.split(" ", 1)[0]))).toEqual(new Set([String(target.pid)]));
    await untilFree(target);
  });

  test("of the app its main process is traced, and not those below it", async () => {
    await using parent = await startScript("dd if=/dev/zero of=/dev/null bs=1 & echo $!; wait");
    const worker = Number(await parent.line());
    await using served = await serveStrace({ core: coreOf(parent) });
    const answer = await served.get("/strace?follow=false&duration=0.2", JSON_FORM);
    expect(await reportOf(answer)).toMatchObject({
      ...{ process: { pid: parent.pid }, descendants: [], lines: [], endReason: "time-limit" },
      pending: [expect.stringMatching(new RegExp(`^${parent.pid} .*(?:wait4|rt_sigsuspend)\\(`))],
    });
    expect([await isFree(parent.pid), await isFree(worker)]).toEqual([true, true]);
  });

  test("the end of the process is told, and minDuration and the summary work", async () => {
    await using busy = await startBusy();
    await using idle = await startIdle();
    await using served = await serveStrace();
    const summary = await served.get(`/strace/${busy.pid}/summary?follow=false&duration=0.2`, JSON_FORM);
    expect(await summary.json()).toMatchObject({ unparsed: 0, process: { pid: busy.pid } });
    const none = await served.get(`/strace/${busy.pid}?follow=false&minDuration=9&duration=0.2`, JSON_FORM);
    expect(await none.json()).toMatchObject({ lines: [], endReason: "time-limit" });
    const answer = served.get(`/strace/${idle.pid}?follow=false`, JSON_FORM);
    await untilTraced(idle);
    idle.child.kill("SIGTERM");
    const { events, endReason } = await reportOf(await answer);
    expect(endReason).toBe("process-exited");
    expect(events.at(-1)).toMatchObject({ type: "killed", signal: "SIGTERM", pid: idle.pid });
  });
});

describe.skipIf(isMissing("ptrace"))("what is told of descriptors", () => {
  test.each([
    ["none", "-s", /^read\(0, /, "number"],
    ["paths", "-y", /^read\(0<\/dev\/zero>, |^read\(0<\/dev\/zero<char 1:5>>, /, "descriptor"],
    // Events have addresses from elsewhere: only readers of lines have strace ask for them.
    ["all", "-y", /^read\(0<\/dev\/zero>, |^read\(0<\/dev\/zero<char 1:5>>, /, "descriptor"],
  ])("with decode=%s", async (decode, option, text, kind) => {
    await using target = await startBusy();
    await using served = await serveStrace();
    const path = `/strace/${target.pid}/4?decode=${decode}&syscalls=read`;
    const { lines, events, command, warnings } = await reportOf(await served.get(path, JSON_FORM));
    expect(command[command.indexOf("-T") + 1]).toBe(option);
    for (const line of lines) expect(line.replace(/^\d+ +\S+ /, "")).toMatch(text);
    for (const event of events) {
      expect(event.type === "call" && event.args?.[0]).toMatchObject({ kind });
    }
    expect(warnings).toEqual([]);
  });

  test("nothing is missed that was not asked for: in another network namespace only decode=all warns", async (context) => {
    context.skip(isMissing("namespaces"), "needs root");
    await using served = await serveStrace();
    await using target = await startBelow(["unshare", "--net"], "dd", "if=/dev/zero", "of=/dev/null", "bs=1");
    const endOf = async (query: string) =>
      (
        await (await served.get(`/strace/${target.pid}/2?${query}`, accept("text/event-stream"))).text()
      ).split("event: end")[1];
    expect(await endOf("decode=all")).toContain("Sockets have no addresses");
    expect(await endOf("decode=paths")).toContain('"warnings":[]');
    expect(await endOf("decode=none")).toContain('"warnings":[]');
    const { warnings } = await reportOf(await served.get(`/strace/${target.pid}/2?decode=all`, JSON_FORM));
    expect(warnings).toEqual([]);
  });
});

test.each(["follow=no", "follow=", "decode=yes", "decode=ALL"])("%s is refused", async (query) => {
  await using served = await serveStrace();
  const response = await served.get(`/strace/1/5?${query}`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    ...{ code: "invalid-parameter", errors: [{ pointer: `query:${query.split("=")[0]}` }] },
  });
});
