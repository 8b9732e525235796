import type { Answers, Trace } from "../../api/api-types.ts";

/** How long the app took before a trace and while it ran, from the history of the traffic; and its CPU time. Pure. */

type History = Answers["GET /traffic/history"];
type Point = History["points"][number];
type Resources = Answers["GET /resources/history"];
type Times = Pick<Trace, "startedAt" | "durationMs" | "state">;

/** How long the app took to the heads of its answers. */
export interface Latency {
  /** How many were answered, about; null where no whole interval of the time is known. */
  readonly requests: number | null;
  /** The same by the second. */
  readonly perSecond: number | null;
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

/** How many CPUs the app used, on the average; null where that is not known. */
export interface CpuShift {
  readonly before: number | null;
  readonly during: number | null;
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
  trace: Times,
): LatencyShift {
  const { before, during } = apart(points, stepSeconds, trace);
  return {
    secondsBefore: beforeOf(stepSeconds),
    before: latencyOf(before, stepSeconds),
    during: latencyOf(during, stepSeconds),
  };
}

/** As {@link shiftOf}, of the CPU time of the app's container. */
export function cpuShiftOf(
  { points, stepSeconds }: Pick<Resources, "points" | "stepSeconds">,
  trace: Times,
): CpuShift {
  const { before, during } = apart(points, stepSeconds, trace);
  return { before: meanCpus(before), during: meanCpus(during) };
}

function meanCpus(points: Resources["points"]): number | null {
  const known = points.flatMap(({ usedCpus }) => usedCpus ?? []);
  return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0) / known.length;
}

/** The points of the time before a trace, and of the trace. */
function apart<P extends { readonly time: string }>(
  points: readonly P[],
  stepSeconds: number,
  { startedAt, durationMs, state }: Times,
): { readonly before: P[]; readonly during: P[] } {
  const start = Date.parse(startedAt);
  const end = state === "running" ? Number.POSITIVE_INFINITY : start + durationMs;
  const within = (from: number, to: number) =>
    points.filter(({ time }) => {
      const begins = Date.parse(time);
      return begins >= from && begins + stepSeconds * 1_000 <= to;
    });
  const first = start - (beforeOf(stepSeconds) + stepSeconds) * 1_000;
  return { before: within(first, start), during: within(start, end) };
}

/** Five intervals at the least: one alone says little. */
function beforeOf(stepSeconds: number): number {
  return Math.max(BEFORE_SECONDS, 5 * stepSeconds);
}

function latencyOf(points: readonly Point[], stepSeconds: number): Latency {
  const weights = points.map(({ requestsPerSecond }) => (requestsPerSecond ?? 0) * stepSeconds);
  const knownSeconds =
    points.filter(({ requestsPerSecond }) => requestsPerSecond !== null).length * stepSeconds;
  const answered = weights.reduce((sum, each) => sum + each, 0);
  const requests = knownSeconds === 0 ? null : Math.round(answered);
  const perSecond = knownSeconds === 0 ? null : answered / knownSeconds;
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
  return { requests, perSecond, p50Ms: mean("p50Ms"), p95Ms: mean("p95Ms") };
}
