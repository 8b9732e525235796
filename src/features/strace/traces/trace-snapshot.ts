import { newResultId } from "../../../web/kept-results.ts";
import { type KeptRecords, summariseKept } from "./kept-records.ts";

/** What another trace has kept at this moment; the two share its memory. */
export function takeSnapshot(kept: KeptRecords): KeptRecords {
  const { asked, head, spanMs } = kept;
  const [events, lines] = [kept.events.copy(), kept.lines.copy()];
  return {
    ...{ id: newResultId(), kind: "snapshot", asked, head, durationMs: spanMs, spanMs, events, lines },
    ...{ state: "ended", end: undefined, failure: undefined, lacksRoom: false },
    endedAtMs: performance.now(),
    get bytes() {
      return events.bytes + lines.bytes;
    },
    get parts() {
      return [...events.parts, ...lines.parts];
    },
    summary: () => summariseKept({ events, head, spanMs }),
    async stop() {
      // It has ended with its beginning.
    },
    async [Symbol.asyncDispose]() {
      // Nothing runs, and the memory goes with the last who holds it.
    },
  };
}
