import type { Trace } from "../../api/api-types.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { linkTo } from "../../state/place.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { bytes, clock, count, duration } from "../../ui/format.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { Figure, headsOf, ScrollTable } from "../../ui/scroll-table.tsx";
import { endWords } from "./end-words.ts";

const LOOK_EVERY_MS = 3_000;
const HEADS = [...headsOf(["Trace", "State", "Began"], ["Lasted", "Events"]), { title: "End" }];

/** The traces that run, and those that are kept. */
export function TraceList() {
  const list = useAnswer("GET /traces", { everyMs: LOOK_EVERY_MS });
  return (
    <section aria-labelledby="kept-traces">
      <h2 id="kept-traces">Running and kept</h2>
      <Loaded of={list}>
        {({ traces, heldBytes, maxHeldBytes }) =>
          traces.length === 0 ? (
            <p class="dim">
              None yet. A trace is kept for a while after its end, so that you can look at it again.
            </p>
          ) : (
            <>
              <Table traces={traces} />
              <p class="dim">
                They take {bytes(heldBytes)} of {bytes(maxHeldBytes)} memory; the oldest makes room for new
                ones.
              </p>
            </>
          )
        }
      </Loaded>
    </section>
  );
}

function Table({ traces }: { traces: readonly Trace[] }) {
  return (
    <ScrollTable label="Traces that run and that are kept" heads={HEADS}>
      {traces.map((trace) => (
        <Row key={trace.id} trace={trace} />
      ))}
    </ScrollTable>
  );
}

function Row({ trace }: { trace: Trace }) {
  const { id, process, kind, state, startedAt, durationMs, events } = trace;
  const words = endWords(trace);
  return (
    <tr>
      <td>
        <a href={linkTo(["trace"], { trace: id })}>
          {process.name} ({process.pid})
        </a>
        {kind === "recorder" ? <span class="dim"> flight recorder</span> : null}
      </td>
      <td>
        <Badge tone={toneOf(trace)}>
          {state === "running" ? "running" : kind === "snapshot" ? "snapshot" : "ended"}
        </Badge>
      </td>
      <td class="nowrap">{clock(startedAt)}</td>
      <Figure>{duration(durationMs)}</Figure>
      <Figure>{count(events)}</Figure>
      <td>{words?.says}</td>
    </tr>
  );
}

/** How good a state is. */
export function toneOf(trace: Trace): Tone {
  if (trace.state === "running") return "good";
  return trace.state === "failed" || endWords(trace)?.isSparing === true ? "bad" : "plain";
}
