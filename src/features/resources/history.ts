import { namedValues } from "../../base/history-columns.ts";
import { readWindow, timeOf } from "../../base/history-window.ts";
import { HISTORY_COLUMNS } from "./history-columns.ts";
import type { Recorder } from "./recorder.ts";
import type { ResourceHistory } from "./resource-schema.ts";

/** The history of the last `windowSeconds`, as of the second `now`. */
export function historyOf(recorder: Recorder, windowSeconds: number, now: number): ResourceHistory {
  const { stepSeconds, fromSecond, intervals } = readWindow(recorder, windowSeconds, now);
  return {
    ...{ windowSeconds, stepSeconds },
    starts: recorder
      .starts()
      .filter(({ second }) => second >= fromSecond)
      .map(({ second, pid, startTime }) => ({ time: timeOf(second), pid, startTime })),
    points: intervals.map(({ time, row }) => ({ time, ...namedValues(HISTORY_COLUMNS, row) })),
  };
}
