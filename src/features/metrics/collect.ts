import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "../../web/log.ts";
import { gauge, type MetricFamily } from "../../web/metrics/metric-family.ts";
import type { Feature } from "../feature.ts";

/** Collects the metrics of all features, and takes no harm from one that fails or hangs. */

/** How long a feature may take: shorter than the 10 seconds after which Prometheus gives a scrape up. */
export const COLLECT_TIMEOUT_MS = 5_000;

/** What came of one feature; undefined where it has failed, or not come in time. */
interface Collected {
  readonly name: string;
  readonly families: readonly MetricFamily[] | undefined;
}

/**
 * Makes the collection. Who asks while a feature is still at an earlier question shares its answer: two scrapers cost no
 * more than one.
 */
export function createCollection(
  log: Logger,
  timeoutMs: number,
): (features: readonly Feature[]) => Promise<readonly MetricFamily[]> {
  const open = new Map<Feature, Promise<readonly MetricFamily[] | undefined>>();

  const ask = (feature: Feature): Promise<readonly MetricFamily[] | undefined> => {
    const earlier = open.get(feature);
    if (earlier !== undefined) return earlier;
    const answer = metricsOf(feature, log).finally(() => open.delete(feature));
    open.set(feature, answer);
    return answer;
  };

  const collect = async (feature: Feature): Promise<Collected> => {
    const stop = new AbortController();
    const { signal } = stop;
    const late = delay(timeoutMs, undefined, { signal }).catch(() => undefined);
    const families = await Promise.race([ask(feature), late]);
    stop.abort();
    return { name: feature.name, families };
  };

  return async (features) => {
    const telling = features.filter(({ metrics }) => metrics !== undefined);
    const collected = await Promise.all(telling.map(collect));
    return [
      ...collected.flatMap(({ families = [] }) => families),
      gauge(
        "tickbird_collect_success",
        "Whether the metrics of a feature could be collected.",
        collected.map(({ name, families }) => [{ feature: name }, families === undefined ? 0 : 1] as const),
      ),
    ];
  };
}

async function metricsOf(feature: Feature, log: Logger): Promise<readonly MetricFamily[] | undefined> {
  try {
    return await feature.metrics?.();
  } catch (error) {
    log.warn({ feature: feature.name, err: error }, "the metrics of a feature could not be collected");
    return undefined;
  }
}
