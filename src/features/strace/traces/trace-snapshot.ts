import { newResultId } from "../../../web/kept-results.ts";
import { type KeptRecords, summariseKept } from "./kept-records.ts";

/** What another trace has kept at this moment; the two share what memory they can. */
export function takeSnapshot(kept: KeptRecords): KeptRecords {
  const { asked, head, durationMs } = kept;
  const [events, lines] = [kept.events.copy(), kept.lines.copy()];
  return {
    ...{ id: newResultId(), kind: "snapshot", asked, head, durationMs, events, lines },
    ...{ state: "ended", end: undefined, failure: undefined, lacksRoom: false },
    endedAtMs: performance.now(),
    get bytes() {
      return events.bytes + lines.bytes;
    },
    summary: () => summariseKept({ events, head }, durationMs),
    async stop() {
      // It has ended with its beginning.
    },
    async [Symbol.asyncDispose]() {
      // Nothing runs, and the memory goes with the last who holds it.
    },
  };
}
