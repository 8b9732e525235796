import { basename } from "node:path";
import { AppError } from "../base/errors.ts";
import type { Settings } from "../settings/schema.ts";
import { timeOfTicks } from "./boot-clock.ts";
import { findListeners, type ListenerSearch } from "./core-listener.ts";
import { ownStatus } from "./privileges.ts";
import { readExecutable, readStat } from "./proc.ts";
import { isZombie, type ProcStat } from "./proc-stat.ts";
import {
  ancestorsOf,
  childrenOf,
  isInit,
  ownPids,
  type ProcessTable,
  readProcessTable,
  topmost,
} from "./process-table.ts";
import { capabilityRemedy } from "./remedies.ts";

/** Which process of the shared PID namespace is the core's main one, or why that can't be said. */
export type CoreProcess =
  | { kind: "found"; pid: number; startTime: string; foundBy: string }
  | { kind: "missing"; reason: string; remedy: string };

/** Finds the core's main process. */
export interface CoreProcessFinder {
  /**
   * Looks for it. An answer may be up to ten seconds old, but the process it names was alive, under the same pid and
   * start time, at the moment of the call.
   */
  find(): Promise<CoreProcess>;
}

/** What makes the core's processes visible to the sidecar. */
export const SHARE_PID_NAMESPACE =
  'Compose, in the sidecar\'s service: pid: "service:core". Kubernetes, in the pod: shareProcessNamespace: true';
const NAME_THE_PROCESS = "SIDECAR_CORE_PROCESS=<pid or name of the app's main process>";
const KEPT_MS = 10_000;
/** The kernel keeps so many bytes of a process's short name. */
const COMM_BYTES = 15;

interface Match {
  readonly stat: ProcStat;
  readonly foundBy: string;
  /** Whether a later look could find something better: then it is not kept. */
  readonly isGuess: boolean;
}
type Miss = { readonly reason: string; readonly remedy: string };

/**
 * The pid of the core's main process.
 * @throws {AppError} `process-not-found` with what would make it known.
 */
export async function mainPid(coreProcess: CoreProcessFinder): Promise<number> {
  const core = await coreProcess.find();
  if (core.kind === "found") return core.pid;
  throw new AppError("process-not-found", `The app's main process is not known. ${core.reason}`, {
    remedy: core.remedy,
  });
}

/** Makes a finder by the settings `core.process` and `core.url`. */
export function createCoreProcessFinder(settings: Settings["core"]): CoreProcessFinder {
  let kept: { match: Match; untilMs: number } | undefined;
  let search: Promise<CoreProcess> | undefined;
  const look = async (): Promise<CoreProcess> => {
    if (kept !== undefined && performance.now() < kept.untilMs && (await isAlive(kept.match.stat))) {
      return answer(kept.match);
    }
    kept = undefined;
    const result = await findMatch(settings);
    if (!("stat" in result)) return { kind: "missing", ...result };
    if (!result.isGuess) kept = { match: result, untilMs: performance.now() + KEPT_MS };
    return answer(result);
  };
  return {
    find() {
      search ??= look().finally(() => {
        search = undefined;
      });
      return search;
    },
  };
}

function answer({ stat, foundBy }: Match): CoreProcess {
  return { kind: "found", pid: stat.pid, startTime: timeOfTicks(stat.startTicks), foundBy };
}

/** The same process, not another one under the same pid. */
async function isAlive(known: ProcStat): Promise<boolean> {
  const now = await readStat(known.pid);
  return now !== undefined && now.startTicks === known.startTicks && !isZombie(now);
}

async function findMatch(settings: Settings["core"]): Promise<Match | Miss> {
  const table = await readProcessTable();
  const wanted = settings.process;
  if (typeof wanted === "number") return byPid(table, wanted);
  const candidates = candidatesOf(table);
  if (wanted !== "auto") return byName(table, candidates, wanted);
  const url = new URL(settings.url);
  const listeners = await findListeners(url, candidates);
  const [first] = topmost(table, listeners.owners);
  if (first !== undefined) {
    return { stat: first, foundBy: `it listens on the port of core.url (${url.host})`, isGuess: false };
  }
  return byPosition(table, candidates, listeners, url) ?? missOf(candidates, listeners, url);
}

