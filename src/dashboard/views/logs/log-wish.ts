/** What is asked of a log: the query of the place, which others link to too, and what becomes of it for the API. */

/** How many lines are read at first. */
export const TAILS = [1_000, 10_000, 100_000] as const;
/** How many lines are read at once from a time on. */
export const LINES_AT_ONCE = 50_000;

const CHOICES = ["grep", "regex", "ignoreCase", "invert", "level", "zone"] as const;
/** `15m` (ago), or a time that says its zone. */
const READY = /^(?:\d{1,9}[smhd]|.*(?:Z|[+-]\d\d:?\d\d))$/i;
const DAY = /^\d{4}-\d\d-\d\d/;
const AROUND_MS = 5_000;

/** A query for the API. */
export type LogQuery = Readonly<Record<string, string | number | boolean | undefined>>;

/** What is wanted of a log. */
export interface LogWish {
  /** Which lines. */
  readonly choice: LogQuery;
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly tail: number;
}

/** Reads the query of a place. */
export function wishOf(query: URLSearchParams): LogWish {
  const value = (name: string) => query.get(name) || undefined;
  const choice = Object.fromEntries(CHOICES.map((name) => [name, value(name)]));
  const tail = Number(value("tail"));
  return {
    choice,
    since: timeForApi(value("since")),
    until: timeForApi(value("until")),
    tail: TAILS.find((each) => each === tail) ?? TAILS[0],
  };
}

/** Whether the log can grow into what is wanted. */
export function isFollowed({ until }: LogWish): boolean {
  return until === undefined;
}

/** The first request. */
export function firstQuery({ choice, since, until, tail }: LogWish): LogQuery {
  if (since === undefined && until === undefined) return { ...choice, tail };
  return { ...choice, since, until, limit: LINES_AT_ONCE };
}

/** One that goes on at a cursor. */
export function nextQuery({ choice, until }: LogWish, cursor: string, how: "follow" | "more"): LogQuery {
  return { ...choice, until, cursor, ...(how === "follow" ? { follow: true } : { limit: LINES_AT_ONCE }) };
}

/** For a file of the same lines. */
export function downloadQuery(wish: LogWish): LogQuery {
  const { choice, since, until } = wish;
  return since === undefined && until === undefined
    ? { ...choice, tail: TAILS.at(-1) }
    : { ...choice, since, until };
}

/** Only lines that are so chosen are seen. */
export function isChosen({ choice, since, until }: LogWish): boolean {
  return [...Object.values(choice), since, until].some((value) => value !== undefined);
}

/** The place of the lines around a time, all of them. */
export function aroundTime(time: string, line?: string): Readonly<Record<string, string | undefined>> {
  const at = Date.parse(time);
  return {
    since: new Date(at - AROUND_MS).toISOString(),
    until: new Date(at + AROUND_MS).toISOString(),
    line,
  };
}

/** A time as one writes it, without a zone, is meant as the clock of whoever reads. */
function timeForApi(text: string | undefined): string | undefined {
  if (text === undefined || READY.test(text)) return text;
  const day = DAY.exec(text);
  // What is no time the API says so of: `Date` takes a bare number for a year or a month.
  if (day === null) return text;
  // Without a time, `Date` would begin the day in UTC.
  const time = new Date(day[0] === text ? `${text}T00:00` : text);
  return Number.isNaN(time.getTime()) ? text : time.toISOString();
}
