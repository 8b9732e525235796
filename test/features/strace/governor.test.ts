import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { nowMs } from "../../../src/base/clock.ts";
import { RecentLatency } from "../../../src/base/recent-latency.ts";
import { createGovernor } from "../../../src/features/strace/governor/governor.ts";
import { startTrace } from "../../../src/features/strace/start-trace.ts";
import { chooseTargets } from "../../../src/features/strace/targets.ts";
import { optionsOf } from "../../../src/features/strace/trace-options.ts";
import { readStat } from "../../../src/linux/proc.ts";
import { loadSettings } from "../../../src/settings/load.ts";
import { holdToShare } from "../../bench/figures/cpu-share.ts";
import {
  startBusy,
  startFixture,
  startIdle,
  startTarget,
  type TargetProcess,
} from "../../linux/target-process.ts";
import { mountMemory } from "../../support/mounts.ts";
import { isMissing } from "../../support/needs.ts";
import { poll } from "../../support/poll.ts";
import {
  accept,
  isFree,
  type StraceOptions,
  serveStrace as serve,
  untilFree,
  untilTraced,
} from "./serve-strace.ts";

const JSON_FORM = accept("application/json");
const HANG_MS = "6000";
/** With the default for how long strace may stand still. */
const serveStrace = ({ settings, ...more }: StraceOptions) =>
  serve({ ...more, settings: { MAX_FROZEN_MS: 300, ...settings } });
const neverAsked = () => Promise.reject(new Error("nobody asks for it here"));

/** The sidecar's part in a process of its own, whose main thread hangs as soon as strace has attached. */
async function hangingSidecar(target: TargetProcess, durationMs: number) {
  const sidecar = await startFixture(
    "trace-process.ts",
    ...[String(target.pid), String(durationMs), "67108864", HANG_MS],
  );
  expect(JSON.parse(await sidecar.line())).toEqual({ event: "attached" });
  const said: string[] = [];
  const over = sidecar.line().then(async (line) => {
    said.push(line);
    return JSON.parse(await sidecar.line());
  });
  over.catch(() => undefined);
  return { said, over, [Symbol.asyncDispose]: () => sidecar.kill() };
}

