import type { EventLoopDelay } from "../base/event-loop-delay.ts";
import type { LatencySecond } from "../base/recent-latency.ts";
import type { FrontSettings } from "../front.ts";
import type { RecentRequest, RecentWish } from "../web/traffic/traffic.ts";
import type { RelayAddress } from "./relay-call.ts";

/** What the primary process and its workers say to each other, on the channel of a forked process (JSON). */

/** What handshakes use, as it travels. */
export interface SentMaterial {
  readonly certPem: string;
  readonly keyPem: string;
  readonly ticketKeysBase64: string;
}

/** All that a worker needs to begin. */
export interface Assignment {
  /** With this worker's shares of the limits. */
  readonly settings: FrontSettings;
  readonly material: SentMaterial;
  readonly clientCa?: string;
  readonly relay: RelayAddress;
  /** The one in force, which a reload may have changed since. */
  readonly logLevel: string;
  /** Whether clients are to go elsewhere next time, from the beginning. */
  readonly isClosing: boolean;
}

/** How a worker does. */
export interface WorkerReport {
  /** Requests and upgraded connections that are with the core. */
  readonly inFlight: number;
  /** Since the report before. */
  readonly eventLoopDelay: EventLoopDelay;
}

/** What a worker has counted of its traffic since its start; as `TrafficTotals`, but that JSON knows no typed arrays. */
export interface WorkerTotals {
  readonly counters: readonly number[];
  readonly inFlight: number;
}

/** What the primary says. */
export type ToWorker =
  | { readonly kind: "begin"; readonly assignment: Assignment }
  /** With the connection itself. */
  | { readonly kind: "connection" }
  | { readonly kind: "material"; readonly material: SentMaterial }
  | { readonly kind: "log-level"; readonly level: string }
  /** Clients are to go elsewhere next time. */
  | { readonly kind: "closing" }
  | { readonly kind: "report" }
  | { readonly kind: "count" }
  | { readonly kind: "find"; readonly wish: RecentWish }
  | { readonly kind: "drain" };

/** What a worker says. */
export type ToPrimary =
  /** It can be given connections. */
  | { readonly kind: "ready" }
  /** The connection that it was given longest ago is its own now. */
  | { readonly kind: "taken" }
  | { readonly kind: "start-failed"; readonly message: string; readonly remedy?: string }
  | { readonly kind: "reported"; readonly report: WorkerReport }
  | { readonly kind: "counted"; readonly totals: WorkerTotals }
  /** Once a second, where there was anything to tell. */
  | { readonly kind: "latency"; readonly latency: LatencySecond }
  | { readonly kind: "found"; readonly requests: readonly RecentRequest[] }
  | { readonly kind: "drained"; readonly isClean: boolean };

const TO_WORKER = new Set<string>([
  ...["begin", "connection", "material", "log-level", "closing", "report", "count", "find", "drain"],
]);
const TO_PRIMARY = new Set<string>([
  ...["ready", "taken", "start-failed", "reported", "counted", "latency", "found", "drained"],
]);

/** Tells whether a message is one of ours: both ends are of one version, so its kind says what is in it. */
export function isToWorker(message: unknown): message is ToWorker {
  return TO_WORKER.has(kindOf(message));
}

/** As {@link isToWorker}, in the other direction. */
export function isToPrimary(message: unknown): message is ToPrimary {
  return TO_PRIMARY.has(kindOf(message));
}

function kindOf(message: unknown): string {
  return typeof message === "object" && message !== null && "kind" in message ? String(message.kind) : "";
}
