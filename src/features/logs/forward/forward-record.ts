import type { Fingerprint } from "../../../linux/growing-file.ts";
import type { Place } from "../cursor.ts";
import { type Level, levelOf } from "../levels.ts";
import type { RawLine } from "../line-splitter.ts";
import { timeOfLine } from "../timestamps.ts";

/** A line of a log, as it is sent. */
export interface ForwardRecord {
  readonly text: string;
  /** As the line tells it, or the one before it that it continues; null where none is known. */
  readonly timeMs: number | null;
  /** When it was read. */
  readonly readAtMs: number;
  readonly level: Level | null;
  /** Of the line in its file. */
  readonly bytes: number;
  /** The place after it: where reading goes on once it is acknowledged. */
  readonly place: Place;
}

/** Makes records of the lines of one log, in their order. */
export interface RecordReader {
  read(raw: RawLine, content: Fingerprint): ForwardRecord;
}

/**
 * Makes one.
 * @param beginOffset where the first line begins.
 */
export function createRecordReader(zoneMinutes: number, beginOffset: number): RecordReader {
  let last: { timeMs: number | null; level: Level | null } = { timeMs: null, level: null };
  let lastOffset = beginOffset;
  return {
    read(raw, content) {
      const text = raw.bytes.toString("utf8");
      const readAtMs = Date.now();
      const timeMs = timeOfLine(text, readAtMs, zoneMinutes);
      const level = levelOf(text);
      // A continuation, such as a line of a stack trace.
      const known = timeMs === null && level === null ? last : { timeMs: timeMs ?? last.timeMs, level };
      last = known;
      // The last line of a rotated file that has no end is given with the offset of its beginning.
      const isAtBegin = raw.isOpen && raw.endOffset === lastOffset;
      const offset = isAtBegin && !raw.isCut ? raw.endOffset + raw.bytes.length : raw.endOffset;
      lastOffset = offset;
      return {
        ...{ text, readAtMs, timeMs: known.timeMs, level: known.level },
        bytes: raw.bytes.length + 1,
        place: { content, offset },
      };
    },
  };
}
