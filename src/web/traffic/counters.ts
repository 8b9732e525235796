/**
 * The counters of forwarded traffic: one array of numbers, so that counting is a few additions, and that those of several
 * processes are summed cell by cell. They only grow.
 */

/** The methods that are counted by name; every other is `other`, since clients invent them. */
export const METHODS = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
  "CONNECT",
  "other",
] as const;
/** The classes of statuses. `none`: the client was told none, since it had gone. */
export const STATUS_CLASSES = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"] as const;
/** The versions of HTTP that clients speak. */
export const PROTOCOLS = ["1.0", "1.1", "2.0"] as const;

/** Whose fault a failure is. */
export type FailureSide = "client" | "sidecar" | "core";

/** What is counted as a failure: that the client has gone, and the codes of the sidecar's own answers in the core's place. */
export const FAILURES = [
  { reason: "client-gone", side: "client" },
  { reason: "bad-request", side: "client" },
  { reason: "body-too-large", side: "client" },
  { reason: "request-timeout", side: "client" },
  { reason: "core-unavailable", side: "core" },
  { reason: "core-timeout", side: "core" },
  { reason: "core-reset", side: "core" },
  { reason: "core-protocol-error", side: "core" },
  { reason: "core-busy", side: "sidecar" },
  { reason: "other", side: "sidecar" },
] as const satisfies readonly { readonly reason: string; readonly side: FailureSide }[];

/** A failure. */
export type Failure = (typeof FAILURES)[number];

/** The upper bounds of the buckets of durations, in seconds, each included; a further bucket takes what is longer. */
export const BOUNDS_SECONDS: readonly number[] = [
  ...[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
];

/** A histogram: its buckets, not cumulated, then the sum of what was observed, in seconds. */
const HISTOGRAM_CELLS = BOUNDS_SECONDS.length + 2;

/** Where things begin in the array. */
const REQUESTS = 0;
const DURATIONS = REQUESTS + METHODS.length * STATUS_CLASSES.length * PROTOCOLS.length;
const RESPONSES = DURATIONS + STATUS_CLASSES.length * HISTOGRAM_CELLS;
const FAILED = RESPONSES + HISTOGRAM_CELLS;
const SINGLE = FAILED + FAILURES.length;

/**
 * The cells of counters without labels. Bytes are those of bodies; of upgraded connections all, to the core and to the
 * client. The CPU time is that of the processes that forward, whatever else they do.
 */
export const CELL_OF = {
  retries: SINGLE,
  upgrades: SINGLE + 1,
  requestBytes: SINGLE + 2,
  responseBytes: SINGLE + 3,
  toCoreBytes: SINGLE + 4,
  toClientBytes: SINGLE + 5,
  cpuSeconds: SINGLE + 6,
} as const;

/** How many numbers there are. */
export const COUNTER_CELLS = SINGLE + Object.keys(CELL_OF).length;

/** The place of a method in {@link METHODS}. */
export function methodIndex(method: string): number {
  if (method === "GET") return 0;
  const index = (METHODS as readonly string[]).indexOf(method);
  return index === -1 ? METHODS.length - 1 : index;
}

/** The place of the class of a status in {@link STATUS_CLASSES}; 0, and statuses beyond 5xx, which are `none`. */
export function statusClassIndex(status: number): number {
  const index = Math.floor(status / 100);
  return index < STATUS_CLASSES.length ? index : 0;
}

/** The place of a version in {@link PROTOCOLS}. */
export function protocolIndex(version: (typeof PROTOCOLS)[number]): number {
  return version === "1.1" ? 1 : version === "2.0" ? 2 : 0;
}

/** The place of a failure in {@link FAILURES}. */
export function failureIndex(reason: string): number {
  const index = FAILURES.findIndex((failure) => failure.reason === reason);
  return index === -1 ? FAILURES.length - 1 : index;
}

/** The cell that counts requests of these. */
export function requestCell(method: number, statusClass: number, protocol: number): number {
  return REQUESTS + (method * STATUS_CLASSES.length + statusClass) * PROTOCOLS.length + protocol;
}

/** The cell that counts failures of a kind. */
export function failureCell(failure: number): number {
  return FAILED + failure;
}

/** Observes how long a whole request took. */
export function observeDuration(counters: Float64Array, statusClass: number, seconds: number): void {
  observe(counters, DURATIONS + statusClass * HISTOGRAM_CELLS, seconds);
}

/** Observes how long the core took until the head of its answer. */
export function observeResponse(counters: Float64Array, seconds: number): void {
  observe(counters, RESPONSES, seconds);
}

function observe(counters: Float64Array, first: number, seconds: number): void {
  let bucket = 0;
  while (bucket < BOUNDS_SECONDS.length && seconds > (BOUNDS_SECONDS[bucket] ?? 0)) bucket += 1;
  const sum = first + HISTOGRAM_CELLS - 1;
  counters[first + bucket] = (counters[first + bucket] ?? 0) + 1;
  counters[sum] = (counters[sum] ?? 0) + seconds;
}

/** A histogram as it was observed. */
export interface Histogram {
  /** Of each bucket of {@link BOUNDS_SECONDS}, and of what is longer; not cumulated. */
  readonly counts: readonly number[];
  readonly sumSeconds: number;
}

/** How long whole requests of a class of statuses took. */
export function durationsOf(counters: ArrayLike<number>, statusClass: number): Histogram {
  return histogramAt(counters, DURATIONS + statusClass * HISTOGRAM_CELLS);
}

/** How long the core took until the head of its answer. */
export function responsesOf(counters: ArrayLike<number>): Histogram {
  return histogramAt(counters, RESPONSES);
}

function histogramAt(counters: ArrayLike<number>, first: number): Histogram {
  const counts = Array.from(
    { length: BOUNDS_SECONDS.length + 1 },
    (_, index) => counters[first + index] ?? 0,
  );
  return { counts, sumSeconds: counters[first + HISTOGRAM_CELLS - 1] ?? 0 };
}

/** Adds the counters of one process to a sum. */
export function addCounters(sum: Float64Array, more: ArrayLike<number>): void {
  for (let cell = 0; cell < sum.length; cell += 1) sum[cell] = (sum[cell] ?? 0) + (more[cell] ?? 0);
}
