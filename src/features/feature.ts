import type { MetricFamily } from "../web/metrics/metric-family.ts";
import type { RouteTable } from "../web/routes.ts";

/** What every feature is, and what it may say of itself. A feature never imports another feature. */

/** One thing that a feature can or can't do in this deployment. */
export interface CapabilityPart {
  readonly name: string;
  readonly works: boolean;
  /** Why it doesn't work, or works only in part. */
  readonly reason?: string;
  /** The line that mends it: a compose key, a capability, a setting. */
  readonly remedy?: string;
}

/** What a feature can do in this deployment, found out by looking, not by assuming. */
export interface Capability {
  readonly works: "yes" | "partly" | "no";
  readonly parts: readonly CapabilityPart[];
}

/** What one run of a check found. */
export interface CheckResult {
  readonly status: "pass" | "warn" | "fail";
  /** One sentence for a person. */
  readonly detail: string;
  readonly remedy?: string;
  /** Figures, with their units in the names. */
  readonly figures?: Readonly<Record<string, number | string | null>>;
}

/** Something that is looked at again and again in the background. */
export interface HealthCheck {
  readonly name: string;
  /** Whether traffic should stay away while it fails. */
  readonly affectsReadiness: boolean;
  /** Looks once. What it throws counts as failed. `signal` fires at the check's time-out. */
  run(signal: AbortSignal): Promise<CheckResult>;
}

/** What is asked of a bundle for whoever helps with a problem. */
export interface DiagnosticsWish {
  /** How long system calls may be counted; 0: not at all. */
  readonly traceMs: number;
  /** Fires when the bundle is given up. */
  readonly signal: AbortSignal;
}

/** One file of such a bundle. */
export interface DiagnosticsPart {
  /** Its name: `processes.json`. */
  readonly file: string;
  /**
   * What it holds, with secrets masked: text, or anything that is written as JSON; undefined where it is not wanted.
   * What it throws is told in its place.
   */
  read(wish: DiagnosticsWish): Promise<unknown> | unknown;
}

/** A capability of the sidecar, in a folder of its own, that can be switched off. */
export interface Feature extends Partial<AsyncDisposable> {
  /** Its name in the URL and in `src/features/`. */
  readonly name: string;
  routes(table: RouteTable): void;
  capability(): Promise<Capability>;
  readonly health?: readonly HealthCheck[];
  readonly diagnostics?: readonly DiagnosticsPart[];
  /** What it has to tell Prometheus now. Names begin with `tickbird_`, unless others have set them; what can't be read is left out. */
  metrics?(): Promise<readonly MetricFamily[]> | readonly MetricFamily[];
  /** Begins background work, which ends with `signal`. */
  start?(signal: AbortSignal): Promise<void> | void;
}

/** Sums the parts up: all work, some do, none does. */
export function capabilityOf(parts: readonly CapabilityPart[]): Capability {
  const working = parts.filter((part) => part.works).length;
  return { works: working === parts.length ? "yes" : working === 0 ? "no" : "partly", parts };
}
