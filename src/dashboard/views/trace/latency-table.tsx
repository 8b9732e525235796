import { count, duration } from "../../ui/format.ts";
import { Figure, headsOf, ScrollTable } from "../../ui/scroll-table.tsx";
import type { Latency, LatencyShift } from "./latency.ts";

/** How long the app took before a trace, and takes while it runs; nothing where it was asked nothing. */
export function LatencyTable({ shift, isRunning }: { shift: LatencyShift; isRunning: boolean }) {
  const { before, during, secondsBefore } = shift;
  if (before.p50Ms === null && during.p50Ms === null) return null;
  return (
    <>
      <ScrollTable
        label="How long the app takes to answer"
        heads={headsOf(["App’s answers"], ["Half within", "95 % within", "Requests"])}
      >
        <Row name={`${duration(secondsBefore * 1_000)} before`} latency={before} />
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