describe.skipIf(isMissing("ptrace"))(
  "a strace that holds up the app is killed, and the answer says why",
  () => {
    test("when it stands still (SIGSTOP, a paused container)", async () => {
      await using target = await startBusy();
      await using served = await serveStrace({ settings: { DURATION_MS: 60_000, MAX_LINES: 100_000 } });
      const answer = served.get(`/strace/${target.pid}/100000`, JSON_FORM);
      process.kill(await untilTraced(target), "SIGSTOP");
      expect(await (await answer).json()).toMatchObject({
        endReason: "core-frozen",
        warnings: [expect.stringMatching(/^The trace was ended: strace stood still .* 300 ms .*maxFrozenMs/)],
      });
      expect(await isFree(target.pid)).toBe(true);
    });

    test("when the requests that are forwarded to the app wait long, and did not before", async () => {
      await using target = await startBusy();
      const latency = new RecentLatency();
      const traffic = { latency, totals: neverAsked, recent: neverAsked };
      await using served = await serveStrace({
        traffic,
        settings: { DURATION_MS: 60_000, MAX_LINES: 100_000, MAX_LATENCY_MS: 800, MAX_FROZEN_MS: 10_000 },
      });
      latency.add(20, nowMs() - 1_000);
      const answer = served.get(`/strace/${target.pid}/100000`, JSON_FORM);
      await untilTraced(target);
      // What the forwarder writes, as answers come.
      using stack = new DisposableStack();
      stack.adopt(
        setInterval(() => latency.add(900, nowMs()), 20),
        clearInterval,
      );
      expect(await (await answer).json()).toMatchObject({
        endReason: "core-slow",
        warnings: [expect.stringMatching(/more than 800 ms \(strace\.maxLatencyMs\), and did not before/)],
      });
      expect(await isFree(target.pid)).toBe(true);
    });

    test("but not where they wait as long without a trace", async () => {
      await using target = await startBusy();
      const latency = new RecentLatency();
      const traffic = { latency, totals: neverAsked, recent: neverAsked };
      await using served = await serveStrace({
        traffic,
        settings: { DURATION_MS: 500, MAX_LINES: 100_000, MAX_LATENCY_MS: 800, MAX_FROZEN_MS: 10_000 },
      });
      latency.add(900, nowMs() - 1_000);
      latency.add(900, nowMs());
      const answer = await served.get(`/strace/${target.pid}/100000`, JSON_FORM);
      expect(await answer.json()).toMatchObject({ endReason: "time-limit" });
    });

    test("in the text form the last line says it", async () => {
      await using target = await startFixture("threads.mjs");
      await using served = await serveStrace({ settings: { DURATION_MS: 60_000, MAX_LINES: 100_000 } });
      const answer = served.get(`/strace/${target.pid}/100000`);
      process.kill(await untilTraced(target), "SIGSTOP");
      expect(await (await answer).text()).toMatch(
        /^# Ended with \d+ of 100000 lines: strace stood still .*\n$/m,
      );
      expect(await isFree(target.pid)).toBe(true);
    });

    test("also while the main thread of the sidecar is blocked", async () => {
      await using target = await startBusy();
      await using sidecar = await hangingSidecar(target, 60_000);
      process.kill(await untilTraced(target), "SIGSTOP");
      await untilFree(target);
      expect(sidecar.said).toEqual([]);
      expect(await sidecar.over).toMatchObject({ result: { endReason: "core-frozen", released: true } });
    });

    test("when its time is over, and the main thread is blocked", async () => {
      await using target = await startBusy();
      await using sidecar = await hangingSidecar(target, 200);
      await untilFree(target);
      expect(sidecar.said).toEqual([]);
      expect(await sidecar.over).toMatchObject({ result: { endReason: "time-limit", released: true } });
    });

    test("when it takes more of a CPU than it may", async () => {
      await using target = await startBusy();
      await using served = await serveStrace({
        settings: { DURATION_MS: 60_000, MAX_LINES: 100_000, MAX_CPU_PERCENT: 1 },
      });
      const answer = await served.get(`/strace/${target.pid}/100000?syscalls=network`, JSON_FORM);
      expect(await answer.json()).toMatchObject({
        endReason: "cpu-budget",
        warnings: [expect.stringContaining("1 % of a CPU")],
      });
      expect(await isFree(target.pid)).toBe(true);
    });

    test.skipIf(isMissing("namespaces"))(
      "when the app is at its own CPU limit, where that is not borne",
      async () => {
        await using target = await startTarget(["sh", "-c", "while :; do :; done"]);
        await using stack = new AsyncDisposableStack();
        stack.use(await holdToShare({ carriers: [target.pid], helpers: [] }, 0.2));
        // The group can be removed once nobody is in it.
        stack.defer(() => target.kill());
        const of = async (settings: Record<string, number>) => {
          await using served = await serveStrace({ settings });
          return await (await served.get(`/strace/${target.pid}`, JSON_FORM)).json();
        };
        expect(await of({ DURATION_MS: 60_000, MAX_CORE_THROTTLED_PERCENT: 50 })).toMatchObject({
          endReason: "core-throttled",
          warnings: [expect.stringContaining("more than 50 % of a second (strace.maxCoreThrottledPercent)")],
        });
        expect(await isFree(target.pid)).toBe(true);
        expect(await of({ DURATION_MS: 2_500 })).toMatchObject({ endReason: "time-limit" });
      },
    );

    test("when the governor itself has ended", async () => {
      await using target = await startBusy();
      const { settings } = loadSettings({ env: { SIDECAR_CORE_URL: "http://127.0.0.1:9" } });
      const governor = createGovernor(() => undefined);
      const { signal } = new AbortController();
      const what = { ...optionsOf({}, settings.strace), lines: 100_000, durationMs: 60_000 };
      const targets = await chooseTargets(target.pid, false);
      await using trace = await startTrace(targets, { ...settings.strace, ...what }, { signal, governor });
      await governor[Symbol.asyncDispose]();
      expect(await trace.follow({ onLine: () => undefined })).toMatchObject({
        endReason: "governor-failed",
        released: true,
      });
      expect(await isFree(target.pid)).toBe(true);
    });
  },
);

