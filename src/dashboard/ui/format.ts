/** Figures as people read them. What is not known is a dash, never a zero. */

export const UNKNOWN = "–";

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** Bytes with the unit that fits: `1.5 MiB`. */
export function bytes(count: number | null | undefined): string {
  if (count === null || count === undefined || Number.isNaN(count)) return UNKNOWN;
  const power = Math.min(Math.floor(Math.log2(Math.max(1, Math.abs(count))) / 10), BYTE_UNITS.length - 1);
  return `${short(count / 1024 ** power)} ${BYTE_UNITS[power]}`;
}

/** A duration in milliseconds with the unit that fits: `350 µs`, `12.5 ms`, `3.2 s`, `5 min`. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return UNKNOWN;
  if (ms < 1) return `${short(ms * 1_000)} µs`;
  if (ms < 1_000) return `${short(ms)} ms`;
  if (ms < 120_000) return `${short(ms / 1_000)} s`;
  return span(ms);
}

/** A long time in its two largest units: `3 d 4 h`. */
export function span(ms: number): string {
  const units = [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["min", 60_000],
    ["s", 1_000],
  ] as const;
  const first = units.findIndex(([, size]) => ms >= size);
  if (first === -1) return "0 s";
  let rest = ms;
  const parts = units.slice(first, first + 2).map(([name, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? "" : `${count} ${name}`;
  });
  return parts.filter((part) => part !== "").join(" ");
}

/** A count with thousands apart: `12,345`. */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return UNKNOWN;
  return value.toLocaleString("en");
}

/** A number with about three digits: `0.25`, `12.5`, `1,234`. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return UNKNOWN;
  const size = Math.abs(value);
  const digits = size >= 100 || value === 0 ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}

/** A ratio as percent: `42 %`. */
export function percent(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined || Number.isNaN(ratio)) return UNKNOWN;
  return `${short(ratio * 100)} %`;
}

/** The time of day of a moment, to the second; the whole date where it is not today. */
export function clock(moment: string | number | Date): string {
  const date = new Date(moment);
  if (Number.isNaN(date.getTime())) return UNKNOWN;
  const time = date.toLocaleTimeString("en-GB");
  return date.toDateString() === new Date().toDateString() ? time : `${day(date)} ${time}`;
}

/** A number below a hundred with two digits: `07`. */
export function two(value: number): string {
  return String(value).padStart(2, "0");
}

function day(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
