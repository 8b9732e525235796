import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createGovernor } from "../../../src/features/strace/governor/governor.ts";
import { startTrace } from "../../../src/features/strace/start-trace.ts";
import { chooseTargets } from "../../../src/features/strace/targets.ts";
import { optionsOf } from "../../../src/features/strace/trace-options.ts";
import { SCRATCH_PIECE_BYTES } from "../../../src/linux/scratch.ts";
import { loadSettings } from "../../../src/settings/load.ts";
import { startBusy } from "../../linux/target-process.ts";
import { isMissing } from "../../support/needs.ts";

const BACKLOG_BYTES = 10 * SCRATCH_PIECE_BYTES;

/** Holds up this thread until a process has written so much. */
function hangUntilWritten(pid: string, bytes: number): void {
  const deadlineMs = performance.now() + 30_000;
  const written = () => Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "latin1"))?.[1]);
  while (written() < bytes) {
    if (performance.now() > deadlineMs) throw new Error(`process ${pid} has not written ${bytes} bytes`);
  }
}

/** Traces a busy process, and holds up this thread until a backlog has come. */
async function lagBehind(more: { readonly maxLagBytes?: number }) {
  await using stack = new AsyncDisposableStack();
  const target = stack.use(await startBusy());
  const { settings } = loadSettings({ env: { SIDECAR_CORE_URL: "http://127.0.0.1:9" } });
  const what = { lines: 1_000_000, durationMs: 60_000, maxBytes: 67_108_864 };
  const spared = { maxFrozenMs: 10_000, maxThrottledPercent: 100 };
  const limits = { ...optionsOf({}, settings.strace), ...settings.strace, ...what, ...spared, ...more };
  const stop = new AbortController();
  const governor = stack.use(
    createGovernor((error) => {
      throw error;
    }),
  );
  const targets = await chooseTargets(target.pid, false);
  const trace = stack.use(await startTrace(targets, limits, { signal: stop.signal, governor }));
  const status = readFileSync(`/proc/${target.pid}/status`, "latin1");
  hangUntilWritten(/^TracerPid:\s+(\d+)$/m.exec(status)?.[1] ?? "", BACKLOG_BYTES);
  const owned = stack.move();
  return { trace, stop, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

describe.skipIf(isMissing("ptrace"))("a trace whose reader was held up", () => {
  test("lets others have the event loop while it reads what has come meanwhile", async () => {
    await using lagging = await lagBehind({});
    const { trace, stop } = lagging;
    let all = 0;
    let inTurn = 0;
    let most = 0;
    const turn = () => {
      most = Math.max(most, inTurn);
      inTurn = 0;
      if (all > BACKLOG_BYTES) stop.abort();
      if (!stop.signal.aborted) setImmediate(turn);
    };
    setImmediate(turn);
    const result = await trace.follow({
      onLine(line) {
        all += line.length + 1;
        inTurn += line.length + 1;
      },
    });
    expect(result).toMatchObject({ endReason: "stopped", released: true });
    expect(most).toBeGreaterThan(0);
    // The end of the last piece may come with the next one.
    expect(most).toBeLessThan(2 * SCRATCH_PIECE_BYTES);
  });

  test("goes on with the newest where that is what counts, says so, and no line is torn", async () => {
    await using lagging = await lagBehind({ maxLagBytes: SCRATCH_PIECE_BYTES });
    const { trace, stop } = lagging;
    const heads: string[] = [];
    let gaps = 0;
    const result = await trace.follow({
      onLine(line) {
        heads.push(line.slice(0, 30));
        if (heads.length === 5_000) stop.abort();
      },
      onGap: () => {
        gaps += 1;
      },
    });
    expect(gaps).toBeGreaterThan(0);
    expect(heads.filter((head) => !/^\d+ +\d+\.\d{6} [a-z]/.test(head))).toEqual([]);
    const [passed = ""] = result.warnings.filter((warning) => warning.includes("passed over"));
    expect(Number.parseInt(passed, 10)).toBeGreaterThan(BACKLOG_BYTES - 2 * SCRATCH_PIECE_BYTES);
    expect(result).toMatchObject({ endReason: "stopped", released: true });
  });
});
