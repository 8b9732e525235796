import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { waitUntilAttached } from "../../../src/features/strace/attach.ts";
import { straceCommand } from "../../../src/features/strace/command.ts";
import { readCommandLine, readStat } from "../../../src/linux/proc.ts";
import { run, start, startedPids } from "../../../src/linux/spawn.ts";
import { hasEnded, startBusy, startFixture, startIdle, startNode } from "../../linux/target-process.ts";
import { isMissing } from "../../support/needs.ts";
import { poll } from "../../support/poll.ts";
import { OPERATOR_TOKEN, type ServedFeatures, serveFeatures } from "../../support/serve-features.ts";
import { accept, isFree, makeStrace, serveStrace, untilFree, untilTraced } from "./serve-strace.ts";

/** Writes blocks of zeros, and now and then how many: strace shows them with escapes, so that some megabytes come in no time. */
const startWriter = () =>
  startNode(`import { openSync, writeSync } from "node:fs";
    const sink = openSync("/dev/null", "w");
    const zeros = Buffer.alloc(4096);
    let count = 0;
    const round = () => {
      for (let i = 0; i < 20; i++) count += writeSync(sink, zeros);
      console.log(count);
      setImmediate(round);
    };
    round();`);

/** A client that sends a request and does not read the answer, until it is told to. */
async function slowClient(served: ServedFeatures, path: string) {
  const { hostname, port, pathname } = new URL(served.url);
  const socket = connect(Number(port), hostname);
  socket.pause();
  socket.write(
    `GET ${pathname}${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${OPERATOR_TOKEN}\r\nAccept: text/event-stream\r\nConnection: close\r\n\r\n`,
  );
  return socket;
}

const commandFor = ({ pid }: { pid: number }, output: string) =>
  straceCommand({
    ...{ pids: [pid], stringLimit: 32, syscalls: [], isErrorsOnly: false, follow: true, paths: [] },
    ...{ decode: "paths", output, maxFileBytes: 4_096, maxCpuSeconds: 5 },
  });

/** Waits, without a turn of the event loop, for the first child of a process; undefined where it has none within 0.1 s. */
function untilChild(pid: number): number | undefined {
  const giveUpAtMs = performance.now() + 100;
  while (performance.now() < giveUpAtMs) {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ");
    if (child !== undefined && child !== "") return Number(child);
  }
  return undefined;
}

