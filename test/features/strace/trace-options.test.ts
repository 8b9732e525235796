import { describe, expect, test } from "vitest";
import { traceReport } from "../../../src/features/strace/trace-schema.ts";
import { startBusy, startIdle, startNode, startScript } from "../../linux/target-process.ts";
import { isMissing } from "../../support/needs.ts";
import { accept, isFree, serveStrace } from "./serve-strace.ts";

async function reportOf(response: Response) {
  const report = traceReport.strict().parse(await response.json());
  return { ...report, calls: report.events.filter((event) => event.type === "call") };
}

describe.skipIf(isMissing("ptrace"))("a trace can be narrowed", () => {
  const asJson = accept("application/json");

  test("to some calls, by their names and by strace's classes", async () => {
    await using target = await startScript("while :; do [ -e /none ]; done < /dev/null");
    await using busy = await startBusy();
    await using served = await serveStrace();
    const files = await reportOf(await served.get(`/strace/${target.pid}/5?syscalls=file,getpid`, asJson));
    expect(files.command.join(" ")).toContain("-e trace=%file,getpid ");
    expect(new Set(files.calls.map(({ call }) => call)).size).toBe(1);
    expect(files.calls[0]?.args).toContainEqual(expect.objectContaining({ kind: "string", value: "/none" }));
    const writes = await reportOf(await served.get(`/strace/${busy.pid}?lines=9&syscalls=write`, asJson));
    expect(writes.calls.map(({ call }) => call)).toEqual(Array.from({ length: 9 }, () => "write"));
    expect([await isFree(target.pid), await isFree(busy.pid)]).toEqual([true, true]);
  });

  test("to those that fail", async () => {
    await using target = await startScript("while :; do [ -e / ]; [ -e /none ]; done");
    await using served = await serveStrace();
    const { calls, unparsed } = await reportOf(
      await served.get(`/strace/${target.pid}/30?errors=only`, asJson),
    );
    expect(calls).toHaveLength(30);
    expect(calls.every(({ errno, result }) => errno?.name === "ENOENT" && result === -1)).toBe(true);
    expect(unparsed).toBe(0);
    expect(await isFree(target.pid)).toBe(true);
  });

  test("to those that take long, both halves of them", async () => {
    await using target = await startScript("while :; do sleep 0.03; done");
    await using served = await serveStrace();
    const { calls, lines } = await reportOf(
      await served.get(`/strace/${target.pid}/6?minDuration=0.02`, asJson),
    );
    expect(lines).toHaveLength(6);
    expect(calls.length).toBeGreaterThan(1);
    for (const { durationNs, marks } of calls.slice(0, -1)) {
      expect(durationNs).toBeGreaterThanOrEqual(20_000_000);
      expect(marks).not.toContain("beginning-missing");
    }
  });

  test("to a time, which the remark at the end names", async () => {
    await using target = await startIdle();
    await using served = await serveStrace();
    const text = await (await served.get(`/strace/${target.pid}?duration=0.2`)).text();
    expect(text).toContain("the time limit of 0.2 s (duration)");
  });

  test("to so many characters of each string", async () => {
    await using target = await startNode(
      "import { openSync, writeSync } from 'node:fs'; const sink = openSync('/dev/null', 'w'); setInterval(() => writeSync(sink, 'abcdefgh'.repeat(100)), 2); console.log()",
    );
    await target.line();
    await using served = await serveStrace();
    const path = `/strace/${target.pid}/3?syscalls=write,pwrite64`;
    for (const [query, value] of [
      ["&stringLimit=4", "abcd"],
      ["&stringLimit=4096", "abcdefgh".repeat(100)],
    ]) {
      const { calls } = await reportOf(await served.get(path + query, asJson));
      const texts = calls.flatMap(({ args }) => args?.filter(({ kind }) => kind === "string") ?? []);
      expect(texts).toContainEqual(expect.objectContaining({ value, isTruncated: value === "abcd" }));
    }
  });

  test("to no more characters of each string than the setting allows", async () => {
    await using target = await startScript(`while :; do echo ${"x".repeat(40)} >/dev/null; done`);
    await using served = await serveStrace({ settings: { STRING_LIMIT: 20, MAX_STRING_LIMIT: 10 } });
    const refused = await served.get(`/strace/${target.pid}/3?stringLimit=11`);
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { limit: 10, remedy: "stringLimit=10, or a higher SIDECAR_STRACE_MAX_STRING_LIMIT" },
    ]);
    const { calls } = await reportOf(await served.get(`/strace/${target.pid}/3?syscalls=write`, asJson));
    expect(calls[0]?.args?.[1]).toMatchObject({ value: "x".repeat(10), isTruncated: true });
  });

  test.each([
    ["duration=10.5", "duration", "0.001 to 10 seconds"],
    ["duration=0", "duration", "0.001 to 10 seconds"],
    ["duration=1m", "duration", "a number of seconds"],
    ["minDuration=61", "minDuration", "0 to 60 seconds"],
    ["minDuration=-1", "minDuration", "a number of seconds"],
    ["stringLimit=4097", "stringLimit", "0 to 4096 characters"],
    ["stringLimit=x", "stringLimit", "a whole number"],
    ["errors=all", "errors", ""],
    ["syscalls=", "syscalls", "names of system calls"],
    ["syscalls=!open", "syscalls", "names of system calls"],
    ["syscalls=/open", "syscalls", "names of system calls"],
    ["syscalls=open%20-o%20x", "syscalls", "names of system calls"],
    ["syscalls=open,", "syscalls", "names of system calls"],
    ["syscalls=status=failed", "syscalls", "names of system calls"],
    [`syscalls=${Array.from({ length: 65 }, () => "open").join(",")}`, "syscalls", "1 to 64 names"],
  ])("%s is refused, with the limit", async (query, name, detail) => {
    await using served = await serveStrace();
    for (const path of ["/strace/1/5", "/strace/1", "/strace"]) {
      const response = await served.get(`${path}?${query}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        ...{ code: "invalid-parameter", detail: expect.stringContaining(detail) },
        errors: [{ pointer: `query:${name}` }],
      });
    }
  });

  test("a call that strace does not know is refused by its name, and the process runs on", async () => {
    await using target = await startIdle();
    await using served = await serveStrace();
    const response = await served.get(`/strace/${target.pid}/5?syscalls=openat,opanet`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      ...{
        code: "invalid-parameter",
        detail: expect.stringContaining("opanet"),
        errors: [{ pointer: "query:syscalls" }],
      },
    });
    expect(await isFree(target.pid)).toBe(true);
  });
});
