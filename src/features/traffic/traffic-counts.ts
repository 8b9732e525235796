import {
  FAILURES,
  type FailureSide,
  failureCell,
  METHODS,
  PROTOCOLS,
  requestCell,
  STATUS_CLASSES,
} from "../../web/traffic/counters.ts";

/** How many requests were over, and how many of them badly, since the start. */
export interface TrafficCounts {
  readonly requests: number;
  /** Answered with 4xx, and with 5xx. */
  readonly clientErrors: number;
  readonly serverErrors: number;
  /** Whose answer did not come whole from the core; of these, by the core's fault, and by the sidecar's. */
  readonly failures: number;
  readonly coreFailures: number;
  readonly sidecarFailures: number;
}

const CLASS_CELLS = STATUS_CLASSES.map((_, byStatus) =>
  METHODS.flatMap((_method, byMethod) =>
    PROTOCOLS.map((_protocol, byProtocol) => requestCell(byMethod, byStatus, byProtocol)),
  ),
);
const ALL_CELLS = CLASS_CELLS.flat();
const CLIENT_ERROR_CELLS = CLASS_CELLS[STATUS_CLASSES.indexOf("4xx")] ?? [];
const SERVER_ERROR_CELLS = CLASS_CELLS[STATUS_CLASSES.indexOf("5xx")] ?? [];
const FAILURE_CELLS = FAILURES.map((_, index) => failureCell(index));

/** Sums the counters up; later changes of the array do not reach it. */
export function countsOf(counters: ArrayLike<number>): TrafficCounts {
  const sum = (cells: readonly number[]) => cells.reduce((all, cell) => all + (counters[cell] ?? 0), 0);
  return {
    requests: sum(ALL_CELLS),
    clientErrors: sum(CLIENT_ERROR_CELLS),
    serverErrors: sum(SERVER_ERROR_CELLS),
    failures: sum(FAILURE_CELLS),
    coreFailures: sum(failuresOf("core")),
    sidecarFailures: sum(failuresOf("sidecar")),
  };
}

function failuresOf(whose: FailureSide): readonly number[] {
  return FAILURE_CELLS.filter((_, index) => FAILURES[index]?.side === whose);
}