describe.skipIf(isMissing("ptrace"))("the app is always left running and untraced", () => {
  test.each(["text/plain", "text/event-stream", "text/html", "application/json"])(
    "when a client of %s goes away",
    async (form) => {
      await using target = await startIdle();
      await using served = await serveStrace({ settings: { DURATION_MS: 60_000 } });
      const client = new AbortController();
      const answer = served.get(`/strace/${target.pid}/100`, { ...accept(form), signal: client.signal });
      answer.then((response) => response.text()).catch(() => {});
      await untilTraced(target);
      client.abort();
      await untilFree(target);
      await poll("strace has ended", () => startedPids().length === 0);
    },
  );

  test("when the sidecar is told to stop: what came is answered, with the reason", async () => {
    await using target = await startNode(
      "setInterval(() => process.kill(process.pid, 0), 20); console.log()",
    );
    await target.line();
    const feature = makeStrace({ settings: { DURATION_MS: 60_000 } });
    await using served = await serveFeatures([feature]);
    const stop = new AbortController();
    await feature.start?.(stop.signal);
    const response = await served.get(`/strace/${target.pid}/9999`, accept("text/event-stream"));
    await untilTraced(target);
    stop.abort();
    const text = await response.text();
    expect(text).toMatch(/event: end\ndata: \{"endReason":"stopped",/);
    expect(await isFree(target.pid)).toBe(true);
    const refused = await served.get(`/strace/${target.pid}`);
    expect(await refused.json()).toMatchObject({ status: 503, code: "shutting-down" });
  });

  test("when the feature is disposed of, which waits until it is so", async () => {
    await using target = await startIdle();
    const feature = makeStrace({ settings: { DURATION_MS: 60_000 } });
    await using served = await serveFeatures([feature]);
    const answer = served.get(`/strace/${target.pid}/100`);
    await untilTraced(target);
    await feature[Symbol.asyncDispose]?.();
    expect(await isFree(target.pid)).toBe(true);
    await (await answer).text();
  });

  test("when the sidecar is killed and nothing of it can clean up", async () => {
    await using target = await startBusy();
    await using sidecar = await startFixture("trace-process.ts", String(target.pid), "30000");
    expect(JSON.parse(await sidecar.line())).toEqual({ event: "attached" });
    const strace = await untilTraced(target);
    sidecar.child.kill("SIGKILL");
    await untilFree(target);
    await poll("strace is gone", async () => (await readStat(strace)) === undefined);
  });

  test("when the sidecar is killed before the kernel would tell strace: it attaches to nothing", async () => {
    await using target = await startIdle();
    await using gone = await startIdle();
    await gone.kill();
    const command = commandFor(target, `/proc/${gone.pid}/fd/3`);
    await expect(run(command)).rejects.toThrow("Can't fopen");
    expect(await isFree(target.pid)).toBe(true);
  });

  test("when the sidecar hangs: the kernel ends strace at its limit of output", async () => {
    await using target = await startWriter();
    await using sidecar = await startFixture("trace-process.ts", String(target.pid), "30000", "65536");
    expect(JSON.parse(await sidecar.line())).toEqual({ event: "attached" });
    sidecar.child.kill("SIGSTOP");
    await untilFree(target);
    const before = Number(await target.line());
    expect(Number(await target.line())).toBeGreaterThan(before);
    sidecar.child.kill("SIGCONT");
    expect(JSON.parse(await sidecar.line())).toMatchObject({
      event: "ended",
      result: { endReason: "byte-limit", released: true },
    });
  });

  test("when strace is killed", async () => {
    await using target = await startIdle();
    await using served = await serveStrace({ settings: { DURATION_MS: 60_000 } });
    // Answered once strace holds the process.
    const response = await served.get(`/strace/${target.pid}`, accept("text/event-stream"));
    process.kill(await untilTraced(target), "SIGKILL");
    const text = await response.text();
    expect(text).toMatch(/event: end\ndata: \{"endReason":"tracer-failed",/);
    expect(text).toContain("strace ended with SIGKILL");
    expect(await isFree(target.pid)).toBe(true);
  });

  test("when strace is killed before it holds the app: refused, with what may be behind it", async () => {
    await using target = await startIdle();
    await using strace = await start(["sleep", "600"], { leadsGroup: true });
    const asked = waitUntilAttached(strace, {
      ...{ pid: target.pid, name: "node", threads: 1, wasStopped: false },
      ...{ startTime: new Date().toISOString(), startTicks: 0 },
    });
    process.kill(strace.pid, "SIGKILL");
    await expect(asked).rejects.toMatchObject({
      code: "process-not-traceable",
      message: expect.stringContaining("SIGKILL"),
      remedy: expect.stringContaining("memory"),
    });
  });

  test("when strace is killed while it tries ptrace on a child of its own: that child goes too", async () => {
    await using target = await startIdle();
    const command = commandFor(target, "/dev/null");
    for (let caught = 0; caught < 5; ) {
      await using strace = await start(command, { leadsGroup: true });
      // It lives for less than a millisecond, so nothing of ours may come between the look and the kill.
      const child = untilChild(strace.pid);
      process.kill(strace.pid, "SIGKILL");
      await strace.exited;
      if (child === undefined) continue;
      caught += 1;
      await poll("its child is gone", () => hasEnded(child));
    }
    expect(await isFree(target.pid)).toBe(true);
  });

  test("no file is left behind, and none with a name is there while it runs", async () => {
    await using target = await startIdle();
    await using served = await serveStrace({ settings: { DURATION_MS: 300 } });
    const ours = async () =>
      (await readdir("/dev/shm")).filter((name) => name.startsWith(`.tickbird-${process.pid}-`));
    const answer = served.get(`/strace/${target.pid}`);
    const strace = await untilTraced(target);
    const argv = (await readCommandLine(strace))?.value?.argv;
    expect(argv).toContainEqual(expect.stringMatching(`^/proc/${process.pid}/fd/\\d+$`));
    expect(await ours()).toEqual([]);
    await (await answer).text();
    expect(await ours()).toEqual([]);
  });
});

describe.skipIf(isMissing("ptrace"))("a client that does not read", () => {
  test("loses lines, which are counted, and holds up neither strace nor the app", async () => {
    await using target = await startWriter();
    await using served = await serveStrace({
      settings: { MAX_LINES: 100_000, MAX_BYTES: 67_108_864, STRING_LIMIT: 4_096, DURATION_MS: 60_000 },
    });
    const socket = await slowClient(served, `/strace/${target.pid}/1000`);
    await untilTraced(target);
    // The trace comes to its end by the lines that strace writes, though nobody reads them.
    await untilFree(target);
    const before = Number(await target.line());
    expect(Number(await target.line())).toBeGreaterThan(before);
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.resume();
    await new Promise((resolve) => socket.once("close", resolve));
    const text = Buffer.concat(chunks).toString();
    const end = JSON.parse(/event: end\ndata: (.*)\n/.exec(text)?.[1] ?? "{}");
    const received = text.match(/^event: line$/gm)?.length ?? 0;
    expect(end).toMatchObject({ endReason: "lines", lines: 1_000 });
    expect(end.dropped).toBeGreaterThan(0);
    expect(received + end.dropped).toBe(1_000);
  });
});
