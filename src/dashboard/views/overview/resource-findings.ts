import { bytes, clock, count, percent, short } from "../../ui/format.ts";
import type { Process, ResourcePoint, Resources, Situation, Start } from "./answers.ts";
import { type Finding, isDown } from "./finding.ts";

/** What the app's resources say is wrong. */

const NEAR = 0.8;
const AT = 0.95;
/** Above this part of the time, standing still is felt (PSI, averages over a minute). */
export const STALL_PERCENT = { cpu: 40, memory: 10, io: 25 } as const;
const THROTTLED = 0.25;
const SECONDS = 60;

/** The findings in the resources. */
export function resourceFindings(situation: Situation): Finding[] {
  const { resources, process } = situation;
  if (resources === undefined) return [];
  const found = [
    isDown(situation.health) ? undefined : invisible(resources),
    restarted(situation),
    memory(resources),
    killed(resources),
    cpu(situation),
    throttled(situation),
    ...pressure(resources),
    process === undefined ? undefined : openFiles(process),
    tasks(resources),
    ...fileSystems(resources),
  ];
  return found.flatMap((finding) => finding ?? []);
}

function invisible({ process, reason, remedy }: Resources): Finding | undefined {
  if (process !== null) return undefined;
  return {
    id: "no-process",
    tone: "fair",
    title: "The app's process is not visible: there are no figures of it",
    detail: reason ?? "",
    remedy: remedy ?? undefined,
    more: { text: "What works here", href: "#/capabilities" },
  };
}

function restarted({ restarts = [] }: Situation): Finding | undefined {
  const last = restarts.at(-1);
  if (last === undefined) return undefined;
  const often = restarts.length === 1 ? "was restarted" : `was restarted ${restarts.length} times`;
  return {
    id: "restarted",
    tone: "fair",
    title: `The app ${often} a short time ago`,
    detail: `Its present process, ${last.pid}, runs since ${clock(last.startTime)}.`,
    advice:
      "Where nobody did that, its log says why it ended; so does what the container engine says of its exit.",
    more: { text: "Its logs", href: "#/logs", isForOperators: true },
  };
}

/** A restart is news for so long. */
const NEWS_MS = 900_000;

/** The starts that followed on a process of which something was known, in the last quarter of an hour. */
export function restartsOf(starts: readonly Start[], points: readonly ResourcePoint[]): readonly Start[] {
  const known = points.find(
    ({ pids, workingSetBytes, usedCpus }) => (pids ?? workingSetBytes ?? usedCpus) !== null,
  );
  const now = Date.parse(points.at(-1)?.time ?? "");
  if (known === undefined) return [];
  return starts.filter(({ time }) => time > known.time && now - Date.parse(time) < NEWS_MS);
}

function memory({ memory: figures }: Resources): Finding | undefined {
  const { usedRatio, workingSetBytes, effectiveLimitBytes } = figures ?? {};
  if (usedRatio === undefined || usedRatio === null || usedRatio < NEAR) return undefined;
  const limit = effectiveLimitBytes?.value;
  const isMachine = effectiveLimitBytes?.from === "machine";
  return {
    id: "memory",
    tone: usedRatio >= AT ? "bad" : "fair",
    title: `The app's memory is ${percent(usedRatio)} full`,
    detail: `It uses ${bytes(workingSetBytes)} of ${typeof limit === "number" ? bytes(limit) : "its limit"}; at the limit the kernel ends one of its processes.`,
    advice: isMachine
      ? "The machine itself is short of memory: find what grows on it."
      : "Find what grows, or raise the limit (in Kubernetes resources.limits.memory):",
    remedy: isMachine ? undefined : moreMemory(limit),
  };
}

function killed({ memory: figures }: Resources): Finding | undefined {
  const kills = figures?.events.oomKill ?? 0;
  if (kills === 0) return undefined;
  return {
    id: "oom-kill",
    tone: "fair",
    title: `The kernel has ended ${kills === 1 ? "a process" : `${count(kills)} processes`} of the app for want of memory`,
    detail: "That is since its container was started; when it was, the kernel does not say.",
    advice: "Find what grows, or raise the limit (in Kubernetes resources.limits.memory):",
    remedy: moreMemory(figures?.effectiveLimitBytes?.value),
  };
}

function cpu({ course = [], resources }: Situation): Finding | undefined {
  const ratio = mean(course.slice(-SECONDS).map(({ cpuRatio }) => cpuRatio));
  // Of an app that is gone the last minute says nothing about now.
  if (ratio === null || ratio < AT || resources?.cpu == null) return undefined;
  const { value, from } = resources.cpu.limitCpus ?? {};
  const isMachine = from === "machine";
  return {
    id: "cpu",
    tone: "fair",
    title: isMachine
      ? "The app uses all the CPU that the machine has"
      : "The app uses all the CPU that it may",
    detail: `In the last minute it used ${percent(Math.min(1, ratio))} of ${typeof value === "number" ? `${short(value)} CPUs` : "its limit"}.`,
    advice: isMachine
      ? "See which of its threads work, and whether they should."
      : "See which of its threads work, or give it more (in Kubernetes resources.limits.cpu):",
    remedy: isMachine ? undefined : moreCpus(value),
    more: { text: "Its processes", href: "#/processes" },
  };
}

