import { z } from "zod";
import type { Settings } from "../../settings/schema.ts";
import type { WebContext } from "../../web/context.ts";
import type { Logger } from "../../web/log.ts";
import { chooseForm } from "../../web/negotiate.ts";
import type { RouteTable } from "../../web/routes.ts";
import { capabilityOf, type Feature, type HealthCheck } from "../feature.ts";
import { type CheckRunner, createCheckRunner } from "./check-runner.ts";
import { isWell } from "./check-state.ts";
import { healthPage, healthText } from "./health-forms.ts";
import { type HealthReport, healthReport, overallStatus, reportOf } from "./health-report.ts";

/** The feature `health`: checks that run in the background, and what they found, for orchestrators and for people. */
export interface HealthFeature extends Feature {
  /** Tells whether traffic may come: what `/readyz` answers. */
  readonly ready: () => boolean;
}

/** What the health feature looks at. It owns the checks, and disposes of those that can be. */
export interface HealthDeps {
  readonly checks: readonly HealthCheck[];
  readonly isDraining: () => boolean;
  readonly log: Logger;
}

/** Makes the feature. Nothing is checked before its `start`; until then it is not ready. */
export function createHealth(
  settings: Settings["health"],
  { checks, isDraining, log }: HealthDeps,
): HealthFeature {
  let overall: { status: HealthReport["status"]; since: Date } = { status: "pass", since: new Date() };
  const onChange = () => {
    const status = overallStatus(runners);
    if (status !== overall.status) overall = { status, since: new Date() };
  };
  const runners = checks.map((check) => createCheckRunner(check, settings, { log, onChange }));
  onChange();
  const ready = () =>
    !isDraining() && runners.every(({ check, state }) => !check.affectsReadiness || isWell(state()));
  const report = (): HealthReport => ({
    status: overall.status,
    since: overall.since.toISOString(),
    ready: ready(),
    checks: runners.map((runner) => reportOf(runner)),
  });
  let whenStopped: Promise<unknown> = Promise.resolve();

  return {
    name: "health",
    ready,
    routes(table) {
      addProbes(table, ready, Math.ceil(settings.intervalMs / 1_000));
      addReport(table, report);
    },
    diagnostics: [{ file: "health.json", read: report }],
    async capability() {
      return capabilityOf(runners.map((runner) => partOf(runner)));
    },
    start(signal) {
      whenStopped = Promise.all(runners.map((runner) => runner.run(signal)));
    },
    async [Symbol.asyncDispose]() {
      await whenStopped;
      for (const check of checks) {
        if (isDisposable(check)) check[Symbol.dispose]();
      }
    },
  };
}

function isDisposable(check: HealthCheck): check is HealthCheck & Disposable {
  return Symbol.dispose in check;
}

function partOf(runner: CheckRunner) {
  const { name } = runner.check;
  if (runner.isStuck()) return { name, works: false, reason: "A run of this check hangs." };
  if (runner.state().last === null) return { name, works: false, reason: "It has not run yet." };
  return { name, works: true };
}

const probe = z.object({ status: z.enum(["pass", "fail"]) });

function addProbes(table: RouteTable, ready: () => boolean, retryAfterSeconds: number): void {
  const forms = { "text/plain": null, "application/json": probe };
  table.add(
    "GET",
    "/livez",
    {
      summary: "Whether the sidecar's process lives",
      role: "open",
      responses: { 200: { description: "It lives.", content: forms } },
    },
    ({ ctx }) => answerProbe(ctx, true),
  );
  table.add(
    "GET",
    "/readyz",
    {
      summary: "Whether traffic may come",
      description:
        "No while the sidecar shuts down, and unless every check that decides on readiness is well.",
      role: "open",
      responses: {
        200: { description: "It may.", content: forms },
        503: { description: "It should not, yet or any more.", content: forms },
      },
    },
    ({ ctx }) => {
      const isReady = ready();
      if (!isReady) ctx.set("Retry-After", String(retryAfterSeconds));
      answerProbe(ctx, isReady);
    },
  );
}

/** A probe gets its answer whatever it accepts: a 406 would have an orchestrator kill the sidecar. */
function answerProbe(ctx: WebContext, isPassed: boolean): void {
  ctx.vary("Accept");
  ctx.status = isPassed ? 200 : 503;
  if (ctx.accepts("text/plain", "application/json") === "application/json") {
    ctx.body = { status: isPassed ? "pass" : "fail" };
  } else {
    ctx.body = isPassed ? "ok\n" : "not ready\n";
  }
}

function addReport(table: RouteTable, report: () => HealthReport): void {
  const forms = { "application/json": healthReport, "text/plain": null, "text/html": null };
  table.add(
    "GET",
    "/health",
    {
      summary: "The health of the sidecar and of the app: each check, since when, and what mends it",
      role: "viewer",
      responses: {
        200: { description: "All is well, or there are warnings only.", content: forms },
        503: { description: "A check has failed.", content: forms },
      },
    },
    ({ ctx }) => {
      const form = chooseForm(ctx, ["json", "text", "html"]);
      const now = report();
      ctx.status = now.status === "fail" ? 503 : 200;
      if (form === "json") ctx.body = now;
      if (form === "text") ctx.body = healthText(now);
      if (form === "html") {
        const page = healthPage(now);
        ctx.set({ ...page.headers });
        ctx.body = page.body;
      }
    },
  );
}
