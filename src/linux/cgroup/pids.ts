import { type EffectiveLimit, lowestLimit } from "./effective-limit.ts";
import { type Limit, parseFlat, parseLimit, parseNumber } from "./key-values.ts";
import type { CgroupReader } from "./notes.ts";

/** The tasks of a cgroup and of those below it: processes and threads. */
export interface PidsFigures {
  readonly current: number | null;
  readonly limit: Limit | null;
  readonly effectiveLimit: EffectiveLimit | null;
  /** How often a fork failed for the limit. */
  readonly limitHits: number | null;
}

/** Reads the figures of the controller pids, the same in both versions (cgroup-v2.rst, "PID"). */
export async function readPids(reader: CgroupReader): Promise<PidsFigures> {
  const [current, max, events, above] = await Promise.all([
    reader.text("pids", "pids.current", ["pids.current"]),
    reader.text("pids", "pids.max", ["pids.limit", "pids.effectiveLimit"]),
    reader.text("pids", "pids.events", ["pids.limitHits"]),
    reader.above("pids", "pids.max"),
  ]);
  const limit = max === null ? null : parseLimit(max);
  return {
    current: current === null ? null : parseNumber(current),
    limit,
    effectiveLimit:
      limit === null
        ? null
        : lowestLimit(
            limit,
            above.map((text) => parseLimit(text) ?? "unlimited"),
          ),
    limitHits: events === null ? null : (parseFlat(events).get("max") ?? null),
  };
}
