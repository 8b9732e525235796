import { describe, expect, test } from "vitest";
import { NOTHING_KNOWN, nextState } from "../../../src/features/health/check-state.ts";

const RESULTS = { p: "pass", w: "warn", f: "fail" } as const;

/** The statuses (p, w, f, - for unknown) after each of the results of `runs`. */
function statusesAfter(runs: string, failureThreshold: number, successThreshold: number): string {
  let state = NOTHING_KNOWN;
  return [...runs]
    .map((letter) => {
      const status = RESULTS[letter as keyof typeof RESULTS];
      const run = { result: { status, detail: letter }, startedAt: new Date(), durationMs: 1 };
      state = nextState(state, run, { failureThreshold, successThreshold });
      return state.status?.[0] ?? "-";
    })
    .join("");
}

describe("the status of a check", () => {
  test.each([
    ["pppp", 2, 1, "pppp"],
    ["fpfp", 2, 1, "-ppp"],
    ["pfpf", 2, 1, "pppp"],
    ["pffp", 2, 1, "ppfp"],
    ["ffff", 2, 1, "-fff"],
    ["ffpp", 1, 2, "fffp"],
    ["fpfpp", 1, 2, "ffffp"],
    ["ppff", 1, 2, "-pff"],
    ["pwpw", 2, 2, "-wpw"],
    ["wfwf", 2, 1, "wwww"],
    ["pfffp", 3, 1, "pppfp"],
  ])(
    "after %s, with %i failures and %i successes to flip it, has been %s",
    (runs, failures, successes, statuses) => {
      expect(statusesAfter(runs, failures, successes)).toBe(statuses);
    },
  );
});

test("the time since when is that of the flip, while the last result is always the newest", () => {
  const thresholds = { failureThreshold: 2, successThreshold: 1 };
  const run = (status: "pass" | "fail", detail: string) => ({
    result: { status, detail },
    startedAt: new Date(),
    durationMs: 1,
  });
  const passed = nextState(NOTHING_KNOWN, run("pass", "one"), thresholds);
  const shaken = nextState(passed, run("fail", "two"), thresholds);

  expect(shaken).toMatchObject({ status: "pass", last: { detail: "two" }, consecutiveFailures: 1 });
  expect(shaken.since).toBe(passed.since);
});
