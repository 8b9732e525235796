import type { RecentLatency } from "../../base/recent-latency.ts";
import type { Failure } from "./counters.ts";

/** What can be known of the traffic that this sidecar has forwarded, in all of its processes. */

/** Where features have it from. */
export interface TrafficSource {
  /** What was counted since the start. A process that does not answer counts as it last said. */
  totals(): Promise<TrafficTotals>;
  /** The latest requests that are over, the newest first. */
  recent(wanted: RecentWish): Promise<RecentRequest[]>;
  /** How long the core lets requests wait, to be read by any thread of this process. */
  readonly latency: RecentLatency;
}

/** What was counted. */
export interface TrafficTotals {
  /** As `counters.ts` arranges them. */
  readonly counters: ArrayLike<number>;
  /** Requests and upgraded connections that are with the core now. */
  readonly inFlight: number;
}

/** Which of the latest requests are wanted; what is left out does not matter. */
export interface RecentWish {
  readonly id?: string;
  /** The first digit of the status. */
  readonly statusClass?: number;
  readonly minDurationMs?: number;
  readonly pathPrefix?: string;
  /** Those that ended since, in milliseconds since the epoch. */
  readonly sinceMs?: number;
  readonly limit: number;
}

/** The two ends of a connection to the core. The core sees `localPort` as its peer's. */
export interface ConnectionEnds {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** When a request was with the core, in nanoseconds of CLOCK_MONOTONIC, which all processes of a machine share. */
export interface TimeWindow {
  /** It was given to its connection to the core. */
  readonly startNs: number;
  /** Its answer had come, or it was given up. */
  readonly endNs: number;
}

/** One request that is over. Of its target the path is known, never the query. */
export interface RecentRequest {
  readonly id: string;
  readonly method: string;
  /** Where it is longer than what is kept, its beginning. */
  readonly path: string;
  readonly isPathCut: boolean;
  /** The version of HTTP that the client spoke. */
  readonly protocol: string;
  /** The client's address. */
  readonly client: string;
  /** Of what was upgraded 101, or over HTTP/2 200; null where the client had gone before it was told any. */
  readonly status: number | null;
  readonly failure: Failure | null;
  /** ISO 8601, to the millisecond. */
  readonly startTime: string;
  /** Null where it never got a connection to the core. */
  readonly window: TimeWindow | null;
  readonly durationMs: number;
  /** From its head until the head of the answer; null where none came. */
  readonly firstByteMs: number | null;
  /** Of the duration: what was waited for. `sidecar`: for a connection to the core. */
  readonly waitedMs: { readonly client: number; readonly sidecar: number; readonly core: number };
  /** Of the bodies; of an upgraded connection, all. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly isUpgraded: boolean;
  /** How often it was sent again, on another connection. */
  readonly retries: number;
  /** The connection to the core that it went out on last. */
  readonly connection: ConnectionEnds | null;
}

/** Tells whether a request is one of those that are wanted. */
export function isWanted(request: RecentRequest, wish: Omit<RecentWish, "limit">): boolean {
  const { id, statusClass, minDurationMs = 0, pathPrefix = "", sinceMs } = wish;
  if (id !== undefined && request.id !== id) return false;
  if (statusClass !== undefined && Math.floor((request.status ?? 0) / 100) !== statusClass) return false;
  if (sinceMs !== undefined && endTimeMs(request) < sinceMs) return false;
  return request.durationMs >= minDurationMs && request.path.startsWith(pathPrefix);
}

/** When a request was over, in milliseconds since the epoch. */
export function endTimeMs({ startTime, durationMs }: RecentRequest): number {
  return Date.parse(startTime) + durationMs;
}
