import type { EventWish } from "./event-query.ts";
import { keptEvent } from "./kept-event.ts";
import type { RecordLog } from "./record-log.ts";

/** An event that was wanted. */
export interface SelectedEvent {
  /** As JSON. */
  readonly json: string;
  /** The cursor after it. */
  readonly next: number;
}

/** What was found at one look. */
export interface Selection {
  readonly events: readonly SelectedEvent[];
  /** The cursor after what was looked at, wanted or not. */
  readonly next: number;
}

/** Goes through what is kept at this moment, in stretches, up to `limit` wanted events. */
export async function* selectEvents(
  log: RecordLog,
  { cursor, span, isWanted }: EventWish,
  limit: number,
): AsyncGenerator<Selection> {
  let left = limit;
  for await (const { firstIndex, records } of log.read(cursor, span)) {
    const events: SelectedEvent[] = [];
    let next = firstIndex;
    for (const json of records) {
      next += 1;
      if (isWanted !== undefined && !isWanted(keptEvent(json))) continue;
      events.push({ json, next });
      left -= 1;
      if (left === 0) break;
    }
    yield { events, next };
    if (left === 0) return;
  }
}
