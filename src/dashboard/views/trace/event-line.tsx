import type { TraceEvent } from "../../api/api-types.ts";
import { duration } from "../../ui/format.ts";
import { momentOf, rowTexts } from "./event-text.ts";

/** The height of a line of a trace, in pixels. */
export const LINE_HEIGHT = 24;

/** An event as a line, which opens all there is to know of it. Columns by characters: a grid in each line would hold scrolling up. */
export function EventLine({ event, onShow }: { event: TraceEvent; onShow: (event: TraceEvent) => void }) {
  const [time, tid] = event.type === "unparsed" ? [null, ""] : [event.time, event.tid];
  const { name, middle, result } = rowTexts(event);
  const took = event.type === "call" ? duration(msOf(event.durationNs)) : "";
  const isFailed = event.type === "call" && event.errno !== null;
  return (
    <button type="button" class={`trace-line ${isFailed ? "bad" : ""}`} onClick={() => onShow(event)}>
      <span class="dim">
        {(time === null ? "" : momentOf(time)).padEnd(16)}
        <span class="trace-thread">{String(tid).padStart(7)} </span>
        {took.padStart(8)}{" "}
      </span>
      <span class="trace-call">
        <b>{name}</b>
        {middle}
      </span>
      <span class="trace-result">{result}</span>
    </button>
  );
}

/** Nanoseconds as milliseconds; null stays null. */
export function msOf(nanoseconds: number | null): number | null {
  return nanoseconds === null ? null : nanoseconds / 1e6;
}
