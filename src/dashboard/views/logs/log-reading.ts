import type { LogLine } from "../../api/api-types.ts";
import type { LogRows } from "./log-rows.ts";

/** Puts the records of several answers together, one going on where the other broke off, so that each line is there once. */

/** Why an answer has ended. */
export type EndReason = "complete" | "limit" | "byte-limit" | "time-limit" | "stopped";

/** A record of a log as NDJSON. */
export type LogRecord =
  | LogLine
  | { readonly type: "rotated"; readonly lost: string | null }
  | { readonly type: "dropped"; readonly bytes: number; readonly cursor: string }
  | { readonly type: "heartbeat" }
  | { readonly type: "end"; readonly reason: EndReason; readonly cursor: string };

/** What has been read of a log, and where it goes on. */
export interface LogReading {
  /** Undefined before anything has come. */
  readonly cursor: string | undefined;
  /** Says that an answer begins, at the cursor where there is one. */
  begin(): void;
  /** Takes what has come; gives why the answer is over, where it is. `dropped`: it is to be asked for anew at once. */
  take(records: readonly LogRecord[]): EndReason | "dropped" | undefined;
}

const ROTATED = "The log was rotated: what follows is from a new file.";

/** Has read nothing yet. */
export function createLogReading(rows: LogRows): LogReading {
  let cursor: string | undefined;
  let isFirst = true;
  let isNoted = false;
  const takeLine = (line: LogLine) => {
    // A line without an end comes again, whole, where one goes on.
    if (isFirst) rows.takeOpenEnd();
    rows.addLine(line);
    cursor = line.cursor;
    isNoted = false;
  };
  const takeRotation = (lost: string | null) => {
    // Said before the connection broke off, it is said again.
    if (isFirst && isNoted) return;
    if (isFirst) rows.takeOpenEnd();
    rows.addNote(lost === null ? ROTATED : `${ROTATED} ${lost}`);
    isNoted = true;
  };
  const takeOne = (record: LogRecord): EndReason | "dropped" | undefined => {
    switch (record.type) {
      case "line":
        takeLine(record);
        break;
      case "rotated":
        takeRotation(record.lost);
        break;
      case "dropped":
        // This page is bounded itself, and asks for what it was too slow for.
        cursor = record.cursor;
        return "dropped";
      case "end":
        cursor = record.cursor;
        return record.reason;
      case "heartbeat":
        return undefined;
    }
    isFirst = false;
    return undefined;
  };
  return {
    get cursor() {
      return cursor;
    },
    begin() {
      isFirst = true;
    },
    take(records) {
      for (const record of records) {
        const over = takeOne(record);
        if (over !== undefined) return over;
      }
      return undefined;
    },
  };
}
