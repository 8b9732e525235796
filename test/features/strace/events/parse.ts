import type { CallEvent, TraceEvent } from "../../../../src/features/strace/events/event.ts";
import { EventParser, type EventParserOptions } from "../../../../src/features/strace/events/event-parser.ts";
import { createThreadGroups } from "../../../../src/features/strace/events/thread-groups.ts";

/** Parses lines as a whole trace. */
export function parse(
  lines: readonly string[],
  options: Partial<EventParserOptions> = {},
): { events: TraceEvent[]; parser: EventParser } {
  const events: TraceEvent[] = [];
  const parser = new EventParser({ groups: createThreadGroups(), ...options }, (event) => events.push(event));
  for (const line of lines) parser.push(line);
  parser.finish();
  return { events, parser };
}

/** Parses what follows thread and time on one line, as a call. */
export function parseCall(text: string): CallEvent {
  const [event] = parse([`7     1763806812.204180 ${text}`]).events;
  if (event?.type !== "call") throw new Error(`no call: ${text}`);
  return event;
}

/** The lines that events were made of; each line as often as it is in one. */
export function rawLines(events: readonly TraceEvent[]): string[] {
  return events.flatMap((event) => event.raw ?? []);
}
