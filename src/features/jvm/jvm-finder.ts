import { AppError } from "../../base/errors.ts";
import { TICKS_PER_SECOND, timeOfTicks, uptimeTicks } from "../../linux/boot-clock.ts";
import { coreMembers } from "../../linux/core-members.ts";
import type { CoreProcess, CoreProcessFinder } from "../../linux/core-process.ts";
import type { Obstacle } from "../../linux/look-into.ts";
import { isZombie, type ProcStat } from "../../linux/proc-stat.ts";
import { readProcessTable } from "../../linux/process-table.ts";
import { requireProcess } from "../../linux/require-process.ts";
import {
  createRuntimeFinder,
  type Runtime,
  type RuntimeReading,
} from "../../linux/runtime/identify-runtime.ts";
import { createPerfSource, type PerfReading, type PerfSource } from "./hsperfdata/perf-source.ts";

/** A JVM among the core's processes. */
export interface Jvm {
  readonly stat: ProcStat;
  readonly startTime: string;
  readonly isMain: boolean;
  readonly runtime: Runtime;
  /** Since its start. */
  uptimeSeconds(): number;
  /** Its performance data now. */
  read(): Promise<PerfReading>;
}

/** The JVMs of the core, and what they are found by. */
export interface JvmList {
  readonly core: CoreProcess;
  readonly jvms: readonly Jvm[];
  /** How many further ones there are, which are not looked at. */
  readonly omitted: number;
  /** Why it can't be told of some of the core's processes whether they are JVMs. */
  readonly obstacle: Obstacle | undefined;
}

/** Finds the JVMs of the core, and holds their performance data open as long as they are there. */
export interface JvmFinder extends AsyncDisposable {
  list(): Promise<JvmList>;
  /**
   * The JVM of this pid.
   * @throws {AppError} `process-not-found` where there is no such process, `not-a-jvm` where it is none, or none of the
   * app's.
   */
  require(pid: number): Promise<Jvm>;
}

/** More JVMs than any container has. */
const MAX_JVMS = 64;
/** Of an app with more processes, those with the lowest pids are looked at. */
const MAX_PROCESSES = 2_000;
const BATCH = 16;

/** Makes a finder. */
export function createJvmFinder(coreProcess: CoreProcessFinder): JvmFinder {
  const runtimes = createRuntimeFinder();
  const sources = new Map<string, PerfSource>();

  const sourceOf = (stat: ProcStat): PerfSource => {
    const source = sources.get(keyOf(stat)) ?? createPerfSource(stat.pid);
    sources.set(keyOf(stat), source);
    return source;
  };
  const lookAt = async (stat: ProcStat, core: CoreProcess): Promise<Look> => {
    const { runtime, obstacle } = await runtimes.runtimeOf(stat);
    if (obstacle !== undefined) return { pid: stat.pid, obstacle };
    if (runtime.kind !== "jvm") return { pid: stat.pid };
    const jvm: Jvm = {
      ...{ stat, runtime, startTime: timeOfTicks(stat.startTicks) },
      isMain: core.kind === "found" && core.pid === stat.pid,
      uptimeSeconds: () => Math.max(0, uptimeTicks() - stat.startTicks) / TICKS_PER_SECOND,
      read: () => sourceOf(stat).sample(),
    };
    return { pid: stat.pid, jvm };
  };
  const forget = async (present: readonly ProcStat[]) => {
    const keys = new Set(present.map(keyOf));
    runtimes.keep(present);
    for (const [key, source] of sources) {
      if (keys.has(key)) continue;
      sources.delete(key);
      await source[Symbol.asyncDispose]();
    }
  };
  return {
    async list() {
      const core = await coreProcess.find();
      const stats = await membersOf(core);
      await forget(stats);
      const looks: Look[] = [];
      for (let from = 0; from < stats.length; from += BATCH) {
        looks.push(...(await Promise.all(stats.slice(from, from + BATCH).map((stat) => lookAt(stat, core)))));
      }
      const jvms = looks.flatMap(({ jvm }) => jvm ?? []);
      const omitted = Math.max(0, jvms.length - MAX_JVMS);
      return { core, jvms: jvms.slice(0, MAX_JVMS), omitted, obstacle: obstacleOf(looks) };
    },
    async require(pid) {
      await requireProcess(pid);
      const core = await coreProcess.find();
      const stat = (await membersOf(core)).find((each) => each.pid === pid);
      if (stat === undefined) throw notOfTheApp(pid, core);
      const { jvm } = await lookAt(stat, core);
      if (jvm !== undefined) return jvm;
      throw noJvm(pid, await runtimes.runtimeOf(stat));
    },
    async [Symbol.asyncDispose]() {
      await forget([]);
    },
  };
}

/** What a look at a process has shown: a JVM, another program, or nothing. */
interface Look {
  readonly pid: number;
  readonly jvm?: Jvm;
  readonly obstacle?: Obstacle;
}

/** The first that somebody could mend: a process that has just ended is no obstacle. */
function obstacleOf(looks: readonly Look[]): Obstacle | undefined {
  const look = looks.find(({ obstacle }) => (obstacle?.remedy ?? null) !== null);
  if (look?.obstacle === undefined) return undefined;
  const { reason, remedy } = look.obstacle;
  return { reason: `It can't be told whether process ${look.pid} is a JVM: ${reason}.`, remedy };
}

/** The processes of the core, the main one first. */
async function membersOf(core: CoreProcess): Promise<ProcStat[]> {
  if (core.kind === "missing") return [];
  const table = await readProcessTable();
  const pids = await coreMembers(table, core.pid);
  return [...table.values()]
    .filter((stat) => pids.has(stat.pid) && !isZombie(stat))
    .sort((a, b) => Number(b.pid === core.pid) - Number(a.pid === core.pid) || a.pid - b.pid)
    .slice(0, MAX_PROCESSES);
}

function keyOf({ pid, startTicks }: ProcStat): string {
  return `${pid}:${startTicks}`;
}

function notOfTheApp(pid: number, core: CoreProcess): AppError {
  if (core.kind === "missing") {
    return new AppError("not-a-jvm", `The app's main process is not known. ${core.reason}`, {
      remedy: core.remedy,
    });
  }
  return new AppError("not-a-jvm", `Process ${pid} is none of the app's.`, {
    remedy: "GET jvm lists the JVMs of the app.",
  });
}

function noJvm(pid: number, { runtime, obstacle }: RuntimeReading): AppError {
  if (obstacle === undefined) {
    return new AppError("not-a-jvm", `Process ${pid} is no JVM but ${runtime.kind}: ${runtime.evidence}.`, {
      remedy: "GET jvm lists the JVMs of the app.",
    });
  }
  const { reason, remedy } = obstacle;
  const detail = `It can't be told whether process ${pid} is a JVM: ${reason}.`;
  return new AppError("permission-denied", detail, remedy === null ? {} : { remedy });
}
