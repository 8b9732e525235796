import { isUtf8 } from "node:buffer";
import { cursorOf, type Place, placeOf } from "./cursor.ts";
import { LINES_AT_ONCE } from "./line-splitter.ts";
import { createLineReader, isSearched, type LogLine, type Progress } from "./log-lines.ts";
import type { FlowPart, FoundBatch, LineBatch, LogPart } from "./log-parts.ts";
import type { LogWish } from "./log-query.ts";
import { createRecordJoiner } from "./record-joiner.ts";
import type { FoundLines } from "./search/block-search.ts";

/** Which lines of a log an answer gives. */

/** How long a record of a log that is followed waits for more of its lines. */
const RECORD_MS = 1_000;

/** Whether only some of the lines are wanted. */
export function isFiltered({ pattern, level, untilMs }: LogWish): boolean {
  return pattern !== undefined || level !== undefined || untilMs !== undefined;
}

/** What of a log is wanted. */
export interface Selection {
  take(part: Exclude<LogPart, FoundBatch>): Generator<FlowPart>;
  /** What a search has found as it is, where all of it is wanted so; undefined where it is to be taken line by line. */
  takeWhole(batch: FoundBatch): FlowPart | undefined;
  /** Why no more is wanted; undefined where more is. */
  reason(): "complete" | "limit" | "byte-limit" | undefined;
  /** Where to go on. */
  cursor(): string;
}

/** What a selection is made from. */
export interface SelectionParts {
  readonly maxLineBytes: number;
  readonly progress: Progress;
  /** The lines are given as they are, without what they say of themselves. */
  readonly isText?: boolean;
}

/** Makes the selection of one answer. @param begin where it begins. */
export function createSelection(
  wish: LogWish,
  begin: string,
  { maxLineBytes, progress, isText = false }: SelectionParts,
): Selection {
  const reader = createLineReader(wish, progress, { isText });
  const meter = createMeter(wish);
  // Which are the last ones that are wanted is known when all are seen.
  const last =
    wish.tail !== undefined && isFiltered(wish) ? createLastLines(wish.tail, wish.limitBytes) : undefined;
  let cursor = begin;
  let reason: ReturnType<Selection["reason"]>;

  function* pass(lines: readonly LogLine[], end: string): Generator<FlowPart> {
    for (let from = 0; reason === undefined && from <= lines.length; from += LINES_AT_ONCE) {
      const passed = meter.pass(lines.slice(from, from + LINES_AT_ONCE));
      const isAll = passed.reason === undefined && from + LINES_AT_ONCE > lines.length;
      reason = passed.reason;
      cursor = isAll ? end : (passed.lines.at(-1)?.cursor ?? cursor);
      if (passed.lines.length > 0) yield { kind: "lines", lines: passed.lines };
    }
  }
  const joiner = joinerOf(wish, begin, maxLineBytes);
  /** What waits for more of its lines; returns whether there is more of it to come, or to be given again. */
  function* takeHeld(waitedMs: number): Generator<FlowPart, boolean> {
    const held = joiner?.flush(waitedMs);
    if (held !== undefined) yield* takeLines(held);
    return joiner?.isHolding() === true || held?.lines.at(-1)?.isOpen === true;
  }
  const isAsFound = isText && last === undefined && isSearched(wish);
  function* takeLines({ lines, content }: LineBatch): Generator<FlowPart> {
    const read = lines.flatMap((raw) => reader.read(raw, content) ?? []);
    if (last?.isTaking() === true) last.add(read);
    else if (lines.length > 0) yield* pass(read, cursorOf({ content, offset: lines.at(-1)?.endOffset ?? 0 }));
    // The last ones are among those that were seen: what comes is too late for them.
    if (progress.isPast) {
      yield* pass(last?.take() ?? [], cursor);
      reason ??= "complete";
    }
  }
  function* takeIdle(place: Place): Generator<FlowPart> {
    const isHolding = yield* takeHeld(wish.isFollowing ? RECORD_MS : 0);
    if (reason !== undefined) return;
    const lines = last?.take() ?? [];
    if (lines.length === 0) yield { kind: "idle" };
    // A record that waits for more comes again, whole, where somebody goes on.
    yield* pass(lines, isHolding ? cursor : cursorOf(place));
  }
  return {
    *take(part) {
      if (part.kind === "lines") yield* takeLines(joiner?.add(part) ?? part);
      else if (part.kind === "idle") yield* takeIdle(part.place);
      else {
        yield* takeHeld(0);
        joiner?.goTo(part.kind === "dropped" ? part.place.offset + part.bytes : 0);
        if (reason === undefined) yield part;
      }
    },
    takeWhole({ content, found }) {
      if (!isAsFound || !isUtf8(found.bytes) || !meter.passWhole(found)) return undefined;
      cursor = cursorOf({ content, offset: found.offsets.at(-1) ?? 0 });
      return { kind: "text", bytes: found.bytes };
    },
    reason: () => reason,
    cursor: () => cursor,
  };
}

function joinerOf({ records, pattern }: LogWish, begin: string, maxLineBytes: number) {
  if (records === "lines") return undefined;
  const joiner = createRecordJoiner(maxLineBytes, pattern?.isInverted === true);
  joiner.goTo(placeOf(begin)?.offset ?? 0);
  return joiner;
}

/** Lets lines pass up to the limits of an answer; one always, so that whoever goes on gets on. */
function createMeter({ limit, limitBytes }: LogWish) {
  let left = limit;
  let bytes = 0;
  return {
    /** Whether all of it may pass, and more after it; nothing passes otherwise. */
    passWhole(found: FoundLines): boolean {
      if (found.ends.length >= left || bytes + found.bytes.length > limitBytes) return false;
      left -= found.ends.length;
      bytes += found.bytes.length;
      return true;
    },
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
  let bytes = 0;
  let isTaking = true;
  return {
    isTaking: () => isTaking,
    add(more: readonly LogLine[]): void {
      for (const line of more) {
        lines.push(line);
        bytes += line.bytes;
      }
      if (lines.length <= 2 * most + 1_024 && bytes <= 2 * maxBytes) return;
      lines = lastOf(lines, most, maxBytes);
      bytes = lines.reduce((sum, line) => sum + line.bytes, 0);
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
