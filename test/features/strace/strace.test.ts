import { describe, expect, test } from "vitest";
import { traceReport } from "../../../src/features/strace/trace-schema.ts";
import { listThreads } from "../../../src/linux/proc.ts";
import { startBusy, startFixture, startIdle, startNode, startScript } from "../../linux/target-process.ts";
import { isMissing } from "../../support/needs.ts";
import { poll } from "../../support/poll.ts";
import { VIEWER_TOKEN } from "../../support/serve-features.ts";
import { accept, coreOf, isFree, serveStrace, untilTraced } from "./serve-strace.ts";

const jsonOf = async (response: Response) => traceReport.strict().parse(await response.json());
/** `<thread> <seconds>.<microseconds> <call, signal or end>` */
const LINE = /^\d+ +\d{10}\.\d{6} \S/;

describe.skipIf(isMissing("ptrace"))("strace", () => {
  test("a busy process gives exactly the lines asked for, as plain text, to a client that names no form", async () => {
    await using target = await startBusy();
    await using served = await serveStrace();
    const response = await served.get(`/strace/${target.pid}/57`);
    expect(response.headers.get("Content-Type")).toBe("text/plain; charset=utf-8");
    expect(response.headers.get("Sidecar-Trace-Cost")).toContain("it returns EINTR once");
    const text = await response.text();
    const lines = text.trimEnd().split("\n");
    expect(text.endsWith("\n")).toBe(true);
    expect(lines).toHaveLength(57);
    expect(lines.filter((line) => !LINE.test(line))).toEqual([]);
    expect(lines.every((line) => Number(line.split(" ", 1)[0]) === target.pid)).toBe(true);
    expect(text).toContain("/dev/zero");
    expect(await isFree(target.pid)).toBe(true);
  });

  test("without a number of lines it is the default", async () => {
    await using target = await startBusy();
    await using served = await serveStrace({ settings: { DEFAULT_LINES: 12 } });
    expect((await (await served.get(`/strace/${target.pid}`)).text()).trimEnd().split("\n")).toHaveLength(12);
    expect(
      (await (await served.get(`/strace/${target.pid}?lines=3`)).text()).trimEnd().split("\n"),
    ).toHaveLength(3);
  });

  test("the JSON form tells the process, the command, the times, the end, and what tracing costs and interrupts", async () => {
    await using target = await startBusy();
    await using served = await serveStrace();
    const report = await jsonOf(await served.get(`/strace/${target.pid}/5`, accept("application/json")));
    expect(report).toMatchObject({
      ...{ process: { pid: target.pid, name: "dd" }, descendants: [] },
      ...{ endReason: "lines", linesAsked: 5, pending: [], warnings: [] },
    });
    expect(report.cost).toMatch(
      /2 to 20 % of their throughput\..*\(epoll_wait, .*\): it returns EINTR once\.$/,
    );
    expect(report.lines).toHaveLength(5);
    expect(report.command).toEqual(expect.arrayContaining(["strace", "-p", String(target.pid)]));
    expect(Math.abs(Date.parse(report.startedAt) - Date.now())).toBeLessThan(10_000);
  });

  test("an idle process is answered at the time limit with what came, and with what it waits in", async () => {
    await using target = await startIdle();
    await using served = await serveStrace({ settings: { DURATION_MS: 300 } });
    const report = await jsonOf(await served.get(`/strace/${target.pid}/5`, accept("application/json")));
    expect(report).toMatchObject({ endReason: "time-limit", lines: [] });
    expect(report.pending).toEqual([expect.stringMatching(/restart_syscall|clock_nanosleep/)]);
    expect(report.durationMs).toBeGreaterThanOrEqual(300);
    const text = await (await served.get(`/strace/${target.pid}/5`)).text();
    expect(text).toMatch(
      /^# Ended with 0 of 5 lines: the time limit of 0\.3 s \(strace\.durationMs\)\. Still under way: \S.*\n$/,
    );
    expect(await isFree(target.pid)).toBe(true);
  });

  test("a slow process gives its few lines, and then one remark that says why there are no more", async () => {
    await using target = await startNode(
      "setInterval(() => process.kill(process.pid, 0), 150); console.log()",
    );
    await target.line();
    await using served = await serveStrace({ settings: { DURATION_MS: 1_000 } });
    const lines = (await (await served.get(`/strace/${target.pid}/5000`)).text()).trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.at(-1)).toMatch(/^# Ended with \d+ of 5000 lines: the time limit/);
    expect(lines.slice(0, -1).filter((line) => !LINE.test(line) || line.includes("<detached"))).toEqual([]);
    expect(lines.at(-1)).toContain(`with ${lines.length - 1} of`);
  });

  test("a process that ends while it is traced ends the trace, with its end as the last line", async () => {
    await using target = await startIdle();
    await using served = await serveStrace();
    const answer = served.get(`/strace/${target.pid}/100`, accept("application/json"));
    await untilTraced(target);
    target.child.kill("SIGTERM");
    const report = await jsonOf(await answer);
    expect(report.endReason).toBe("process-exited");
    expect(report.lines.at(-1)).toMatch(/\+\+\+ killed by SIGTERM \+\+\+$/);
  });

  test("the byte limit ends a trace as well", async () => {
    await using target = await startBusy();
    await using served = await serveStrace({ settings: { MAX_BYTES: 4_096 } });
    // On a busy machine the limit may be reached before we have seen that strace holds the process: then there is no trace.
    const text = await poll("a trace begins", async () => {
      const answer = await served.get(`/strace/${target.pid}/5000`);
      return answer.status === 200 && (await answer.text());
    });
    expect(text).toMatch(
      /\n# Ended with \d+ of 5000 lines: the limit of 4096 bytes \(strace\.maxBytes\)\..*\n$/,
    );
    const data = text.slice(0, text.lastIndexOf("# "));
    expect(data.length).toBeLessThanOrEqual(4_096);
    expect(data.length).toBeGreaterThan(3_500);
    expect(await isFree(target.pid)).toBe(true);
  });

  test("an event stream has a start, an event for each line, and an end that says why", async () => {
    await using target = await startBusy();
    await using served = await serveStrace();
    const response = await served.get(`/strace/${target.pid}/4`, accept("text/event-stream"));
    expect(response.headers.get("Content-Type")).toBe("text/event-stream; charset=utf-8");
    const events = (await response.text())
      .trimEnd()
      .split("\n\n")
      .map((event) => {
        const [, name, data = ""] = /^(?:id: end\n)?event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
        return { name, data };
      });
    expect(events.map(({ name }) => name)).toEqual(["start", "line", "line", "line", "line", "end"]);
    expect(JSON.parse(events[0]?.data ?? "")).toMatchObject({
      ...{ process: { pid: target.pid }, linesAsked: 4 },
      cost: expect.stringContaining("it returns EINTR once"),
    });
    expect(events.slice(1, 5).every(({ data }) => LINE.test(data))).toBe(true);
    expect(JSON.parse(events[5]?.data ?? "")).toMatchObject({ endReason: "lines", lines: 4, dropped: 0 });
  });

  test("a browser gets a page that grows, with everything escaped", async () => {
    await using target = await startNode(
      "import { openSync, writeSync } from 'node:fs'; const sink = openSync('/dev/null', 'w'); setInterval(() => writeSync(sink, '<script>alert(1)</script>'), 2); console.log()",
    );
    await target.line();
    await using served = await serveStrace();
    const response = await served.get(`/strace/${target.pid}/60`, accept("text/html"));
    const page = await response.text();
    expect(response.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(page).toContain("it returns EINTR once");
    expect(page).not.toContain("<script");
    expect(page).toContain('<a href="../../">');
    expect(page).toMatch(/<\/pre><p>All lines have come\.<\/p><\/main><\/body><\/html>\n$/);
  });

  test("the lines come as they happen: the first is there long before the last", async () => {
    await using target = await startNode(
      "setInterval(() => process.kill(process.pid, 0), 50); console.log()",
    );
    await target.line();
    await using served = await serveStrace({ settings: { DURATION_MS: 30_000 } });
    const began = performance.now();
    const response = await served.get(`/strace/${target.pid}/9999`);
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(first?.value?.length).toBeGreaterThan(0);
    expect(performance.now() - began).toBeLessThan(15_000);
    await reader?.cancel();
  });

  test("all threads of a process are traced", async () => {
    await using target = await startFixture("threads.mjs");
    const threads = await poll("its threads run", async () => {
      const now = await listThreads(target.pid);
      return now.length > 8 ? now : undefined;
    });
    await using served = await serveStrace();
    const { lines } = await jsonOf(await served.get(`/strace/${target.pid}/400`, accept("application/json")));
    const seen = new Set(lines.map((line) => Number(line.split(" ", 1)[0])));
    expect(seen.size).toBeGreaterThanOrEqual(4);
    // One may have started since they were listed.
    const all = [...threads, ...(await listThreads(target.pid))];
    expect([...seen].filter((thread) => !all.includes(thread))).toEqual([]);
    expect(await isFree(target.pid)).toBe(true);
  });

  test("children that a process starts while it is traced are traced, and let go with it", async () => {
    await using target = await startScript("while :; do true & wait; done");
    await using served = await serveStrace();
    const { lines } = await jsonOf(await served.get(`/strace/${target.pid}/300`, accept("application/json")));
    expect(new Set(lines.map((line) => line.split(" ", 1)[0])).size).toBeGreaterThan(1);
    expect(lines.some((line) => /\+\+\+ exited with 0 \+\+\+$/.test(line))).toBe(true);
  });

  test("the app's own trace takes in the children that work for its main process", async () => {
    await using parent = await startScript("dd if=/dev/zero of=/dev/null bs=1 & echo $!; wait");
    const worker = Number(await parent.line());
    await using served = await serveStrace({ core: coreOf(parent) });
    const report = await jsonOf(await served.get("/strace?lines=20", accept("application/json")));
    expect(report.process.pid).toBe(parent.pid);
    expect(report.descendants.map(({ pid }) => pid)).toEqual([worker]);
    expect(report.lines.filter((line) => Number(line.split(" ", 1)[0]) === worker).length).toBeGreaterThan(
      10,
    );
    expect([await isFree(parent.pid), await isFree(worker)]).toEqual([true, true]);
    const alone = await jsonOf(await served.get(`/strace/${worker}/3`, accept("application/json")));
    expect(alone).toMatchObject({ descendants: [], endReason: "lines" });
  });

  test("a process that was stopped before stays stopped, and is traced all the same", async () => {
    await using target = await startIdle();
    target.child.kill("SIGSTOP");
    await using served = await serveStrace({ settings: { DURATION_MS: 300 } });
    const report = await jsonOf(await served.get(`/strace/${target.pid}/5`, accept("application/json")));
    expect(report).toMatchObject({ endReason: "time-limit", warnings: [] });
    target.child.kill("SIGCONT");
    await poll("it goes on", () => isFree(target.pid));
  });

  test("a viewer may not trace: it slows the app, and shows what its clients send", async () => {
    await using target = await startIdle();
    await using served = await serveStrace();
    const headers = { Authorization: `Bearer ${VIEWER_TOKEN}` };
    for (const path of ["/strace", `/strace/${target.pid}`, `/strace/${target.pid}/1`]) {
      const refused = await served.get(path, { headers });
      expect(refused.status).toBe(403);
      expect(await refused.json()).toMatchObject({ code: "role-required" });
    }
    expect(await isFree(target.pid)).toBe(true);
  });

  test("asking with HEAD looks at the process, but traces nothing", async () => {
    await using target = await startIdle();
    await using served = await serveStrace({ settings: { DURATION_MS: 30_000 } });
    const began = performance.now();
    const head = await served.get(`/strace/${target.pid}/1`, { method: "HEAD" });
    expect([head.status, head.headers.get("Content-Type")]).toEqual([200, "text/plain; charset=utf-8"]);
    expect((await served.get("/strace/4194303", { method: "HEAD" })).status).toBe(404);
    expect(performance.now() - began).toBeLessThan(15_000);
  });
});
