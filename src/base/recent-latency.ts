import { monotonicMs, nowMs } from "./clock.ts";

/**
 * How long what was asked for took in the last seconds, in shared memory: one thread writes, any other may read, and
 * neither ever waits. A time is told with an error of at most an eighth (log-linear buckets).
 */

/** What was answered in one whole second. Times are upper bounds of their buckets. */
export interface LatencyReading {
  /** Answers that came. 0: the others say nothing. */
  readonly count: number;
  readonly meanMs: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  /** What is asked for and not answered at this moment: the only figure that moves where nothing is answered any more. */
  readonly waiting: number;
}

/** One second of a process, as another one takes it over. */
export interface LatencySecond {
  /** Of CLOCK_MONOTONIC. */
  readonly second: number;
  readonly sumMs: number;
  /** Those that are not empty. */
  readonly buckets: readonly (readonly [bucket: number, count: number])[];
  /** As {@link LatencyReading.waiting}. */
  readonly waiting: number;
}

/** Buckets in each doubling: their width is at most an eighth of their lower bound. */
const SUB_BITS = 3;
const SUBS = 2 ** SUB_BITS;
/** Up to 2^31 µs, 36 minutes; what takes longer is in the last. */
const MAX_US = 2 ** 31 - 1;
const BUCKETS = bucketOf(MAX_US) + 1;

/** A slot: which second it is of, how many, their sum in ms, and the buckets. */
const SECOND = 0;
const COUNT = 1;
const SUM_MS = 2;
const FIRST_BUCKET = 3;
const SLOT = FIRST_BUCKET + BUCKETS;
/** The slot that is read was last written a second ago or more, and is used again in two or three: no reader meets the writer. */
const SLOTS = 4;
const WAITING = 0;
/** How many seconds are not read yet: this one, and of what other processes send the one before. */
const UNREAD = 1;
const HEADER = 2;

/** The memory that is shared. */
export class RecentLatency {
  readonly buffer: SharedArrayBuffer;
  readonly #cells: Float64Array;

  /** @param buffer that of another thread, to be read; a new one, else. Of other processes: see {@link takeOver}. */
  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer((HEADER + SLOTS * SLOT) * 8)) {
    this.buffer = buffer;
    this.#cells = new Float64Array(buffer);
  }

  /** So much more is waited for, or less. */
  wait(change: number): void {
    this.#cells[WAITING] = (this.#cells[WAITING] ?? 0) + change;
  }

  /** An answer has come at `atMs`, by {@link nowMs}, after so long. */
  add(tookMs: number, atMs: number): void {
    const cells = this.#cells;
    const slot = this.#slotFor(secondAt(atMs));
    const bucket = slot + FIRST_BUCKET + bucketOf(Math.min(MAX_US, Math.max(0, Math.round(tookMs * 1_000))));
    cells[slot + COUNT] = (cells[slot + COUNT] ?? 0) + 1;
    cells[slot + SUM_MS] = (cells[slot + SUM_MS] ?? 0) + tookMs;
    cells[bucket] = (cells[bucket] ?? 0) + 1;
  }

  /** The last second that is over at `atMs`, for another process. */
  handOver(atMs: number): LatencySecond {
    const second = secondAt(atMs) - 1;
    const slot = slotOf(second);
    const [waiting = 0] = this.#cells;
    if (this.#cells[slot + SECOND] !== second) return { second, sumMs: 0, buckets: [], waiting };
    const counts = this.#cells.subarray(slot + FIRST_BUCKET, slot + SLOT);
    const buckets = [...counts].flatMap((count, bucket) => (count === 0 ? [] : [[bucket, count] as const]));
    return { second, sumMs: this.#cells[slot + SUM_MS] ?? 0, buckets, waiting };
  }

  /**
   * Adds a second of another process, but for what waits there. It comes when it is over, so from now on what is read is
   * the second before the last.
   */
  takeOver({ second, sumMs, buckets }: LatencySecond): void {
    const cells = this.#cells;
    cells[UNREAD] = 2;
    // So late that nobody reads it.
    if ((cells[slotOf(second) + SECOND] ?? 0) > second) return;
    const slot = this.#slotFor(second);
    cells[slot + SUM_MS] = (cells[slot + SUM_MS] ?? 0) + sumMs;
    for (const [bucket, count] of buckets) {
      cells[slot + COUNT] = (cells[slot + COUNT] ?? 0) + count;
      cells[slot + FIRST_BUCKET + bucket] = (cells[slot + FIRST_BUCKET + bucket] ?? 0) + count;
    }
  }

  /** The last second that is over at `atMs`, by {@link nowMs}, and known. From any thread. */
  read(atMs: number = nowMs()): LatencyReading {
    const second = secondAt(atMs) - Math.max(1, this.#cells[UNREAD] ?? 1);
    const cells = this.#cells.slice(slotOf(second), slotOf(second) + SLOT);
    const waiting = this.#cells[WAITING] ?? 0;
    const count = cells[SECOND] === second ? (cells[COUNT] ?? 0) : 0;
    if (count === 0) return { count, meanMs: null, p50Ms: null, p95Ms: null, p99Ms: null, waiting };
    return {
      count,
      meanMs: (cells[SUM_MS] ?? 0) / count,
      p50Ms: quantileMs(cells, count, 0.5),
      p95Ms: quantileMs(cells, count, 0.95),
      p99Ms: quantileMs(cells, count, 0.99),
      waiting,
    };
  }

  /** The slot of a second, made free of another one. */
  #slotFor(second: number): number {
    const slot = slotOf(second);
    if (this.#cells[slot + SECOND] !== second) {
      this.#cells.fill(0, slot, slot + SLOT);
      this.#cells[slot + SECOND] = second;
    }
    return slot;
  }
}

function secondAt(atMs: number): number {
  return Math.floor(monotonicMs(atMs) / 1_000);
}

function slotOf(second: number): number {
  return HEADER + (second % SLOTS) * SLOT;
}

function bucketOf(us: number): number {
  if (us < SUBS) return us;
  const exponent = 31 - Math.clz32(us);
  return (exponent - SUB_BITS + 1) * SUBS + ((us >>> (exponent - SUB_BITS)) & (SUBS - 1));
}

function quantileMs(cells: Float64Array, count: number, quantile: number): number {
  let left = Math.ceil(count * quantile);
  let bucket = 0;
  for (; bucket < BUCKETS - 1; bucket += 1) {
    left -= cells[FIRST_BUCKET + bucket] ?? 0;
    if (left <= 0) break;
  }
  return upperUs(bucket) / 1_000;
}

/** The first microsecond that is no longer in a bucket. */
function upperUs(bucket: number): number {
  if (bucket < SUBS) return bucket + 1;
  const exponent = Math.floor(bucket / SUBS) + SUB_BITS - 1;
  return (SUBS + (bucket % SUBS) + 1) * 2 ** (exponent - SUB_BITS);
}
