import type { Limit } from "./key-values.ts";

/** What really bounds the use of something, and where that limit was set. */
export interface EffectiveLimit {
  readonly value: Limit;
  /** `ancestor`: a cgroup above; `machine`: there is no limit, or a higher one than the machine has. */
  readonly from: "cgroup" | "ancestor" | "machine" | null;
}

/**
 * The lowest of the limits: a cgroup is bound by those of all its ancestors as well (cgroup-v2.rst, "Top-down
 * Constraint"). Only those that can be seen are known.
 * @param machine what the machine has; undefined where that is no bound.
 */
export function lowestLimit(own: Limit, above: readonly Limit[], machine?: number): EffectiveLimit {
  const candidates = [
    { value: own, from: "cgroup" },
    ...above.map((value) => ({ value, from: "ancestor" }) as const),
    { value: machine ?? "unlimited", from: "machine" },
  ] as const;
  const [lowest] = candidates
    .filter(({ value }) => value !== "unlimited")
    .toSorted((one, other) => Number(one.value) - Number(other.value));
  return lowest ?? { value: "unlimited", from: null };
}

/** How near a use is to its limit: 1 is at the limit. Null where either is unknown, or nothing limits it. */
export function ratioOf(used: number | null, limit: Limit | null): number | null {
  if (used === null || limit === null || limit === "unlimited" || limit <= 0) return null;
  return Math.round((used / limit) * 10_000) / 10_000;
}
