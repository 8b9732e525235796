import { z } from "zod";
import { AppError, messageOf } from "../../base/errors.ts";
import { type Place, placeOf } from "./cursor.ts";
import { LEVELS, type Level } from "./levels.ts";
import { expressionOf, type Pattern } from "./search/pattern.ts";

const MAX_TAIL = 100_000;
const MAX_LIMIT = 1_000_000;
const DEFAULT_TAIL = 100;
const AGO = /^(\d{1,9})(s|m|h|d)$/;
const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const whole = z
  .string()
  .regex(/^\d{1,10}$/, "must be a whole number")
  .optional();

const flag = z.enum(["true", "false"]).default("false");
const pattern = z
  .string()
  .min(1)
  .max(1_024)
  .regex(/^[^\n]*$/, "must be of one line")
  .optional();

/** The query of a log. */
export const logQuery = z.object({
  tail: whole.describe(
    `Only the last so many lines, at most ${MAX_TAIL}; those of rotated files too, where nothing else is chosen. ${DEFAULT_TAIL} where neither this nor cursor, since, grep or regex is given.`,
  ),
  follow: z
    .enum(["true", "false"])
    .default("false")
    .describe("Goes on with the lines that come (text, NDJSON and streams of events)."),
  since: z
    .string()
    .max(40)
    .optional()
    .describe(
      "Only lines from this time on, those of rotated files too: `15m` (ago; s, m, h, d), or ISO 8601.",
    ),
  until: z.string().max(40).optional().describe("Only lines before this time."),
  grep: pattern.describe("Only lines that have this text in them, as it is."),
  regex: pattern.describe(
    "Only lines that this regular expression matches, as JavaScript has them; in place of grep. One that takes too long is ended.",
  ),
  ignoreCase: flag.describe("Of grep and regex: capitals and small letters are the same."),
  invert: flag.describe("Of grep and regex: only lines without it."),
  multiline: z
    .string()
    .max(1_024)
    .regex(/^(?:off|auto|\/[^\n]+\/i?)$/, "must be off, auto or /expression/")
    .default("off")
    .describe(
      "auto: lines that begin with neither a time nor a level, or as a stack trace goes on, belong to the one before: they are one record, of at most 1000 lines. `/^\\d{4}-/`, or any other regular expression between slashes (`/i`: in any case), which is looked for in the first 512 bytes of each line: a line that it matches begins a record. tail counts lines all the same.",
    ),
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
  readonly pattern: Pattern | undefined;
  /** What a record is: a line; lines that seem to belong together; or all from a line that has this up to the next. */
  readonly records: "lines" | "auto" | Pattern;
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
  const { follow, since, until, level, zone } = query;
  const pattern = patternOf(query);
  const cursor = lastEventId === "" ? query.cursor : lastEventId;
  const place = cursor === undefined ? undefined : placeOf(cursor);
  if (cursor !== undefined && place === undefined) {
    throw invalid("cursor", `is none: ${cursor.slice(0, 64)}`, "cursor=<the cursor of a line>");
  }
  if (query.tail !== undefined && query.cursor !== undefined) {
    throw invalid("tail", "can't be given with cursor", "limit=<lines> after a cursor");
  }
  const isWhole = since === undefined && pattern === undefined;
  const asked = upTo("tail", query.tail, MAX_TAIL) ?? (isWhole ? DEFAULT_TAIL : undefined);
  // An EventSource that comes back asks with the address that it began with: its tail was given then.
  const tail = place === undefined ? asked : undefined;
  return {
    tail,
    isFollowing: follow === "true",
    records: recordsOf(query.multiline),
    sinceMs: timeOf("since", since, nowMs),
    untilMs: timeOf("until", until, nowMs),
    ...{ pattern, level, place },
    limit: upTo("limit", query.limit, MAX_LIMIT) ?? MAX_LIMIT,
    limitBytes: upTo("limitBytes", query.limitBytes, maxBytes, "SIDECAR_LOGS_MAX_BYTES") ?? maxBytes,
    zoneMinutes: minutesOf(zone),
  };
}

function patternOf({ grep, regex, ignoreCase, invert }: z.output<typeof logQuery>): Pattern | undefined {
  if (grep !== undefined && regex !== undefined) {
    throw invalid("regex", "can't be given with grep", "regex=<both of them>");
  }
  const source = regex ?? grep;
  if (source === undefined) return undefined;
  const pattern: Pattern = {
    kind: regex === undefined ? "text" : "regex",
    ...{ source, ignoreCase: ignoreCase === "true", isInverted: invert === "true" },
  };
  return checked(pattern, "regex", "grep=<text>, which is taken as it is");
}

function recordsOf(multiline: string): LogWish["records"] {
  const [, source, flag] = /^\/(.*)\/(i?)$/.exec(multiline) ?? [];
  if (source === undefined) return multiline === "auto" ? "auto" : "lines";
  const pattern: Pattern = { kind: "regex", source, ignoreCase: flag === "i", isInverted: false };
  return checked(pattern, "multiline", "multiline=auto, or an expression between slashes: /^\\d{4}-/");
}

function checked(pattern: Pattern, name: string, remedy: string): Pattern {
  try {
    expressionOf(pattern);
    return pattern;
  } catch (error) {
    throw invalid(name, `is none: ${messageOf(error)}`, remedy);
  }
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

/** Minutes east of UTC of `Z` or an offset such as `+01:00`. */
export function minutesOf(zone: string): number {
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
