import { count, duration, percent, short } from "../../ui/format.ts";
import type { CpuShift, Latency, LatencyShift } from "./latency.ts";

/** What a trace was seen to cost the app, in sentences. Pure. */

/** What was measured; undefined where it is not measured here. */
export interface Measured {
  readonly shift: LatencyShift | undefined;
  readonly cpu: CpuShift | undefined;
  readonly isRunning: boolean;
}

/** Less is what any two minutes of an app differ by. */
const NOISE = 0.1;
/** Of fewer answers, half of them is a matter of chance. */
const FEW = 20;

/** Says what is known of the app before a trace and while it runs, and what can't be said. */
export function sayCost({ shift, cpu, isRunning }: Measured): readonly string[] {
  // Where no second of the trace is over yet, that is said once.
  const isEarly = shift !== undefined && shift.during.requests === null;
  return [...sayLatency(shift, isRunning), ...(isEarly ? [] : sayCpu(cpu, isRunning))];
}

function sayLatency(shift: LatencyShift | undefined, isRunning: boolean): readonly string[] {
  if (shift === undefined)
    return ["How the app answers is not measured here (SIDECAR_TRAFFIC_ENABLED=true)."];
  const { before, during, secondsBefore } = shift;
  const span = duration(secondsBefore * 1_000);
  const since = isRunning ? "since the trace began" : "while it ran";
  if (during.requests === null) {
    return [
      isRunning
        ? "The first whole second of it is not over yet."
        : "It was over within a second: too short to be measured.",
    ];
  }
  if (during.p50Ms === null) {
    return [
      `Nothing was forwarded to the app ${since}, so what its clients feel can’t be told.${isRunning ? " Send it requests." : ""}`,
    ];
  }
  const takes = isRunning ? "take" : "took";
  const now = `Half of the app’s answers ${takes} up to ${duration(during.p50Ms)} ${since}`;
  if (before.p50Ms === null) {
    return [
      `${now}; nothing was forwarded to it in the ${span} before, so there is nothing to compare that with.`,
    ];
  }
  const than = `${duration(before.p50Ms)} in the ${span} before`;
  return [
    `${now}, against ${than}: ${changeOf(before.p50Ms, during.p50Ms, ["longer", "shorter", "long"])}.${cautionOf(before, during)}`,
    `It ${isRunning ? "answers" : "answered"} ${short(during.perSecond)} requests a second, against ${short(before.perSecond)}.`,
  ];
}

function cautionOf(before: Latency, during: Latency): string {
  const few = Math.min(before.requests ?? 0, during.requests ?? 0);
  return few < FEW
    ? ` That is of ${few === 1 ? "one answer" : `${count(few)} answers`}: little to go by.`
    : "";
}

function sayCpu(cpu: CpuShift | undefined, isRunning: boolean): readonly string[] {
  if (cpu === undefined) return ["Its CPU time is not measured here (SIDECAR_RESOURCES_ENABLED=true)."];
  const { before, during } = cpu;
  if (during === null) return ["Its CPU time is not known."];
  const now = `It ${isRunning ? "uses" : "used"} ${short(during)} CPU`;
  if (before === null) return [`${now}; what it used before is not known.`];
  return [`${now}, against ${short(before)}: ${changeOf(before, during, ["more", "less", "much"])}.`];
}

/** How much more or less it has become; in percent, but where it has multiplied. */
function changeOf(
  before: number,
  during: number,
  [more, less, many]: readonly [string, string, string],
): string {
  const ratio = before === 0 ? Number.POSITIVE_INFINITY : during / before;
  if (before === during || Math.abs(ratio - 1) <= NOISE) return "about the same";
  if (ratio === Number.POSITIVE_INFINITY) return more;
  if (ratio >= 3) return `${short(ratio)} times as ${many}`;
  return `${percent(Math.abs(ratio - 1))} ${ratio > 1 ? more : less}`;
}
