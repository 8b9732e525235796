import { RecentLatency } from "../../../base/recent-latency.ts";

/**
 * Makes a check whether the requests that are forwarded to the app wait longer than they may, and did not before.
 * @param buffer of the {@link RecentLatency} that the forwarder writes; undefined where nothing is forwarded.
 * @param maxMs for half of the answers of a second; 0 for any time.
 */
export function createLatencyCheck(buffer: SharedArrayBuffer | undefined, maxMs: number): () => boolean {
  if (buffer === undefined || maxMs === 0) return () => false;
  const latency = new RecentLatency(buffer);
  const isSlow = () => (latency.read().p50Ms ?? 0) > maxMs;
  // An app that is as slow without a trace is not spared by its end; who looks into it wants to know why it is.
  const wasSlow = isSlow();
  return () => !wasSlow && isSlow();
}
