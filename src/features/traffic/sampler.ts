import { nowMs } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import { everySecond } from "../../base/every-second.ts";
import type { Logger } from "../../web/log.ts";
import type { TrafficSource } from "../../web/traffic/traffic.ts";
import type { TrafficSample } from "./history-columns.ts";
import type { TrafficHistoryRecorder } from "./recorder.ts";
import { countsOf } from "./traffic-counts.ts";

/** Where the sampler has the figures from, and where it writes them to. */
export interface SamplerDeps {
  readonly traffic: () => Promise<TrafficSource>;
  readonly recorder: TrafficHistoryRecorder;
  readonly log: Logger;
}

/** Records the traffic every second, from when there is any until `signal` fires. Never rejects. */
export async function sampleTraffic(
  { traffic, recorder, log }: SamplerDeps,
  signal: AbortSignal,
): Promise<void> {
  // Where the start fails, there never is any.
  const stopped = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  let lastTrouble = "";
  const trouble = (error: unknown) => {
    // It would be the same every second.
    if (messageOf(error) !== lastTrouble) log.warn({ err: error }, "the traffic could not be read");
    lastTrouble = messageOf(error);
    return undefined;
  };
  const source = await Promise.race([traffic().catch(trouble), stopped]);
  if (source === undefined) return;
  await everySecond(async (second) => {
    const sample = await look(source).catch(trouble);
    recorder.record(second, nowMs(), sample);
  }, signal);
}

async function look(source: TrafficSource): Promise<TrafficSample> {
  const { counters, inFlight } = await source.totals();
  return { counts: countsOf(counters), inFlight, latency: source.latency.read() };
}
