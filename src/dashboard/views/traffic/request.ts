import type { Answers } from "../../api/api-types.ts";
import { duration, percent } from "../../ui/format.ts";

/** What one forwarded request comes to, in words. Pure. */

/** A request that is over. */
export type TrafficRequest = Answers["GET /traffic/{requestId}"];

/** Who is to blame, and what for. */
export interface Verdict {
  readonly side: "client" | "sidecar" | "core";
  readonly tone: "bad" | "fair";
  /** A few words, for a list: "the app was slow". */
  readonly short: string;
  /** Whole sentences: what happened, and what to do. */
  readonly long: string;
}

/** What takes longer is slow, unless one filters for another time. */
export const SLOW_MS = 1_000;

const FAILURES: Readonly<
  Record<NonNullable<TrafficRequest["failure"]>["reason"], readonly [string, string]>
> = {
  "client-gone": [
    "the client went away",
    "The client went away before it had the whole answer. Where many do, they may have waited too long for the app.",
  ],
  "bad-request": [
    "the request was malformed",
    "The client's request was not valid HTTP; the sidecar refused it, and the app never saw it.",
  ],
  "body-too-large": [
    "the body was too large",
    "The client sent a larger body than SIDECAR_LIMITS_MAX_BODY_BYTES allows.",
  ],
  "request-timeout": ["the client was too slow", "The client took too long to send its request."],
  "core-unavailable": [
    "the app could not be reached",
    "The app took no connection. Look whether it runs: the overview tells.",
  ],
  "core-timeout": [
    "the app did not answer in time",
    "The app had the request and began no answer in time. See what it did meanwhile: its system calls and its log.",
  ],
  "core-reset": [
    "the app broke off",
    "The app closed the connection before its answer was whole: it may have crashed, or been restarted.",
  ],
  "core-protocol-error": [
    "the app's answer was not HTTP",
    "What the app answered is not valid HTTP. Look whether something else listens on its port.",
  ],
  "core-busy": [
    "no connection to the app was free",
    "All connections to the app were taken, and the request waited as long as it may. The app is too slow for what comes, or SIDECAR_CORE_MAX_CONNECTIONS is too low.",
  ],
  other: [
    "the sidecar failed",
    "The sidecar could not forward it; its own log has a line with this request's id.",
  ],
};

/** Whose fault it was that a request failed or was slow; undefined where nothing is wrong with it. */
export function verdictOn(request: TrafficRequest, slowMs = SLOW_MS): Verdict | undefined {
  const { failure, status } = request;
  if (failure !== null) {
    const [short, long] = FAILURES[failure.reason];
    return { side: failure.side, tone: failure.side === "client" ? "fair" : "bad", short, long };
  }
  if (status !== null && status >= 500) {
    const long = `The app itself answered with status ${status}: its log should say why.`;
    return { side: "core", tone: "bad", short: "the app's own error", long };
  }
  if (request.durationMs >= slowMs && !request.isUpgraded) return slowness(request);
  if (status !== null && status >= 400) {
    const long = `The app refused what the client asked for (status ${status}): a wrong address, or no right to it.`;
    return { side: "client", tone: "fair", short: "refused by the app", long };
  }
  return undefined;
}

/** The parts of a request's time, the largest first. */
export interface Part {
  readonly side: "client" | "sidecar" | "core";
  readonly name: string;
  readonly ms: number;
  /** Of the whole; they add up to 1, unless the whole is nothing. */
  readonly share: number;
}

const NAMES = { core: "app", client: "client", sidecar: "sidecar" } as const;

/** By whom the time was spent: `core` first, as the bar has it. */
export function partsOf({
  waitedMs,
  durationMs,
}: Pick<TrafficRequest, "waitedMs" | "durationMs">): readonly Part[] {
  const whole = Math.max(durationMs, waitedMs.client + waitedMs.sidecar + waitedMs.core);
  return (["sidecar", "client", "core"] as const).map((side) => {
    return { side, name: NAMES[side], ms: waitedMs[side], share: whole === 0 ? 0 : waitedMs[side] / whole };
  });
}

/** Who was waited for most: "app 98 %". */
export function mostOf(request: Pick<TrafficRequest, "waitedMs" | "durationMs">): string {
  const [most] = partsOf(request).toSorted((one, other) => other.share - one.share);
  return most === undefined || most.share === 0
    ? "no wait"
    : `${most.name} ${percent(Math.round(most.share * 100) / 100)}`;
}

/** When a request was over, in milliseconds since 1970. */
export function endOf({ startTime, durationMs }: Pick<TrafficRequest, "startTime" | "durationMs">): number {
  return Date.parse(startTime) + durationMs;
}

/** Names a request for good: a client may use one id more than once. */
export function keyOf({ id, startTime, method, path }: TrafficRequest): string {
  return `${startTime} ${id} ${method} ${path}`;
}

const SLOWNESS = {
  core: ["the app was slow", "See what it did meanwhile: its system calls, and its log."],
  client: [
    "the client was slow",
    "It sent its request, or took the answer, slowly: a bad line, or a large body. The app is not to blame.",
  ],
  sidecar: [
    "it waited for a connection",
    "All connections to the app were taken by other requests: those hold it up. See which of them are slow.",
  ],
} as const;

function slowness(request: TrafficRequest): Verdict {
  const [most] = partsOf(request).toSorted((one, other) => other.ms - one.ms);
  const side = most?.side ?? "core";
  const [short, advice] = SLOWNESS[side];
  const subject =
    side === "core" ? "The app" : side === "client" ? "The client" : "The wait for a connection";
  const long = `${subject} took ${duration(most?.ms)} of the ${duration(request.durationMs)}. ${advice}`;
  return { side, tone: "fair", short, long };
}
