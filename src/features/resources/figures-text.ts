import type { EffectiveLimit } from "../../linux/cgroup/effective-limit.ts";

/** Figures as people read them. What is not known is a question mark, as the JSON has null. */

const UNKNOWN = "?";

/** An amount of memory or data: `512B`, `1.5K`, `96.0M`. */
export function bytes(value: number | null): string {
  if (value === null) return UNKNOWN;
  const units = ["B", "K", "M", "G", "T", "P"];
  const power = value < 1_024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10));
  return `${(value / 1_024 ** power).toFixed(power === 0 ? 0 : 1)}${units[power]}`;
}

/** A duration in seconds. */
export function seconds(ns: number | null): string {
  return ns === null ? UNKNOWN : `${(ns / 1_000_000_000).toFixed(1)}s`;
}

/** A plain number. */
export function count(value: number | null): string {
  return value === null ? UNKNOWN : String(value);
}

/** A number of CPUs. */
export function cpus(value: number | null): string {
  return value === null ? UNKNOWN : value.toFixed(2);
}

/** A ratio as a percentage. */
export function percent(ratio: number | null): string {
  return ratio === null ? UNKNOWN : `${(ratio * 100).toFixed(1)}%`;
}

/** A limit, and where it was set unless in the cgroup itself. */
export function limit(effective: EffectiveLimit | null, print: (value: number) => string): string {
  if (effective === null) return UNKNOWN;
  const { value, from } = effective;
  if (value === "unlimited") return "none";
  return from === "machine"
    ? `${print(value)} (the machine)`
    : from === "ancestor"
      ? `${print(value)} (a cgroup above)`
      : print(value);
}
