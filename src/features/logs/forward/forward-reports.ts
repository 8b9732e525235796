import { counter, gauge, type MetricFamily } from "../../../web/metrics/metric-family.ts";
import type { CapabilityPart, CheckResult, HealthCheck } from "../../feature.ts";
import { cursorOf } from "../cursor.ts";
import type { ForwarderReport } from "./forward-schema.ts";
import type { ForwardState } from "./forward-state.ts";
import type { Forwarder } from "./forwarder.ts";

/** What the forwarders tell of themselves: to people, to the health, and to Prometheus. */

/** Trouble that is over so soon is nobody's concern. */
const CONCERN_MS = 5_000;
/** How long a line may wait. */
const MAX_LAG_SECONDS = 120;
/** How long a line that was set aside is spoken of. */
const SET_ASIDE_MS = 600_000;

/** For `GET /logs`. */
export async function reportOf({
  destination,
  to,
  file,
  state,
  lagBytes,
}: Forwarder): Promise<ForwarderReport> {
  const { trouble, place, lines, setAside, losses, failures, lastSentAt } = state;
  return {
    ...{ destination, to, name: file.name, state: trouble === null ? "sending" : "failing" },
    cursor: place === null ? null : cursorOf(place),
    ...{ lagBytes: await lagBytes(), lagSeconds: lagSecondsOf(state) },
    ...{ lines, setAside, losses, failures },
    lastSentAt: lastSentAt === null ? null : new Date(lastSentAt).toISOString(),
    ...(trouble === null ? {} : { problem: problemOf(trouble) }),
  };
}

/** For the capabilities. */
export function capabilityPartOf({ destination, file, state: { trouble } }: Forwarder): CapabilityPart {
  return {
    name: `${file.name}: forward to ${destination}`,
    works: trouble === null,
    ...(trouble === null ? {} : { reason: trouble.detail }),
    ...(trouble?.remedy === undefined ? {} : { remedy: trouble.remedy }),
  };
}

/** The check of all forwarders. It warns: the app does not depend on it. */
export function forwardingCheck(forwarders: () => readonly Forwarder[]): HealthCheck {
  return {
    name: "log-forwarding",
    affectsReadiness: false,
    run: async () => judge(forwarders(), Date.now()),
  };
}

function judge(forwarders: readonly Forwarder[], nowMs: number): CheckResult {
  const complaints = forwarders.flatMap(({ destination, file, state }) => {
    const complaint = complaintOf(state, nowMs);
    if (complaint === undefined) return [];
    return [{ detail: `${file.name} to ${destination}: ${complaint.detail}`, remedy: complaint.remedy }];
  });
  const [first] = complaints;
  const figures = {
    forwarders: forwarders.length,
    failing: complaints.length,
    worstLagSeconds: Math.max(0, ...forwarders.map(({ state }) => lagSecondsOf(state))),
  };
  if (first === undefined) {
    return { status: "pass", detail: "The logs are forwarded.", figures };
  }
  const { detail, remedy } = first;
  return { status: "warn", detail, figures, ...(remedy === undefined ? {} : { remedy }) };
}

function complaintOf(
  state: ForwardState,
  nowMs: number,
): { detail: string; remedy?: string | undefined } | undefined {
  const { trouble, lastSetAsideAt, setAside } = state;
  if (trouble !== null && nowMs - trouble.sinceMs >= CONCERN_MS) return problemOf(trouble);
  const lag = lagSecondsOf(state);
  if (lag > MAX_LAG_SECONDS) return { detail: `The oldest line waits for ${lag} s.` };
  if (lastSetAsideAt !== null && nowMs - lastSetAsideAt < SET_ASIDE_MS) {
    return { detail: `${setAside} lines were refused, and set aside; the sidecar's log says why.` };
  }
  return undefined;
}

function problemOf({ detail, remedy }: NonNullable<ForwardState["trouble"]>) {
  return { detail, ...(remedy === undefined ? {} : { remedy }) };
}

function lagSecondsOf({ waitingSinceMs }: ForwardState): number {
  return waitingSinceMs === null ? 0 : Math.max(0, Math.round((Date.now() - waitingSinceMs) / 100) / 10);
}

/** For Prometheus. */
export async function forwardMetrics(forwarders: readonly Forwarder[]): Promise<readonly MetricFamily[]> {
  const lags = await Promise.all(forwarders.map(({ lagBytes }) => lagBytes()));
  const values = (of: (state: ForwardState) => number) =>
    forwarders.map((each) => [labelsOf(each), of(each.state)] as const);
  return [
    counter(
      "tickbird_log_forwarded_lines",
      "Lines of the app's logs that a destination has taken.",
      values(({ lines }) => lines),
    ),
    counter(
      "tickbird_log_forwarded_bytes",
      "What these take in the logs.",
      values(({ bytes }) => bytes),
    ),
    counter(
      "tickbird_log_forwarded_batches",
      "Batches that were taken.",
      values(({ batches }) => batches),
    ),
    counter(
      "tickbird_log_forward_failures",
      "Attempts to send a batch that did not succeed.",
      values(({ failures }) => failures),
    ),
    counter(
      "tickbird_log_forward_set_aside_lines",
      "Lines that a destination refused, and that are not sent again.",
      values(({ setAside }) => setAside),
    ),
    counter(
      "tickbird_log_forward_losses",
      "How often a rotation took lines away before they could be read.",
      values(({ losses }) => losses),
    ),
    gauge("tickbird_log_forward_lag_seconds", "How long the oldest line waits.", values(lagSecondsOf)),
    gauge(
      "tickbird_log_forward_lag_bytes",
      "What of the file is not taken yet.",
      forwarders.map((each, index) => [labelsOf(each), lags[index] ?? null] as const),
    ),
  ];
}

function labelsOf({ destination, file }: Forwarder) {
  return { destination, file: file.name };
}
