import type { Answers, Trace } from "../../api/api-types.ts";

/** How long the app took before a trace and while it ran, from the history of the traffic. Pure. */

type History = Answers["GET /traffic/history"];
type Point = History["points"][number];

/** How long the app took to the heads of its answers. */
export interface Latency {
  /** How many were answered, about; null where no whole interval of the time is known. */
  readonly requests: number | null;
  /** Half of them took no longer: the mean over the intervals, by their requests. Null where nothing was answered. */
  readonly p50Ms: number | null;
  /** As `p50Ms`, of 95 in a hundred. */
  readonly p95Ms: number | null;
}

/** The app before a trace, and while it runs. */
export interface LatencyShift {
  /** How many seconds before the trace are taken. */
  readonly secondsBefore: number;
  readonly before: Latency;
  readonly during: Latency;
}

const BEFORE_SECONDS = 60;
/** The windows of the history, from the finest steps on. */
const WINDOWS = [
  { window: "5m", seconds: 300, stepSeconds: 1 },
  { window: "1h", seconds: 3_600, stepSeconds: 10 },
  { window: "24h", seconds: 86_400, stepSeconds: 60 },
] as const;

/** The finest window that holds a trace and the time before it; undefined where it is too long ago. */
export function windowFor(startedAt: string, nowMs: number): (typeof WINDOWS)[number]["window"] | undefined {
  const age = (nowMs - Date.parse(startedAt)) / 1_000;
  return WINDOWS.find(({ seconds, stepSeconds }) => age + beforeOf(stepSeconds) <= seconds)?.window;
}

/** What a history tells of the time before a trace and of the trace. What lies across a bound counts for neither. */
export function shiftOf(
  { points, stepSeconds }: Pick<History, "points" | "stepSeconds">,
  { startedAt, durationMs, state }: Pick<Trace, "startedAt" | "durationMs" | "state">,
): LatencyShift {
  const secondsBefore = beforeOf(stepSeconds);
  const start = Date.parse(startedAt);
  const end = state === "running" ? Number.POSITIVE_INFINITY : start + durationMs;
  const within = (from: number, to: number) =>
    points.filter(({ time }) => {
      const begins = Date.parse(time);
      return begins >= from && begins + stepSeconds * 1_000 <= to;
    });
  return {
    secondsBefore,
    before: latencyOf(within(start - (secondsBefore + stepSeconds) * 1_000, start), stepSeconds),
    during: latencyOf(within(start, end), stepSeconds),
  };
}

/** Five intervals at the least: one alone says little. */
function beforeOf(stepSeconds: number): number {
  return Math.max(BEFORE_SECONDS, 5 * stepSeconds);
}

function latencyOf(points: readonly Point[], stepSeconds: number): Latency {
  const weights = points.map(({ requestsPerSecond }) => (requestsPerSecond ?? 0) * stepSeconds);
  const isKnown = points.some(({ requestsPerSecond }) => requestsPerSecond !== null);
  const requests = isKnown ? Math.round(weights.reduce((sum, each) => sum + each, 0)) : null;
  const mean = (figure: "p50Ms" | "p95Ms") => {
    let [sum, weight] = [0, 0];
    points.forEach((point, at) => {
      const [value, own] = [point[figure], weights[at] ?? 0];
      if (value === null || own === 0) return;
      sum += value * own;
      weight += own;
    });
    return weight === 0 ? null : sum / weight;
  };
  return { requests, p50Ms: mean("p50Ms"), p95Ms: mean("p95Ms") };
}
