import type { TraceEvent } from "../events/event.ts";

/** An event as it is kept: written as JSON by us, it is read again as what it was. */
export function keptEvent(json: string): TraceEvent {
  return JSON.parse(json) as TraceEvent;
}
