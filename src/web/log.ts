import { type DestinationStream, type Logger, pino } from "pino";
import { MASK } from "../base/secrets.ts";
import type { Settings } from "../settings/schema.ts";
import { standardOutputStream } from "./log-stream.ts";

export type { Logger } from "pino";

const destinations = new WeakMap<Logger, DestinationStream>();

/** Makes the log: one JSON object a line on `destination` (standard output), secrets masked by key. */
export function createLog(
  settings: Settings["log"],
  destination: DestinationStream = standardOutputStream(),
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
 * @param members such as `"a":1,"b":"x"`.
 */
export function writeInfoLine(log: Logger, members: string, message: string): void {
  if (!log.isLevelEnabled("info")) return;
  destinations.get(log)?.write(`{"level":"info","time":"${isoTime()}",${members},"msg":"${message}"}\n`);
}

let second = -1;
let upToSecond = "";

/** The time as `Date.prototype.toISOString` writes it, which is slow: only the milliseconds are written anew. */
function isoTime(): string {
  const now = Date.now();
  const millisecond = now % 1_000;
  if (now - millisecond !== second) {
    second = now - millisecond;
    upToSecond = new Date(second).toISOString().slice(0, -"000Z".length);
  }
  return `${upToSecond}${millisecond < 100 ? (millisecond < 10 ? "00" : "0") : ""}${millisecond}Z`;
}
