/** When a line says it was written, in the formats that most logs have. */

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** Where a time stands: near the beginning. */
const HEAD_CHARS = 200;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** ISO 8601 and its relatives: `2026-11-28T22:00:00.123Z`, `2026-11-28 22:00:00,123 +0100`, `2026/11/28 22:00:00`. */
const ISO =
  /(?<![\d])(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?:\s?(Z|UTC|[+-]\d\d:?\d\d))?/;
/** The Common Log Format: `[28/Nov/2026:22:00:00 +0100]`. */
const COMMON = /(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})/;
/** RFC 3164 section 4.1.2, which has no year: `Nov 28 22:00:00`. */
const SYSLOG = /^(?:<\d{1,3}>)?([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d)/;
/** Tomcat's `28-Nov-2026 22:00:00.123`, and Redis' with blanks. */
const DASHED = /(?<!\d)(\d\d)[- ]([A-Z][a-z]{2})[- ](\d{4}) (\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?/;
/** Apache's error log: `[Sat Nov 28 22:00:00.123456 2026]`. */
const ASCTIME = /[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? (\d{4})/;
/** At the beginning: seconds or milliseconds since 1970. */
const EPOCH = /^(\d{10}|\d{13})(?:\.(\d{1,9}))?(?!\d)/;

/** The member of a log in JSON, wherever it stands: a message before it may have another time in it. */
const MEMBER = /"(?:time|ts|timestamp|@timestamp)"\s*:\s*(?:"([^"]{10,40})"|(\d{10,13}(?:\.\d{1,9})?)(?!\d))/;
const MEMBER_CHARS = 16_384;

/**
 * The time of a line in milliseconds since 1970; null where it has none that is known. One that does not say its zone is
 * taken for `offsetMinutes` east of UTC.
 * @param nowMs for formats that have no year: of the years near it, it is the one that is not in the future.
 */
export function timeOfLine(line: string, nowMs: number, offsetMinutes = 0): number | null {
  const member = line.startsWith("{") ? MEMBER.exec(line.slice(0, MEMBER_CHARS)) : null;
  const head = (member?.[1] ?? member?.[2] ?? line).slice(0, HEAD_CHARS);
  const found = isoTime(head, offsetMinutes) ?? namedMonthTime(head, nowMs, offsetMinutes) ?? epochTime(head);
  return found === undefined || Number.isNaN(found) ? null : found;
}

function isoTime(head: string, offsetMinutes: number): number | undefined {
  const match = ISO.exec(head);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const time = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  return time + milliseconds(fraction) - zoneMs(zone, offsetMinutes);
}

function namedMonthTime(head: string, nowMs: number, offsetMinutes: number): number | undefined {
  const common = COMMON.exec(head);
  if (common !== null) {
    const [, day, month, year, hour, minute, second, zone] = common;
    return utc(year, month, day, hour, minute, second) - zoneMs(zone, offsetMinutes);
  }
  const dashed = DASHED.exec(head);
  if (dashed !== null) {
    const [, day, month, year, hour, minute, second, fraction] = dashed;
    return (
      utc(year, month, day, hour, minute, second) + milliseconds(fraction) - zoneMs(undefined, offsetMinutes)
    );
  }
  const asctime = ASCTIME.exec(head);
  if (asctime !== null) {
    const [, month, day, hour, minute, second, fraction, year] = asctime;
    return (
      utc(year, month, day, hour, minute, second) + milliseconds(fraction) - zoneMs(undefined, offsetMinutes)
    );
  }
  return syslogTime(head, nowMs, offsetMinutes);
}

function syslogTime(head: string, nowMs: number, offsetMinutes: number): number | undefined {
  const match = SYSLOG.exec(head);
  if (match === null) return undefined;
  const [, month, day, hour, minute, second] = match;
  const year = new Date(nowMs).getUTCFullYear();
  const inYear = (which: number) =>
    utc(String(which), month, day, hour, minute, second) - zoneMs(undefined, offsetMinutes);
  // In the first days of a year the lines of the last one are near.
  return inYear(year) > nowMs + DAY_MS ? inYear(year - 1) : inYear(year);
}

function epochTime(head: string): number | undefined {
  const [, number, fraction] = EPOCH.exec(head) ?? [];
  if (number === undefined) return undefined;
  return number.length === 13 ? Number(number) : Number(number) * 1_000 + milliseconds(fraction);
}

function utc(year = "", month = "", day = "", hour = "", minute = "", second = ""): number {
  const index = MONTHS.indexOf(month);
  if (index === -1) return Number.NaN;
  return Date.UTC(Number(year), index, Number(day), Number(hour), Number(minute), Number(second));
}

/** Digits after the point. */
function milliseconds(fraction: string | undefined): number {
  return fraction === undefined ? 0 : Number(fraction.slice(0, 3).padEnd(3, "0"));
}

function zoneMs(zone: string | undefined, offsetMinutes: number): number {
  if (zone === undefined) return offsetMinutes * MINUTE_MS;
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? [];
  if (sign === undefined) return 0;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
}
