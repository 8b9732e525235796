import { MEDIA_TYPES } from "../../web/negotiate.ts";
import { sseEvent } from "../../web/output-stream.ts";
import type { LogLine } from "./log-lines.ts";
import type { FlowEnd } from "./log-parts.ts";
import type { LogLineRecord, LogPage, LogRecord } from "./log-schema.ts";

/** A form of a log. */
export type LogForm = "text" | "json" | "ndjson" | "sse";

/** How a form is written, part by part. */
export interface LogWriter {
  readonly type: string;
  readonly begin: string;
  lines(lines: readonly LogLine[]): string;
  dropped(bytes: number, cursor: string): string;
  rotated(lost: string | null): string;
  end(reason: FlowEnd, cursor: string): string;
  readonly heartbeat: string;
}

/** Makes the writer of one answer. @param name of the log. */
export function writerOf(form: LogForm, name: string): LogWriter {
  return form === "json" ? pageWriter(name) : WRITERS[form];
}

const WRITERS: Readonly<Record<Exclude<LogForm, "json">, LogWriter>> = {
  text: {
    ...{ type: "text/plain; charset=utf-8", begin: "", heartbeat: "" },
    lines: (lines) => lines.map(({ text, isOpen }) => (isOpen ? text : `${text}\n`)).join(""),
    dropped: () => "",
    rotated: () => "",
    end: () => "",
  },
  ndjson: {
    ...{ type: MEDIA_TYPES.ndjson, begin: "", heartbeat: ndjson({ type: "heartbeat" }) },
    lines: (lines) => lines.map((line) => ndjson(recordOf(line))).join(""),
    dropped: (bytes, from) => ndjson({ type: "dropped", bytes, cursor: from }),
    rotated: (lost) => ndjson({ type: "rotated", lost }),
    end: (reason, cursor) => ndjson({ type: "end", reason, cursor }),
  },
  sse: {
    ...{ type: MEDIA_TYPES.sse, begin: "", heartbeat: ": \n\n" },
    lines: (lines) =>
      lines.map((line) => sseEvent("line", JSON.stringify(recordOf(line)), line.cursor)).join(""),
    // No id: whoever comes back goes on after the last line that it has, and gets what was left out.
    dropped: (bytes, from) => sseEvent("dropped", JSON.stringify({ bytes, cursor: from })),
    rotated: (lost) => sseEvent("rotated", JSON.stringify({ lost })),
    end: (reason, cursor) => sseEvent("end", JSON.stringify({ reason, cursor }), cursor),
  },
};

/** One document, written as its lines come: as a whole it would hold everybody up, and take memory for all of them. */
function pageWriter(name: string): LogWriter {
  const lost: string[] = [];
  let separator = "";
  return {
    ...{ type: "application/json; charset=utf-8", begin: `{"name":${JSON.stringify(name)},"lines":[` },
    heartbeat: "",
    lines(lines) {
      const text = separator + lines.map((line) => JSON.stringify(recordOf(line))).join(",");
      separator = ",";
      return text;
    },
    dropped: () => "",
    rotated(missing) {
      if (missing !== null) lost.push(missing);
      return "";
    },
    end(reason, cursor) {
      const rest: Omit<LogPage, "name" | "lines"> = { lost, reason, cursor };
      return `],${JSON.stringify(rest).slice(1)}`;
    },
  };
}

function ndjson(record: LogRecord): string {
  return `${JSON.stringify(record)}\n`;
}

function recordOf({ text, timeMs, level, cursor, isCut, isOpen, isLossy }: LogLine): LogLineRecord {
  return {
    type: "line",
    text,
    time: timeMs === null ? null : new Date(timeMs).toISOString(),
    level,
    cursor,
    ...(isCut ? { isCut } : {}),
    ...(isOpen ? { isOpen } : {}),
    ...(isLossy ? { isLossy } : {}),
  };
}