describe.skipIf(isMissing("ptrace"))("an app that only looks frozen is traced on", () => {
  test("one whose calls are filtered out of the output", async () => {
    await using target = await startBusy();
    await using served = await serveStrace({ settings: { DURATION_MS: 1_500 } });
    const answer = await served.get(`/strace/${target.pid}?syscalls=network`, JSON_FORM);
    expect(await answer.json()).toMatchObject({ endReason: "time-limit", lines: [], warnings: [] });
  });

  test("one that somebody stops, and it stays stopped", async () => {
    await using target = await startBusy();
    await using served = await serveStrace({ settings: { DURATION_MS: 1_500, MAX_LINES: 100_000 } });
    const answer = served.get(`/strace/${target.pid}/100000`, JSON_FORM);
    await untilTraced(target);
    target.child.kill("SIGSTOP");
    expect(await (await answer).json()).toMatchObject({ endReason: "time-limit" });
    // Let go of, it runs for a moment, on its way to where it stops.
    await poll("it is stopped", async () => (await readStat(target.pid))?.stateLetter === "T");
  });

  test("one that sleeps", async () => {
    await using target = await startIdle();
    await using served = await serveStrace({ settings: { DURATION_MS: 1_500 } });
    expect(await (await served.get(`/strace/${target.pid}`, JSON_FORM)).json()).toMatchObject({
      ...{ endReason: "time-limit", warnings: [] },
    });
  });
});

describe.skipIf(isMissing("ptrace") || isMissing("namespaces"))("what a trace needs of the machine", () => {
  test("a trace ends before its folder is full, and none begins in one that is", async () => {
    const folder = await mkdtemp("/tmp/tickbird-room-");
    onTestFinished(() => rm(folder, { recursive: true }));
    // Lines of 4 KB: two megabytes come soon, however busy the machine is.
    await using target = await startTarget(["dd", "if=/dev/zero", "of=/dev/null", "bs=4096"]);
    await using mount = mountMemory(folder, 2_097_152);
    await using served = await serveStrace({
      settings: {
        DIR: folder,
        STRING_LIMIT: 4_096,
        MIN_FREE_PERCENT: 50,
        MAX_LINES: 100_000,
        DURATION_MS: 60_000,
      },
    });
    // On a busy machine it is full before we have seen that strace holds the process: then there is no trace.
    const ended = await poll("a trace begins", async () => {
      const answer = await served.get(`/strace/${target.pid}/100000`, JSON_FORM);
      return answer.status === 200 && (await answer.json());
    });
    expect(ended).toMatchObject({
      endReason: "storage-full",
      warnings: [
        expect.stringMatching(/has room for 2097152 of the \d+ bytes .* Mend: shm_size/),
        expect.stringContaining("less than 50 % of it (strace.dir, strace.minFreePercent)"),
      ],
    });
    expect(await isFree(target.pid)).toBe(true);
    await writeFile(join(mount.path, "full"), Buffer.alloc(1_100_000));
    const refused = await served.get(`/strace/${target.pid}`, JSON_FORM);
    expect(await refused.json()).toMatchObject({
      ...{ status: 507, code: "storage-full", remedy: expect.stringContaining("SIDECAR_STRACE_DIR") },
    });
  });

  test("a sidecar that its CPU quota holds back lets go of the app, and was said to have little", async () => {
    await using target = await startBusy();
    await using sidecar = await startFixture("trace-process.ts", String(target.pid), "60000");
    await using stack = new AsyncDisposableStack();
    stack.use(await holdToShare({ carriers: [sidecar.pid], helpers: [] }, 0.2));
    // The groups can be removed once nobody is in them.
    stack.defer(async () => {
      await sidecar.kill();
      await untilFree(target);
    });
    expect(JSON.parse(await sidecar.line())).toEqual({ event: "attached" });
    const { result } = JSON.parse(await sidecar.line());
    expect(result).toMatchObject({
      ...{ endReason: "sidecar-throttled", released: true },
      warnings: [
        expect.stringMatching(/may use 0\.2 of a CPU only.* Mend: cpus: 1/),
        expect.stringContaining("strace.maxThrottledPercent"),
      ],
    });
  });

  test("an app with more threads than allowed is refused, with the setting that allows it", async () => {
    await using target = await startFixture("threads.mjs");
    await using served = await serveStrace({ settings: { MAX_THREADS: 2 } });
    await poll("it has its threads", async () => ((await readStat(target.pid))?.threads ?? 0) > 2);
    const refused = await served.get(`/strace/${target.pid}`, JSON_FORM);
    expect(await refused.json()).toMatchObject({
      ...{ status: 409, code: "process-not-traceable", limit: 2 },
      remedy: expect.stringContaining("SIDECAR_STRACE_MAX_THREADS="),
    });
  });
});
