import { maskCommandLine } from "../../base/command-line.ts";
import { NS_PER_TICK, timeOfTicks, uptimeTicks } from "../../linux/boot-clock.ts";
import { MAX_COMMAND_LINE_BYTES, readCommandLine, readExecutable, readStatus } from "../../linux/proc.ts";
import { type ProcStat, stateWord } from "../../linux/proc-stat.ts";
import type { UserNames } from "../../linux/user-names.ts";
import type { IoSample } from "./io-rates.ts";
import type { ProcessSummary } from "./process-schema.ts";
import { readUsage } from "./read-usage.ts";

/** What is the same for all processes of one answer. */
export interface DescribeContext {
  readonly users: UserNames;
  readonly mainPid: number | null;
  readonly sidecarPids: ReadonlySet<number>;
  /** The app's processes; null where its main one is not known. */
  readonly corePids: ReadonlySet<number> | null;
  readonly showSecrets: boolean;
  readonly withPss: boolean;
  /** The CPU use of a process over the interval of the sample. */
  cpuPercentOf(stat: ProcStat): number | null;
  /** What the processes had read and written when the interval began. */
  readonly io: IoSample;
  /** How many ancestors of a process are visible. */
  depthOf(pid: number): number;
}

/** Describes a process; undefined where it has ended meanwhile. */
export async function describeProcess(
  stat: ProcStat,
  context: DescribeContext,
): Promise<ProcessSummary | undefined> {
  const { users, mainPid, sidecarPids, corePids, showSecrets, withPss } = context;
  const { pid } = stat;
  const [status, commandLine, executable] = await Promise.all([
    readStatus(pid),
    readCommandLine(pid),
    readExecutable(pid),
  ]);
  if (status === undefined || commandLine === undefined) return undefined;
  const { figures, notes } = await readUsage(stat, status, { withPss, io: context.io });
  const unreadable: ProcessSummary["unreadable"] = [];
  const note = (field: string, reason: string | undefined) => {
    if (reason !== undefined) unreadable.push({ field, reason });
  };
  const { value: line } = commandLine;
  note("commandLine", commandLine.reason);
  if (line?.isCut === true) note("commandLine", `only its first ${MAX_COMMAND_LINE_BYTES} bytes are shown`);
  note("executable", executable.reason);
  if (status.residentBytes === null) {
    note("rssBytes", stat.isKernelThread ? "kernel threads have no memory of their own" : "it has ended");
  }
  const user = await users.nameOf(pid, status.uids.effective);
  if (user === null) note("user", `no readable /etc/passwd names uid ${status.uids.effective}`);
  const cpuPercentSinceStart = averageCpuPercent(stat);
  if (cpuPercentSinceStart === null) note("cpuPercentSinceStart", "it has only just started");
  return {
    pid,
    startTime: timeOfTicks(stat.startTicks),
    name: stat.comm,
    parentPid: stat.parentPid,
    uid: status.uids.effective,
    user,
    state: stateWord(stat.stateLetter),
    stateLetter: stat.stateLetter,
    commandLine: line === null ? null : showSecrets ? line.argv : maskCommandLine(line.argv),
    executable: executable.value,
    threads: stat.threads,
    rssBytes: status.residentBytes,
    cpuTimeNs: (stat.userTicks + stat.systemTicks) * NS_PER_TICK,
    cpuPercentSinceStart,
    isMain: pid === mainPid,
    isSidecar: sidecarPids.has(pid),
    isKernelThread: stat.isKernelThread,
    cpuPercent: context.cpuPercentOf(stat),
    depth: context.depthOf(pid),
    isCore: corePids === null ? null : corePids.has(pid),
    ...figures,
    unreadable: [...unreadable, ...notes],
  };
}

function averageCpuPercent(stat: ProcStat): number | null {
  const ageTicks = uptimeTicks() - stat.startTicks;
  if (ageTicks < 1) return null;
  return Math.round(((stat.userTicks + stat.systemTicks) / ageTicks) * 1_000) / 10;
}
