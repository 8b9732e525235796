import { clock } from "../../ui/format.ts";
import type { Health, Resources } from "./answers.ts";

/** What is not known, so that nobody takes silence for health. Pure. */

/** What is known of one of the subjects that the verdict rests on. */
export type Ground<T> =
  | { readonly is: "off" | "awaited" }
  | { readonly is: "known"; readonly value: T }
  /** It was asked for, and refused. */
  | { readonly is: "failed"; readonly why: string };

/** The subjects. */
export interface Grounds {
  readonly health: Ground<Health>;
  readonly resources: Ground<Resources>;
  readonly traffic: Ground<unknown>;
}

const SUBJECTS = {
  health: { what: "whether the app answers", setting: "SIDECAR_HEALTH_ENABLED" },
  resources: { what: "how much the app uses of what it may", setting: "SIDECAR_RESOURCES_ENABLED" },
  traffic: { what: "how the app serves its requests", setting: "SIDECAR_TRAFFIC_ENABLED" },
} as const;

/** The ground that an answer makes; what is known of old is not known now. */
export function groundOf<T>(isOn: boolean, value: T | undefined, error: Error | undefined): Ground<T> {
  if (!isOn) return { is: "off" };
  if (error !== undefined) return { is: "failed", why: error.message };
  return value === undefined ? { is: "awaited" } : { is: "known", value };
}

/** Whether each subject has been asked for and something came of it. */
export function isLooked({ health, resources, traffic }: Grounds): boolean {
  return [health, resources, traffic].every(({ is }) => is !== "awaited");
}

/** What is not known, each as a sentence with the reason, whole subjects first. */
export function gapsOf({ health, resources, traffic }: Grounds): readonly string[] {
  return [
    ...gapIn("health", health),
    ...gapIn("traffic", traffic),
    ...gapIn("resources", resources),
    ...(health.is === "known" ? checkGaps(health.value) : []),
    ...(resources.is === "known" ? figureGaps(resources.value) : []),
  ];
}

function gapIn(subject: keyof Grounds, ground: Ground<unknown>): readonly string[] {
  const { what, setting } = SUBJECTS[subject];
  switch (ground.is) {
    case "off":
      return [`Not watched: ${what}. ${setting}=true switches that on.`];
    case "failed":
      return [`Not known: ${what}. ${ground.why}`];
    case "awaited":
      return [`Not known yet: ${what}.`];
    case "known":
      return [];
  }
}

function checkGaps({ checks, since }: Health): readonly string[] {
  if (checks.length === 0) return [`No check runs, since ${clock(since)}.`];
  const open = checks.filter(({ status }) => status === null).map(({ name }) => name);
  return open.length === 0 ? [] : [`Not known yet: what ${open.join(", ")} will find; it has not run yet.`];
}

const FIGURES: Readonly<Record<string, string>> = {
  ...{ cpu: "CPU", memory: "memory", pids: "processes and threads", io: "reading and writing" },
  ...{ pressure: "pressure", network: "network", fileSystems: "file systems" },
};

/** All in one sentence, with the first reason: each figure says its own where it would be. */
function figureGaps({ process, unreadable: [first, ...others] }: Resources): readonly string[] {
  // That the app is not visible at all is a finding of its own.
  if (process === null || first === undefined) return [];
  const subjects = new Set([first, ...others].map(({ field }) => field.replace(/\..*/, "")));
  const words = [...subjects].map((subject) => FIGURES[subject] ?? subject);
  return [
    `Not all is known of the app's ${words.join(", ")}: ${first.reason}${first.reason.endsWith(".") ? "" : "."}`,
  ];
}
