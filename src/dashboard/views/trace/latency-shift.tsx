import { useState } from "preact/hooks";
import type { Trace } from "../../api/api-types.ts";
import { serverNow } from "../../api/server-clock.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { count, duration } from "../../ui/format.ts";
import { Figure, headsOf, ScrollTable } from "../../ui/scroll-table.tsx";
import { type Latency, type LatencyShift as Shift, shiftOf, windowFor } from "./latency.ts";

const LOOK_EVERY_MS = 2_000;

/** What a trace costs the app's clients: how long the app took before it, and takes while it runs. */
export function LatencyShift({ trace }: { trace: Trace }) {
  const { value: index } = useAnswer("GET /");
  // Chosen anew only with another trace: a window that changes begins anew.
  const [opened] = useState(() => serverNow());
  const isRunning = trace.state === "running";
  const window = windowFor(trace.startedAt, isRunning ? serverNow() : opened);
  const isOn = index?.links["traffic/history"] !== undefined && window !== undefined;
  const { value, error } = useAnswer("GET /traffic/history", {
    query: { window },
    if: isOn,
    ...(isRunning ? { everyMs: LOOK_EVERY_MS } : {}),
  });
  if (!isOn) return null;
  if (value === undefined) {
    return error === undefined ? null : (
      <p class="dim">How long the app takes is not known: {error.message}</p>
    );
  }
  return <Told shift={shiftOf(value, trace)} isRunning={isRunning} />;
}

function Told({ shift, isRunning }: { shift: Shift; isRunning: boolean }) {
  const { before, during, secondsBefore } = shift;
  const span = duration(secondsBefore * 1_000);
  if (before.p50Ms === null && during.p50Ms === null) {
    return (
      <p class="dim">
        Whether the app answers slower than before can’t be told: it answered nothing in the {span} before the
        trace, and nothing {isRunning ? "since" : "while it ran"}.
      </p>
    );
  }
  return (
    <>
      <ScrollTable
        label="How long the app takes to answer"
        heads={headsOf(["App’s answers"], ["Half within", "95 % within", "Requests"])}
      >
        <Row name={`${span} before`} latency={before} />
        <Row name={isRunning ? "Since it began" : "While it ran"} latency={during} />
      </ScrollTable>
      {before.p50Ms === null || during.p50Ms === null ? (
        <p class="dim">A dash: nothing was answered then, or no whole second of it has been counted yet.</p>
      ) : null}
    </>
  );
}

function Row({ name, latency: { p50Ms, p95Ms, requests } }: { name: string; latency: Latency }) {
  return (
    <tr>
      <td>{name}</td>
      <Figure>{duration(p50Ms)}</Figure>
      <Figure>{duration(p95Ms)}</Figure>
      <Figure>{count(requests)}</Figure>
    </tr>
  );
}
