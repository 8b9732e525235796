/** Durations, counted in buckets: its size does not grow with what it counts. */
export interface Histogram {
  add(durationNs: number): void;
  /** The duration that this share of them stays within, at most 7 % too long; 0 where there are none. */
  quantileNs(share: number): number;
}

/** So many buckets for each power of two. */
const PARTS = 16;
/** Up to 2^50 nanoseconds: thirteen days. */
const BUCKETS = PARTS * 47;

/** Makes an empty one: 3 KiB. */
export function createHistogram(): Histogram {
  const counts = new Uint32Array(BUCKETS);
  let total = 0;
  return {
    add(durationNs) {
      const bucket = bucketOf(Math.floor(durationNs));
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      total += 1;
    },
    quantileNs(share) {
      const rank = Math.max(1, Math.ceil(share * total));
      let seen = 0;
      const bucket = counts.findIndex((count) => {
        seen += count;
        return seen >= rank;
      });
      return bucket === -1 ? 0 : lastOf(bucket);
    },
  };
}

function bucketOf(nanoseconds: number): number {
  if (nanoseconds < PARTS) return nanoseconds;
  const power = Math.floor(Math.log2(nanoseconds));
  const part = Math.floor((nanoseconds / 2 ** power) * PARTS) - PARTS;
  return Math.min(BUCKETS - 1, (power - 3) * PARTS + part);
}

/** The longest duration in a bucket. */
function lastOf(bucket: number): number {
  if (bucket < PARTS) return bucket;
  const power = Math.floor(bucket / PARTS) + 3;
  return Math.ceil((((bucket % PARTS) + PARTS + 1) * 2 ** power) / PARTS) - 1;
}
