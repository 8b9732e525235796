import { counter, gauge, type MetricFamily } from "../../../web/metrics/metric-family.ts";
import type { Change, ChangeState } from "./change.ts";

/** How changes ended since the sidecar was started. */
export interface ChangeCounts {
  /** Counts one that is over. */
  count(change: Change): void;
  /** For Prometheus. @param running how many are not over. */
  metrics(running: number): readonly MetricFamily[];
}

/** Counts nothing yet. */
export function createChangeCounts(): ChangeCounts {
  const ended = { done: 0, "rolled-back": 0, failed: 0 };
  const isEnd = (state: ChangeState): state is keyof typeof ended => state !== "running";
  return {
    count({ state }) {
      if (isEnd(state)) ended[state] += 1;
    },
    metrics: (running) => [
      counter(
        "tickbird_config_changes",
        "Changes of the app's configuration, by how they ended.",
        Object.entries(ended).map(([result, value]) => [{ result }, value] as const),
      ),
      gauge("tickbird_config_changes_running", "Changes that the app is being made to take.", running),
    ],
  };
}
