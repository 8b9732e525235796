import { duration, percent, short } from "../../ui/format.ts";
import type { Situation, TrafficPoint } from "./answers.ts";
import { type Finding, isDown } from "./finding.ts";

/** What the traffic of the last minute says is wrong. */

const SECONDS = 60;
/** A second or two without an answer is no hang. */
const SILENT_SECONDS = 10;
const ERROR_SHARE = 0.05;
const FEW = 5;
const SLOW_MS = 5_000;

/** The findings in the traffic. */
export function trafficFindings({ traffic = [], health }: Situation): Finding[] {
  const minute = traffic.slice(-SECONDS);
  return [
    hanging(minute),
    coreFailures(minute, isDown(health)),
    sidecarFailures(minute),
    errors(minute),
    slow(minute),
  ].flatMap((finding) => finding ?? []);
}

/** The sum of a rate over seconds: how many there were. What is not known is left out. */
export function sumOf(points: readonly TrafficPoint[], column: RateColumn): number {
  return points.reduce((sum, point) => sum + (point[column] ?? 0), 0);
}

type RateColumn =
  | "requestsPerSecond"
  | "clientErrorsPerSecond"
  | "serverErrorsPerSecond"
  | "failuresPerSecond"
  | "coreFailuresPerSecond"
  | "sidecarFailuresPerSecond";

function hanging(minute: readonly TrafficPoint[]): Finding | undefined {
  const last = minute.slice(-SILENT_SECONDS);
  const isSilent =
    last.length === SILENT_SECONDS &&
    last.every(({ waiting, p50Ms }) => (waiting ?? 0) > 0 && p50Ms === null);
  if (!isSilent) return undefined;
  // One alone may be a long poll, which waits for an event: only several show that nothing goes on.
  const waiting = Math.round(Math.min(...last.map((point) => point.waiting ?? 0)));
  if (waiting < 2) return waitingAlone;
  return {
    id: "hanging",
    tone: "bad",
    title: "The app takes requests and answers none",
    detail: `${waiting} requests wait for the app; none was answered in the last ${SILENT_SECONDS} s.`,
    advice: "Look at what its threads do: trace it for a second, or, of a JVM, look for deadlocks.",
    more: { text: "Trace the app", href: "#/trace", isForOperators: true },
  };
}

const waitingAlone: Finding = {
  id: "waiting",
  tone: "fair",
  title: "A request waits for the app, and no other comes",
  detail: `It has waited for more than ${SILENT_SECONDS} s, and nothing else was answered meanwhile.`,
  advice: "A long poll waits so for an event, and all is well. If it is none, look at what the app does.",
  more: { text: "Trace the app", href: "#/trace", isForOperators: true },
};

function coreFailures(minute: readonly TrafficPoint[], isKnownToBeDown: boolean): Finding | undefined {
  const count = Math.round(sumOf(minute, "coreFailuresPerSecond"));
  if (count === 0) return undefined;
  return {
    id: "core-failures",
    tone: "bad",
    title: `The app failed ${times(count)} in the last minute`,
    detail:
      "It could not be reached, broke off, or did not answer in time; the sidecar told the clients so in its place.",
    advice: isKnownToBeDown ? undefined : "Each request says what went wrong with it.",
    more: { text: "Show these requests", href: "#/traffic?status=5xx", isForOperators: true },
  };
}

function sidecarFailures(minute: readonly TrafficPoint[]): Finding | undefined {
  const count = Math.round(sumOf(minute, "sidecarFailuresPerSecond"));
  if (count === 0) return undefined;
  return {
    id: "sidecar-failures",
    tone: "bad",
    title: `The sidecar turned ${times(count)} away in the last minute`,
    detail: "All its connections to the app were taken, and more requests waited than it lets wait.",
    advice: "The app is too slow for what comes, or the limits are too tight. See which requests take long.",
    more: { text: "Show these requests", href: "#/traffic?status=5xx", isForOperators: true },
  };
}

function errors(minute: readonly TrafficPoint[]): Finding | undefined {
  const all = sumOf(minute, "requestsPerSecond");
  // Those that the app did not answer itself are told above.
  const own =
    sumOf(minute, "serverErrorsPerSecond") -
    sumOf(minute, "coreFailuresPerSecond") -
    sumOf(minute, "sidecarFailuresPerSecond");
  const count = Math.round(own);
  if (count <= 0) return undefined;
  return {
    id: "server-errors",
    tone: count >= FEW && own / all >= ERROR_SHARE ? "bad" : "fair",
    title: `The app answered ${times(count)} with an error of its own in the last minute`,
    detail: `That is ${percent(own / all)} of ${short(Math.round(all))} requests (status 5xx).`,
    advice: "Its log says why: each request leads to the lines of its time.",
    more: { text: "Show these requests", href: "#/traffic?status=5xx", isForOperators: true },
  };
}

function slow(minute: readonly TrafficPoint[]): Finding | undefined {
  const times = minute.flatMap(({ p50Ms }) => p50Ms ?? []);
  if (times.length < FEW) return undefined;
  const middle = times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0;
  if (middle < SLOW_MS) return undefined;
  return {
    id: "slow",
    tone: "fair",
    title: "The app is slow",
    detail: `Half of its answers of the last minute took ${duration(middle)} or more to begin.`,
    advice: "See which requests take long, and what the app does meanwhile.",
    more: { text: "Show slow requests", href: `#/traffic?slower=${SLOW_MS}`, isForOperators: true },
  };
}

function times(count: number): string {
  return count === 1 ? "one request" : `${short(count)} requests`;
}
