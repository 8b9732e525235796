/** When a line says it was written, in the formats that most logs have. */

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** Where a time stands: near the beginning. */
const HEAD_CHARS = 200;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * ISO 8601 and its relatives: `2026-11-28T22:00:00.123Z`, `2026-11-28 22:00:00,123 +0100`, `2026/11/28 22:00:00`, and
 * PostgreSQL's `2026-11-28 22:00:00+01`.
 */
const ISO =
  /(?<![\d])(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?:\s?(Z|UTC|[+-]\d\d:?\d\d(?!\d))|([+-]\d\d)(?!\d))?/;
/** The Common Log Format: `[28/Nov/2026:22:00:00 +0100]`, and HAProxy's `[28/Nov/2026:22:00:00.123]`. */
const COMMON =
  /(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})|(?= [+-]))(?: ([+-]\d{4}))?/;
/** RFC 3164 section 4.1.2, which has no year: `Nov 28 22:00:00`. */
const SYSLOG = /^(?:<\d{1,3}>)?([A-Z][a-z]{2}) ([ \d]?\d) (\d\d):(\d\d):(\d\d)/;
/** Tomcat's `28-Nov-2026 22:00:00.123`, and with blanks Redis', and RFC 5322's, which says its zone. */
const DASHED =
  /(?<!\d)(\d\d)[- ]([A-Z][a-z]{2})[- ](\d{4}) (\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: (UTC|GMT|[+-]\d{4}))?/;
/** java.util.logging's `Nov 28, 2026 10:00:00 PM`, before whose last word newer JDKs have U+202F, and WebLogic's. */
const AMERICAN =
  /([A-Z][a-z]{2}) (\d{1,2}), (\d{4}),? (\d{1,2}):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?:[ \u202F]([AP])M)?/;
/** klog's, of Kubernetes, which has no year: `I1128 22:00:00.123456`. */
const KLOG = /^[IWEF](\d\d)(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{1,9})/;
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
  const [, year, month, day, hour, minute, second, fraction, zone, hours] = match;
  const time = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  return time + milliseconds(fraction) - zoneMs(hours === undefined ? zone : `${hours}00`, offsetMinutes);
}

function namedMonthTime(head: string, nowMs: number, offsetMinutes: number): number | undefined {
  const common = COMMON.exec(head) ?? DASHED.exec(head);
  if (common !== null) {
    const [, day, month, year, hour, minute, second, fraction, zone] = common;
    const time = utc(year, month, day, hour, minute, second);
    return time + milliseconds(fraction) - zoneMs(zone, offsetMinutes);
  }
  const asctime = ASCTIME.exec(head);
  if (asctime !== null) {
    const [, month, day, hour, minute, second, fraction, year] = asctime;
    const time = utc(year, month, day, hour, minute, second);
    return time + milliseconds(fraction) - zoneMs(undefined, offsetMinutes);
  }
  return americanTime(head, offsetMinutes) ?? yearlessTime(head, nowMs, offsetMinutes);
}

function americanTime(head: string, offsetMinutes: number): number | undefined {
  const match = AMERICAN.exec(head);
  if (match === null) return undefined;
  const [, month, day, year, hour, minute, second, fraction, half] = match;
  const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (half === "P" ? 12 : 0);
  const time = utc(year, month, day, String(hours), minute, second);
  return time + milliseconds(fraction) - zoneMs(undefined, offsetMinutes);
}

function yearlessTime(head: string, nowMs: number, offsetMinutes: number): number | undefined {
  const klog = KLOG.exec(head);
  const [, month, day, hour, minute, second, fraction] = klog ?? SYSLOG.exec(head) ?? [];
  if (month === undefined) return undefined;
  const name = klog === null ? month : MONTHS[Number(month) - 1];
  const inYear = (year: number) => {
    const time = utc(String(year), name, day, hour, minute, second);
    return time + milliseconds(fraction) - zoneMs(undefined, offsetMinutes);
  };
  const year = new Date(nowMs).getUTCFullYear();
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
