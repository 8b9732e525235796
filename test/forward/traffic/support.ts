import type { TrafficRecorder } from "../../../src/forward/traffic/recorder.ts";
import {
  FAILURES,
  failureCell,
  METHODS,
  PROTOCOLS,
  requestCell,
  STATUS_CLASSES,
} from "../../../src/web/traffic/counters.ts";
import type { RecentRequest } from "../../../src/web/traffic/traffic.ts";
import type { Front } from "../../support/front.ts";
import { poll } from "../../support/poll.ts";

/** The recorder of a front. */
export function recorderOf(front: Pick<Front, "forwarder">): TrafficRecorder {
  const { traffic } = front.forwarder;
  if (traffic === undefined) throw new Error("the traffic is not counted");
  return traffic;
}

/** The requests that were counted, by `<method> <status class> <protocol>`. */
export function requestsOf(counters: ArrayLike<number>): Record<string, number> {
  return Object.fromEntries(
    METHODS.flatMap((method, byMethod) =>
      STATUS_CLASSES.flatMap((status, byStatus) =>
        PROTOCOLS.map(
          (protocol, byProtocol) =>
            [
              `${method} ${status} ${protocol}`,
              counters[requestCell(byMethod, byStatus, byProtocol)] ?? 0,
            ] as const,
        ),
      ),
    ).filter(([, count]) => count > 0),
  );
}

/** The failures that were counted, by `<side>: <reason>`. */
export function failuresOf(counters: ArrayLike<number>): Record<string, number> {
  return Object.fromEntries(
    FAILURES.map(
      ({ side, reason }, index) => [`${side}: ${reason}`, counters[failureCell(index)] ?? 0] as const,
    ).filter(([, count]) => count > 0),
  );
}

/** The newest request, once so many are over. */
export function newest(traffic: TrafficRecorder, count = 1): Promise<RecentRequest> {
  return poll(`${count} requests to be over`, () => {
    const requests = traffic.recent({ limit: 1_000 });
    return requests.length >= count && requests[0];
  });
}