function throttled({ course = [], resources }: Situation): Finding | undefined {
  const ratio = mean(course.slice(-SECONDS).map(({ throttledRatio }) => throttledRatio));
  if (ratio === null || ratio < THROTTLED || resources?.cpu == null) return undefined;
  return {
    id: "throttled",
    tone: "fair",
    title: "The app is held up by its CPU quota",
    detail: `In ${percent(ratio)} of the periods of the last minute it had used its quota up and stood still.`,
    advice: "Let it run fewer threads at once, or give it more (in Kubernetes resources.limits.cpu):",
    remedy: moreCpus(resources.cpu.limitCpus?.value),
  };
}

type Limit = number | "unlimited" | undefined;

/** Twice the limit, as compose has it. */
function moreMemory(limit: Limit): string | undefined {
  return typeof limit === "number" ? `mem_limit: ${Math.ceil((limit * 2) / 1024 ** 2)}m` : undefined;
}

function moreCpus(limit: Limit): string | undefined {
  return typeof limit === "number" ? `cpus: "${short(limit * 2)}"` : undefined;
}

/** What tasks wait for, by the kinds of pressure. */
export const WAITS_FOR = { cpu: "a CPU", memory: "memory", io: "a disk" } as const;

function pressure({ pressure: all }: Resources): Finding[] {
  return (["cpu", "memory", "io"] as const).flatMap((kind): Finding[] => {
    const of = all?.[kind];
    const share = of?.some?.avg60Percent ?? 0;
    if (of === null || of === undefined || share < STALL_PERCENT[kind]) return [];
    const whose = of.of === "cgroup" ? "of the app" : "of the whole machine";
    return [
      {
        id: `pressure-${kind}`,
        tone: "fair",
        title: `Tasks ${whose} wait for ${WAITS_FOR[kind]}`,
        detail: `For ${short(share)} % of the last minute some of them stood still for it.`,
        advice:
          of.of === "host"
            ? "It need not be the app that causes it: look at what else runs on the machine."
            : undefined,
      },
    ];
  });
}

function openFiles({
  openFiles: open,
  openFilesLimit: limit,
  openFilesRatio: ratio,
  pid,
}: Process): Finding | undefined {
  if (ratio === null || ratio < NEAR) return undefined;
  return {
    id: "open-files",
    tone: ratio >= AT ? "bad" : "fair",
    title: "The app has almost as many files open as it may",
    detail: `It has ${count(open)} of ${typeof limit === "number" ? count(limit) : "its limit"}; with the last one gone it can't accept connections any more.`,
    advice: "See which they are: many of one kind are a leak. Or raise the limit, in compose:",
    remedy: typeof limit === "number" ? `ulimits: {nofile: ${limit * 2}}` : undefined,
    more: { text: "Its files", href: `#/processes/${pid}?tab=files` },
  };
}

function tasks({ pids }: Resources): Finding | undefined {
  const { usedRatio, current, limitHits, effectiveLimit } = pids ?? {};
  if ((usedRatio ?? 0) < NEAR) return undefined;
  return {
    id: "tasks",
    tone: (usedRatio ?? 0) >= AT ? "bad" : "fair",
    title: "The app has almost as many threads as it may",
    detail: `It has ${count(current)} processes and threads, ${percent(usedRatio)} of the limit${(limitHits ?? 0) > 0 ? `; ${count(limitHits)} could not be started` : ""}.`,
    advice: "See which process has them, or raise the limit, in compose:",
    remedy: `pids_limit: ${typeof effectiveLimit?.value === "number" ? effectiveLimit.value * 2 : "-1"}`,
    more: { text: "Its processes", href: "#/processes" },
  };
}

function fileSystems({ fileSystems: all }: Resources): Finding[] {
  return (all ?? [])
    .filter(({ isReadOnly, usedRatio }) => !isReadOnly && (usedRatio ?? 0) >= AT)
    .map(({ device, mountPoints, usedRatio, availableBytes }) => ({
      id: `full-${device}`,
      tone: (usedRatio ?? 0) >= 0.995 ? ("bad" as const) : ("fair" as const),
      title: `A file system of the app is ${percent(usedRatio)} full`,
      detail: `${mountPoints.slice(0, 3).join(", ")}: ${bytes(availableBytes)} are left.`,
      advice: "Delete or rotate what is no longer needed; logs are a usual cause.",
    }));
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.flatMap((value) => value ?? []);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
