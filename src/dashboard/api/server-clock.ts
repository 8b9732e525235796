/** The sidecar's clock, as its answers tell it: moments that it names are compared with it, not with this machine's. */

/** `Date` has whole seconds, and an answer takes a while: less is no difference. */
const NOISE_MS = 2_000;

let aheadMs = 0;

/** Learns from the `Date` of an answer (RFC 9110, section 6.6.1). */
export function learnServerTime(date: string | null, nowMs = Date.now()): void {
  const toldMs = Date.parse(date ?? "");
  if (Number.isNaN(toldMs)) return;
  const foundMs = toldMs + 500 - nowMs;
  // A difference that is known already is kept as it is, so that what counts up does not jump.
  if (Math.abs(foundMs - aheadMs) > NOISE_MS) aheadMs = Math.abs(foundMs) > NOISE_MS ? foundMs : 0;
}

/** The time by the sidecar's clock, in milliseconds since 1970. */
export function serverNow(nowMs = Date.now()): number {
  return nowMs + aheadMs;
}