/** What could be the core at all: nothing of ours, nothing that has started us, nothing of the kernel's. */
function candidatesOf(table: ProcessTable): ProcStat[] {
  const excluded = new Set(ownPids(table));
  for (const { pid } of ancestorsOf(table, process.pid)) excluded.add(pid);
  return [...table.values()].filter(
    (stat) => !excluded.has(stat.pid) && !stat.isKernelThread && !isZombie(stat),
  );
}

function byPid(table: ProcessTable, pid: number): Match | Miss {
  const stat = table.get(pid);
  if (ownPids(table).has(pid)) {
    return { reason: `core.process is ${pid}, and that is the sidecar itself.`, remedy: NAME_THE_PROCESS };
  }
  if (stat === undefined || isZombie(stat)) {
    const what = stat === undefined ? "there is no such process here" : "that process has ended";
    return { reason: `core.process is ${pid}, but ${what}.`, remedy: "SIDECAR_CORE_PROCESS=auto" };
  }
  return { stat, foundBy: `core.process is ${pid}`, isGuess: false };
}

async function byName(
  table: ProcessTable,
  candidates: readonly ProcStat[],
  name: string,
): Promise<Match | Miss> {
  const comm = Buffer.from(name).subarray(0, COMM_BYTES).toString();
  const matches: ProcStat[] = [];
  for (const stat of candidates) {
    const executable = (await readExecutable(stat.pid)).value?.replace(/ \(deleted\)$/, "");
    if (stat.comm === comm || (executable !== undefined && basename(executable) === name)) matches.push(stat);
  }
  const [stat] = topmost(table, matches);
  if (stat !== undefined) return { stat, foundBy: `core.process is ${name}`, isGuess: false };
  return candidates.length === 0
    ? { reason: NOTHING_VISIBLE, remedy: SHARE_PID_NAMESPACE }
    : { reason: `No visible process is called ${name}.`, remedy: "SIDECAR_CORE_PROCESS=auto" };
}

/**
 * Where no owner of the port can be seen: the first process of the namespace, when that is not ours. In a pod that is
 * the pause container, and then the only other container is meant.
 */
function byPosition(
  table: ProcessTable,
  candidates: readonly ProcStat[],
  listeners: ListenerSearch,
  url: URL,
): Match | undefined {
  // A parent outside the namespace shows as 0: that is how the first process of each container looks.
  const first = candidates.filter((stat) => stat.parentPid === 0 && stat.comm !== "pause");
  const top = first.find((stat) => stat.pid === 1) ?? (first.length === 1 ? first[0] : undefined);
  if (top === undefined) return undefined;
  const [child] = isInit(top) ? childrenOf(table, top.pid) : [];
  const why =
    listeners.unreadable > 0
      ? `the descriptors of ${listeners.unreadable} processes can't be read to see which listens on ${url.host}`
      : `no visible process listens on ${url.host}`;
  const where =
    top.pid === 1 ? "pid 1 of the shared PID namespace" : "the first process of the only other container";
  return {
    stat: child ?? top,
    foundBy: `it is ${child === undefined ? "" : "what was started by "}${where} (${why})`,
    isGuess: true,
  };
}

const NOTHING_VISIBLE =
  "Only the sidecar's own processes are visible: it does not share the PID namespace of the app.";

async function missOf(candidates: readonly ProcStat[], listeners: ListenerSearch, url: URL): Promise<Miss> {
  if (candidates.length === 0) return { reason: NOTHING_VISIBLE, remedy: SHARE_PID_NAMESPACE };
  if (listeners.unreadable > 0) {
    return {
      reason: `${listeners.unreadable} processes can't be looked into, so it can't be said which of them listens on ${url.host}.`,
      remedy: `${capabilityRemedy(await ownStatus(), "SYS_PTRACE", "DAC_READ_SEARCH")}, or ${NAME_THE_PROCESS}`,
    };
  }
  if (listeners.somethingListens) {
    return {
      reason: `Something listens on ${url.host}, but in no process that is visible here.`,
      remedy: SHARE_PID_NAMESPACE,
    };
  }
  return {
    reason: `No visible process listens on ${url.host}: the app is not running yet, or its PID namespace is not shared.`,
    remedy: `${SHARE_PID_NAMESPACE}. Else ${NAME_THE_PROCESS}`,
  };
}
