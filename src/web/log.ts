import { type DestinationStream, type Logger, pino } from "pino";
import { wallMs } from "../base/clock.ts";
import { MASK } from "../base/secrets.ts";
import type { Settings } from "../settings/schema.ts";
import { type LogStream, standardOutputStream } from "./log-stream.ts";

export type { Logger } from "pino";

/** Where the lines of a log go. Where it takes ASCII apart, that costs less. */
type Destination = DestinationStream & Partial<Pick<LogStream, "writeAscii">>;

const destinations = new WeakMap<Logger, Destination>();

/** Makes the log: one JSON object a line on `destination` (standard output), secrets masked by key. */
export function createLog(
  settings: Settings["log"],
  destination: Destination = standardOutputStream(),
): Logger {
  const log = pino(
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
    destination,
  );
  destinations.set(log, destination);
  return log;
}

/**
 * Writes a line at level `info` whose members are written already, in the form of all other lines: for the one line
 * that is written so often that its making is felt. Nothing is masked.
 * @param atMs when it happened, by {@link nowMs}.
 * @param members such as `"a":1,"msg":"x"`, in ASCII.
 */
export function writeInfoLine(log: Logger, atMs: number, members: string): void {
  if (!log.isLevelEnabled("info")) return;
  const line = `${lineStart(wallMs(atMs))}${members}}\n`;
  const destination = destinations.get(log);
  if (destination?.writeAscii === undefined) destination?.write(line);
  else destination.writeAscii(line);
}

let startAtMs = Number.NaN;
let start = "";

/** What all lines of one millisecond begin with. */
function lineStart(timeMs: number): string {
  if (timeMs !== startAtMs) {
    startAtMs = timeMs;
    start = `{"level":"info","time":"${new Date(timeMs).toISOString()}",`;
  }
  return start;
}
