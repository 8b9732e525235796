import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AppError } from "../../../src/base/errors.ts";
import type { CheckResult, HealthCheck } from "../../../src/features/feature.ts";
import { type CheckRunner, createCheckRunner } from "../../../src/features/health/check-runner.ts";
import type { Settings } from "../../../src/settings/schema.ts";
import { createLog } from "../../../src/web/log.ts";
import { poll } from "../../support/poll.ts";
import { healthSettings } from "./health-settings.ts";

const PASS: CheckResult = { status: "pass", detail: "well" };
const FAIL: CheckResult = { status: "fail", detail: "not well" };

let lines: { level: string; from: string | null; to: string }[];
let changes: number;
let stop: AbortController;
let runs: Promise<void>[];
beforeEach(() => {
  lines = [];
  changes = 0;
  stop = new AbortController();
  runs = [];
});
afterEach(async () => {
  stop.abort();
  await Promise.all(runs);
});

function checkOf(run: HealthCheck["run"]): HealthCheck {
  return { name: "probe", affectsReadiness: true, run };
}

function begin(run: HealthCheck["run"], settings: Partial<Settings["health"]> = {}): CheckRunner {
  const log = createLog(
    { level: "info", access: false },
    { write: (line) => void lines.push(JSON.parse(line)) },
  );
  const onChange = () => {
    changes += 1;
  };
  const runner = createCheckRunner(checkOf(run), healthSettings(settings), { log, onChange });
  runs.push(runner.run(stop.signal));
  return runner;
}

describe("a check that runs in the background", () => {
  test("runs again and again, and never beside itself", async () => {
    let underWay = 0;
    let most = 0;
    let count = 0;
    begin(
      async () => {
        underWay += 1;
        most = Math.max(most, underWay);
        await new Promise((resolve) => setTimeout(resolve, 10));
        underWay -= 1;
        count += 1;
        return PASS;
      },
      { intervalMs: 1 },
    );

    await poll("it has run five times", () => count >= 5);
    expect(most).toBe(1);
  });

  test("says when it ran, how long that took and what it found", async () => {
    const before = Date.now();
    const runner = begin(async () => ({ ...PASS, figures: { connectMs: 3 } }));

    await poll("a first result", () => runner.state().last !== null);
    const { status, since, last, lastRunAt, durationMs } = runner.state();
    expect(status).toBe("pass");
    expect(since?.getTime()).toBeGreaterThanOrEqual(before);
    expect(lastRunAt?.getTime()).toBeGreaterThanOrEqual(before);
    expect(durationMs).toBeGreaterThanOrEqual(0);
    expect(last).toEqual({ status: "pass", detail: "well", figures: { connectMs: 3 } });
  });

  test("logs and tells each flip once, and nothing while it stays as it is", async () => {
    let result = PASS;
    let count = 0;
    begin(
      async () => {
        count += 1;
        return result;
      },
      { intervalMs: 1 },
    );
    await poll("it has passed three times", () => count >= 3);
    result = FAIL;
    await poll("it has failed five times", () => count >= 8 && lines.length === 2);
    result = PASS;
    await poll("it has recovered", () => lines.length === 3);
    const then = count;
    await poll("it has passed three times more", () => count >= then + 3);

    expect(lines.map(({ level, from, to }) => ({ level, from, to }))).toEqual([
      { level: "info", from: null, to: "pass" },
      { level: "warn", from: "pass", to: "fail" },
      { level: "info", from: "fail", to: "pass" },
    ]);
    expect(changes).toBe(3);
  });

  test("fails with what it throws, and with the remedy that came with it", async () => {
    const runner = begin(() =>
      Promise.reject(new AppError("permission-denied", "Not allowed.", { remedy: "cap_add: [X]" })),
    );

    await poll("it failed", () => runner.state().status === "fail");
    expect(runner.state().last).toEqual({ status: "fail", detail: "Not allowed.", remedy: "cap_add: [X]" });
    expect(runner.state().consecutiveFailures).toBeGreaterThanOrEqual(2);
  });

  test("fails with what it throws before it even gives a promise", async () => {
    const runner = begin(() => {
      throw new Error("at once");
    });

    await poll("it failed", () => runner.state().last?.detail === "at once");
  });
});

describe("a check that takes too long", () => {
  test("is told so by its signal, and fails", async () => {
    let reason: string | undefined;
    const runner = begin(
      (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            reason = "told";
            reject(signal.reason);
          });
        }),
      { timeoutMs: 20 },
    );

    await poll("it failed", () => runner.state().status === "fail");
    expect(reason).toBe("told");
    expect(runner.state().last?.detail).toBe("It did not end within 20 ms.");
    expect(runner.isStuck()).toBe(false);
  });

  test("may still say something better in the moment it is told", async () => {
    const runner = begin(
      (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(FAIL))),
      { timeoutMs: 20 },
    );

    await poll("it failed", () => runner.state().status === "fail");
    expect(runner.state().last).toEqual(FAIL);
  });

  test("fails too when it ignores the signal, is not begun again meanwhile, and recovers when it ends", async () => {
    let begun = 0;
    let end: (result: CheckResult) => void = () => {};
    const runner = begin(
      () => {
        begun += 1;
        if (begun > 1) return Promise.resolve(PASS);
        const { promise, resolve } = Promise.withResolvers<CheckResult>();
        end = resolve;
        return promise;
      },
      { timeoutMs: 10, intervalMs: 1 },
    );

    await poll("it failed several times", () => runner.state().consecutiveFailures >= 5);
    expect(begun).toBe(1);
    expect(runner.isStuck()).toBe(true);
    expect(runner.state().last?.detail).toMatch(/^The run of \d{4}-.* has not ended; no other was begun\.$/);
    end(PASS);
    await poll("it runs again", () => runner.state().status === "pass");
    expect(runner.isStuck()).toBe(false);
  });
});

describe("the end", () => {
  test("comes at once, also while a check ignores its signal, and what was cut short is not counted", async () => {
    const runner = begin(() => new Promise(() => {}), { timeoutMs: 60_000 });
    stop.abort();

    await Promise.all(runs);
    expect(runner.state().last).toBeNull();
    expect(lines).toEqual([]);
  });

  test("comes at once between two runs", async () => {
    const runner = begin(async () => PASS, { intervalMs: 60_000 });
    await poll("it ran", () => runner.state().last !== null);
    stop.abort();

    await Promise.all(runs);
    expect(runner.state().status).toBe("pass");
  });
});
