/** The formats of cgroup files (kernel: Documentation/admin-guide/cgroup-v2.rst, "Interface Files"). */

/** A limit: a number, or none. */
export type Limit = number | "unlimited";

/** Version 1 has no word for "no limit": it shows the largest number of pages, in bytes (PAGE_COUNTER_MAX). */
const V1_UNLIMITED_BYTES = 2 ** 60;

/** The number of a single-value file; null where it is none. */
export function parseNumber(text: string): number | null {
  const trimmed = text.trim();
  return /^-?\d+$/.test(trimmed) ? Number(trimmed) : null;
}

/** The limit of a single-value file: `max`, a negative number or a huge one stand for none. */
export function parseLimit(text: string): Limit | null {
  if (text.trim() === "max") return "unlimited";
  const number = parseNumber(text);
  if (number === null) return null;
  return number < 0 || number >= V1_UNLIMITED_BYTES ? "unlimited" : number;
}

/** A flat keyed file: `key value` lines. */
export function parseFlat(text: string): ReadonlyMap<string, number> {
  return new Map(
    text.split("\n").flatMap((line) => {
      const [key, value] = line.split(" ");
      return key === undefined || value === undefined || !/^\d+$/.test(value) ? [] : [[key, Number(value)]];
    }),
  );
}

/** A nested keyed file: `key sub=value sub=value` lines. */
export function parseNested(text: string): ReadonlyMap<string, ReadonlyMap<string, number>> {
  return new Map(
    text.split("\n").flatMap((line) => {
      const [key, ...pairs] = line.trim().split(/\s+/);
      if (key === undefined || key === "" || pairs.length === 0) return [];
      const values = pairs.flatMap((pair): [string, number][] => {
        const [name = "", value = ""] = pair.split("=");
        return /^\d+(?:\.\d+)?$/.test(value) ? [[name, Number(value)]] : [];
      });
      return [[key, new Map(values)]];
    }),
  );
}

/** The value of one key of a flat keyed file, without reading the rest: for what is read every second. NaN where it is missing. */
export function keyedValue(text: string, key: string): number {
  const wanted = `${key} `;
  const start = text.startsWith(wanted) ? 0 : text.indexOf(`\n${wanted}`) + 1;
  if (start === 0 && !text.startsWith(wanted)) return Number.NaN;
  return Number.parseInt(text.slice(start + wanted.length, start + wanted.length + 24), 10);
}
