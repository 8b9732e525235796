import { z } from "zod";
import type { CheckRunner } from "./check-runner.ts";

/** What `/health` answers: the state of the whole and of each check. */

const status = z.enum(["pass", "warn", "fail"]);

/** The schema of one check in the report. */
const checkReport = z.object({
  name: z.string(),
  status: status.nullable().meta({ description: "null until the check has run often enough to tell." }),
  since: z.iso.datetime().nullable().meta({ description: "When this status began." }),
  detail: z
    .string()
    .meta({ description: "What the last run found; it is ahead of `status` by the thresholds." }),
  remedy: z.string().optional(),
  affectsReadiness: z.boolean().meta({ description: "Whether traffic stays away while it fails." }),
  consecutiveFailures: z.int().min(0),
  lastRunAt: z.iso.datetime().nullable(),
  durationMs: z.number().nullable(),
  figures: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
});

/** The schema of the report. */
export const healthReport = z.object({
  status,
  since: z.iso.datetime(),
  ready: z.boolean().meta({ description: "What /readyz says." }),
  checks: z.array(checkReport),
});

/** One check in the report. */
export type CheckReport = z.output<typeof checkReport>;
/** The report. */
export type HealthReport = z.output<typeof healthReport>;

/** The worst status of all. A check that can't tell yet counts as a warning. */
export function overallStatus(runners: readonly CheckRunner[]): HealthReport["status"] {
  const found = runners.map((runner) => runner.state().status);
  if (found.includes("fail")) return "fail";
  return found.every((one) => one === "pass") ? "pass" : "warn";
}

/** What is said of one check. */
export function reportOf({ check, state }: CheckRunner): CheckReport {
  const { status: now, since, last, lastRunAt, durationMs, consecutiveFailures } = state();
  return {
    name: check.name,
    status: now,
    since: since?.toISOString() ?? null,
    detail: last?.detail ?? "It has not run yet.",
    ...(last?.remedy === undefined ? {} : { remedy: last.remedy }),
    affectsReadiness: check.affectsReadiness,
    consecutiveFailures,
    lastRunAt: lastRunAt?.toISOString() ?? null,
    durationMs,
    figures: { ...last?.figures },
  };
}
