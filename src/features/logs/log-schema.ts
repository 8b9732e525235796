import { z } from "zod";
import { forwarderReport } from "./forward/forward-schema.ts";
import { LEVELS } from "./levels.ts";

const path = z.string().describe("`core:` stands before a path in the app's own root.");

/** What `GET /logs` answers. */
export const logList = z.object({
  logs: z
    .array(
      z.object({
        name: z.string(),
        path,
        sizeBytes: z.int().nullable(),
        modifiedAt: z.iso.datetime().nullable(),
        rotated: z
          .array(z.string())
          .describe("The files that it was before it was rotated, the oldest first."),
        problem: z
          .object({ detail: z.string(), remedy: z.string().optional() })
          .optional()
          .describe("Why it can't be read."),
      }),
    )
    .describe("Those that the settings name."),
  open: z
    .array(
      z.object({
        path,
        sizeBytes: z.int(),
        processes: z.array(z.object({ pid: z.int(), fd: z.int() })),
        remedy: z.string().describe("The setting that names it."),
      }),
    )
    .nullable()
    .describe(
      "What the app's processes have open to append to, and the settings do not name: it is not served.",
    ),
  openReason: z.string().nullable().describe("Why `open` is null."),
  openRemedy: z.string().nullable().describe("What mends that."),
  forwarders: z.array(forwarderReport).describe("How far each log is forwarded to each destination."),
});

/** A line of a log. */
export const logLine = z
  .object({
    type: z.literal("line"),
    text: z.string(),
    time: z.iso
      .datetime()
      .nullable()
      .describe("As the line tells it, or the one before it; null where none is known."),
    level: z.enum(LEVELS).nullable(),
    cursor: z.string().describe("The place after it: `cursor=` goes on there, also after a rotation."),
    isCut: z.literal(true).optional().describe("It was longer than logs.maxLineBytes."),
    isOpen: z.literal(true).optional().describe("It has no end yet: it may be half-written."),
    isLossy: z.literal(true).optional().describe("It is no UTF-8: what can't be shown is U+FFFD."),
  })
  .meta({ id: "LogLine" });

const reason = z
  .enum(["complete", "limit", "byte-limit", "time-limit", "stopped"])
  .describe(
    "`complete`: all there is; `limit`, `byte-limit`: there is more; `time-limit`: logs.followMs; `stopped`: the sidecar stops.",
  );
const cursor = z
  .string()
  .nullable()
  .describe("Where to go on; also where there is nothing yet. It is never null.");

/** What a log answers as JSON. */
export const logPage = z.object({
  name: z.string(),
  lines: z.array(logLine),
  lost: z.array(z.string()).describe("What is missing between them, for a rotation took it away."),
  reason,
  cursor,
});

/** The records of a log as NDJSON, beside its lines. */
export const logRecord = z.discriminatedUnion("type", [
  logLine,
  z.object({
    type: z.literal("rotated").describe("What follows is from a new file."),
    lost: z.string().nullable().describe("What is missing before it, where something is."),
  }),
  z.object({
    type: z.literal("dropped").describe("What was followed was not taken in time, and was left out."),
    bytes: z.int(),
    cursor: z.string().describe("Where it begins: it can be asked for."),
  }),
  z.object({ type: z.literal("heartbeat") }),
  z.object({ type: z.literal("end"), reason, cursor }),
]);

/** What `GET /logs` answers. */
export type LogList = z.infer<typeof logList>;
/** A line of a log. */
export type LogLineRecord = z.infer<typeof logLine>;
/** A record of a log as NDJSON. */
export type LogRecord = z.infer<typeof logRecord>;
/** What a log answers as JSON. */
export type LogPage = z.infer<typeof logPage>;
