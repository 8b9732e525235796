import { cursorOf, type Place } from "./cursor.ts";
import { createLineReader, type LogLine } from "./log-lines.ts";
import type { FlowPart } from "./log-parts.ts";
import type { LogWish } from "./log-query.ts";
import type { LineBatch, LogPart } from "./read-log.ts";

/** Which lines of a log an answer gives. */

/** Whether only some of the lines are wanted. */
export function isFiltered({ grep, level, untilMs }: LogWish): boolean {
  return grep !== undefined || level !== undefined || untilMs !== undefined;
}

/** What of a log is wanted. */
export interface Selection {
  take(part: LogPart): Generator<FlowPart>;
  /** Why no more is wanted; undefined where more is. */
  reason(): "complete" | "limit" | "byte-limit" | undefined;
  /** Where to go on. */
  cursor(): string | null;
}

/**
 * Makes the selection of one answer.
 * @param begin where it begins.
 */
export function createSelection(wish: LogWish, begin: string | null): Selection {
  const reader = createLineReader(wish);
  const meter = createMeter(wish);
  // Which are the last ones that are wanted is known when all are seen.
  const last =
    wish.tail !== undefined && isFiltered(wish) ? createLastLines(wish.tail, wish.limitBytes) : undefined;
  let cursor = begin;
  let reason: ReturnType<Selection["reason"]>;

  function* pass(lines: readonly LogLine[], end: string | null): Generator<FlowPart> {
    const passed = meter.pass(lines);
    reason = passed.reason;
    cursor = reason === undefined ? end : (passed.lines.at(-1)?.cursor ?? cursor);
    if (passed.lines.length > 0) yield { kind: "lines", lines: passed.lines };
  }
  function* takeLines({ lines, content }: LineBatch): Generator<FlowPart> {
    const read = lines.flatMap((raw) => reader.read(raw, content) ?? []);
    if (last?.isTaking() === true) last.add(read);
    else yield* pass(read, cursorOf({ content, offset: lines.at(-1)?.endOffset ?? 0 }));
    // The last ones are among those that were seen: what comes is too late for them.
    if (reader.isPast()) {
      yield* pass(last?.take() ?? [], cursor);
      reason ??= "complete";
    }
  }
  function* takeIdle(place: Place | null): Generator<FlowPart> {
    const lines = last?.take() ?? [];
    if (lines.length === 0) yield { kind: "idle" };
    yield* pass(lines, place === null ? cursor : cursorOf(place));
  }
  return {
    *take(part) {
      if (part.kind === "lines") yield* takeLines(part);
      else if (part.kind === "idle") yield* takeIdle(part.place);
      else yield part;
    },
    reason: () => reason,
    cursor: () => cursor,
  };
}

/** Lets lines pass up to the limits of an answer; one always, so that whoever goes on gets on. */
function createMeter({ limit, limitBytes }: LogWish) {
  let left = limit;
  let bytes = 0;
  return {
    pass(lines: readonly LogLine[]): {
      readonly lines: readonly LogLine[];
      readonly reason: "limit" | "byte-limit" | undefined;
    } {
      for (const [count, line] of lines.entries()) {
        const reason =
          left === 0 ? "limit" : bytes > 0 && bytes + line.bytes > limitBytes ? "byte-limit" : undefined;
        if (reason !== undefined) return { lines: lines.slice(0, count), reason };
        bytes += line.bytes;
        left -= 1;
      }
      return { lines, reason: left === 0 ? "limit" : undefined };
    },
  };
}

/** The last so many lines that are wanted, until they are taken. */
function createLastLines(most: number, maxBytes: number) {
  let lines: LogLine[] = [];
  let isTaking = true;
  return {
    isTaking: () => isTaking,
    add(more: readonly LogLine[]): void {
      for (const line of more) lines.push(line);
      if (lines.length > 2 * most + 1_024) lines = lastOf(lines, most, maxBytes);
    },
    take(): readonly LogLine[] {
      if (!isTaking) return [];
      isTaking = false;
      return lastOf(lines, most, maxBytes);
    },
  };
}

function lastOf(lines: readonly LogLine[], most: number, maxBytes: number): LogLine[] {
  let from = lines.length;
  for (let bytes = 0; from > 0 && lines.length - from < most; from -= 1) {
    bytes += lines[from - 1]?.bytes ?? 0;
    if (bytes > maxBytes) break;
  }
  return lines.slice(from);
}
