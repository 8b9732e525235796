import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import { type Place, placeOf } from "./cursor.ts";
import { LEVELS, type Level } from "./levels.ts";

const MAX_TAIL = 100_000;
const MAX_LIMIT = 1_000_000;
const DEFAULT_TAIL = 100;
const AGO = /^(\d{1,9})(s|m|h|d)$/;
const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const whole = z
  .string()
  .regex(/^\d{1,10}$/, "must be a whole number")
  .optional();

/** The query of a log. */
export const logQuery = z.object({
  tail: whole.describe(
    `Only the last so many lines, at most ${MAX_TAIL}. ${DEFAULT_TAIL} where neither this nor cursor, since or grep is given.`,
  ),
  follow: z
    .enum(["true", "false"])
    .default("false")
    .describe("Goes on with the lines that come (text, NDJSON and streams of events)."),
  since: z
    .string()
    .max(40)
    .optional()
    .describe("Only lines from this time on: `15m` (ago; s, m, h, d), or ISO 8601."),
  until: z.string().max(40).optional().describe("Only lines before this time."),
  grep: z.string().min(1).max(1_024).optional().describe("Only lines that have this text in them, as it is."),
  level: z.enum(LEVELS).optional().describe("Only lines that are at least so severe."),
  cursor: z
    .string()
    .max(64)
    .optional()
    .describe("Goes on after a line: its `cursor`. Also where the file was rotated since."),
  limit: whole.describe(`At most so many lines, at most ${MAX_LIMIT}.`),
  limitBytes: whole.describe("At most so many bytes, at most logs.maxBytes; that unless asked for."),
  zone: z
    .string()
    .regex(/^(?:Z|[+-]\d\d:?\d\d)$/, "must be Z or an offset such as +01:00")
    .default("Z")
    .describe("Of times in the log that do not say theirs."),
});

/** What is asked of a log. */
export interface LogWish {
  /** Undefined where not the end of it is wanted. */
  readonly tail: number | undefined;
  readonly isFollowing: boolean;
  readonly sinceMs: number | undefined;
  readonly untilMs: number | undefined;
  readonly grep: string | undefined;
  readonly level: Level | undefined;
  readonly place: Place | undefined;
  readonly limit: number;
  readonly limitBytes: number;
  readonly zoneMinutes: number;
}

/**
 * Reads a query.
 * @param lastEventId of a client that takes up a stream again (WHATWG HTML, section 9.2); it comes before `cursor`.
 * @throws {AppError} `invalid-parameter`, naming the parameter and the limit.
 */
export function readLogQuery(
  query: z.output<typeof logQuery>,
  lastEventId: string,
  maxBytes: number,
  nowMs = Date.now(),
): LogWish {
  const { follow, since, until, grep, level, zone } = query;
  const cursor = lastEventId === "" ? query.cursor : lastEventId;
  const place = cursor === undefined ? undefined : placeOf(cursor);
  if (cursor !== undefined && place === undefined) {
    throw invalid("cursor", `is none: ${cursor.slice(0, 64)}`, "cursor=<the cursor of a line>");
  }
  const isWhole = place === undefined && since === undefined && grep === undefined;
  const tail = upTo("tail", query.tail, MAX_TAIL) ?? (isWhole ? DEFAULT_TAIL : undefined);
  if (tail !== undefined && place !== undefined) {
    throw invalid("tail", "can't be given with cursor", "limit=<lines> after a cursor");
  }
  return {
    tail,
    isFollowing: follow === "true",
    sinceMs: timeOf("since", since, nowMs),
    untilMs: timeOf("until", until, nowMs),
    ...{ grep, level, place },
    limit: upTo("limit", query.limit, MAX_LIMIT) ?? MAX_LIMIT,
    limitBytes: upTo("limitBytes", query.limitBytes, maxBytes, "SIDECAR_LOGS_MAX_BYTES") ?? maxBytes,
    zoneMinutes: minutesOf(zone),
  };
}

function upTo(name: string, text: string | undefined, most: number, setting?: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (value <= most) return value;
  const higher = setting === undefined ? "" : `, or a higher ${setting}`;
  throw invalid(name, `must be at most ${most}, and is ${value}`, `${name}=${most}${higher}`, {
    limit: most,
  });
}

function timeOf(name: string, text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const [, number, unit] = AGO.exec(text) ?? [];
  if (number !== undefined && isUnit(unit)) return nowMs - Number(number) * UNITS_MS[unit];
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw invalid(name, `is no time: ${text}`, `${name}=15m, or ${name}=2026-11-28T22:00:00Z`);
}

function isUnit(unit: string | undefined): unit is keyof typeof UNITS_MS {
  return unit !== undefined && Object.hasOwn(UNITS_MS, unit);
}

function minutesOf(zone: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? [];
  if (sign === undefined) return 0;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

function invalid(
  name: string,
  detail: string,
  remedy: string,
  extra: Readonly<Record<string, unknown>> = {},
): AppError {
  return new AppError("invalid-parameter", `query parameter ${name}: ${detail}.`, {
    errors: [{ pointer: `query:${name}`, detail }],
    ...{ remedy, extra },
  });
}
