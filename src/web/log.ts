import { type DestinationStream, type Logger, pino } from "pino";
import { MASK } from "../base/secrets.ts";
import type { Settings } from "../settings/schema.ts";

export type { Logger } from "pino";

/** Makes the log: one JSON object a line on `destination` (standard output), secrets masked by key. */
export function createLog(settings: Settings["log"], destination?: DestinationStream): Logger {
  return pino(
    {
      level: settings.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        // At the top only: a wildcard is looked for in every value of every line.
        paths: ["token", "password", "authorization", "cookie"],
        censor: MASK,
      },
    },
    // Asynchronous: a reader of the log that stands still must never hold up the traffic.
    destination ?? pino.destination({ dest: 1, sync: false }),
  );
}
