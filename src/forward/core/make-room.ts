/**
 * Who gives up a connection to the core when all are taken and requests wait: what a slow client does must not keep the
 * others from the app.
 */

/** An exchange that goes on no faster than its client lets it. */
export interface HeldUp {
  /** Whose fault it is: an address. */
  readonly client: string;
  /** Since the request was sent. */
  readonly forMs: number;
  /** Of both bodies, on average. */
  readonly bytesPerSecond: number;
}

/** A younger one may only have begun slowly. */
const YOUNG_MS = 2_000;
/** Slower than any link that people still use for the web. */
const HOPELESS_BYTES_PER_SECOND = 1_024;
/** One client that holds up more than this share of all connections is one too many, whatever its pace. */
const FAIR_SHARE = 0.25;

/**
 * Chooses what makes room: the slowest exchange of the client that holds up most, where that is more than a fair share
 * of `max` connections; else the slowest of all, where it is hopeless.
 * @returns undefined where nobody has to give way.
 */
export function chooseToEnd<T extends { readonly heldUp: HeldUp | undefined }>(
  candidates: Iterable<T>,
  max: number,
): T | undefined {
  const byClient = new Map<string, Slow<T>[]>();
  for (const candidate of candidates) {
    const { heldUp } = candidate;
    if (heldUp === undefined || heldUp.forMs < YOUNG_MS) continue;
    const others = byClient.get(heldUp.client);
    if (others === undefined) byClient.set(heldUp.client, [{ candidate, heldUp }]);
    else others.push({ candidate, heldUp });
  }
  const most = [...byClient.values()].toSorted((one, other) => other.length - one.length)[0] ?? [];
  if (most.length > max * FAIR_SHARE) return slowestOf(most)?.candidate;
  const slowest = slowestOf([...byClient.values()].flat());
  return slowest !== undefined && slowest.heldUp.bytesPerSecond < HOPELESS_BYTES_PER_SECOND
    ? slowest.candidate
    : undefined;
}

interface Slow<T> {
  readonly candidate: T;
  readonly heldUp: HeldUp;
}

function slowestOf<T>(all: readonly Slow<T>[]): Slow<T> | undefined {
  return all.toSorted((one, other) => one.heldUp.bytesPerSecond - other.heldUp.bytesPerSecond)[0];
}
