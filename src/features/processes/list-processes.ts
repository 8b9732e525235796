import { coreMembers } from "../../linux/core-members.ts";
import type { CoreProcess } from "../../linux/core-process.ts";
import { ancestorsOf, ownPids, type ProcessTable } from "../../linux/process-table.ts";
import { createUserNames } from "../../linux/user-names.ts";
import { type DescribeContext, describeProcess } from "./describe-process.ts";
import type { ProcessList } from "./process-schema.ts";
import { type ProcessSample, sampleProcesses } from "./sample-processes.ts";

/** So many processes are read at once: enough to be quick, few enough to leave the file threads to others. */
const BATCH = 16;

/** What is asked of the list. */
export interface ListOptions {
  readonly intervalMs: number;
  readonly showSecrets: boolean;
  readonly withPss: boolean;
}

/** Lists all visible processes, in the order of their pids. What ends while it is read is left out. */
export async function listProcesses(core: CoreProcess, options: ListOptions): Promise<ProcessList> {
  const sample = await sampleProcesses(options.intervalMs);
  const context = await contextOf(sample, core, options);
  const stats = [...sample.table.values()].sort((a, b) => a.pid - b.pid);
  const processes: ProcessList["processes"] = [];
  for (let from = 0; from < stats.length; from += BATCH) {
    const batch = await Promise.all(
      stats.slice(from, from + BATCH).map((stat) => describeProcess(stat, context)),
    );
    processes.push(...batch.filter((each) => each !== undefined));
  }
  const sharedPidNamespace = isShared(core, sample.table, context.sidecarPids);
  return { ...mainOf(core), sharedPidNamespace, intervalMs: sample.intervalMs, processes };
}

/** What is the same for all processes of a sample. */
export async function contextOf(
  { table, io, cpuPercentOf }: ProcessSample,
  core: CoreProcess,
  { showSecrets, withPss }: Omit<ListOptions, "intervalMs">,
): Promise<DescribeContext> {
  return {
    users: createUserNames(),
    mainPid: core.kind === "found" ? core.pid : null,
    sidecarPids: ownPids(table),
    corePids: core.kind === "found" ? await coreMembers(table, core.pid) : null,
    ...{ showSecrets, withPss, io, cpuPercentOf },
    depthOf: (pid) => ancestorsOf(table, pid).length,
  };
}

function mainOf(core: CoreProcess): Pick<ProcessList, "main" | "mainReason" | "remedy"> {
  if (core.kind === "missing") return { main: null, mainReason: core.reason, remedy: core.remedy };
  const { pid, startTime, foundBy } = core;
  return { main: { pid, startTime, foundBy }, mainReason: null, remedy: null };
}

/**
 * The core's processes are visible where its main one is, and are not where nothing but the sidecar is. Anything else
 * may be a shell in our own container as well as a core that does not listen yet.
 */
function isShared(core: CoreProcess, table: ProcessTable, sidecarPids: ReadonlySet<number>): boolean | null {
  if (core.kind === "found") return true;
  const above = new Set(ancestorsOf(table, process.pid).map(({ pid }) => pid));
  const others = [...table.values()].filter(
    ({ pid, isKernelThread }) => !sidecarPids.has(pid) && !above.has(pid) && !isKernelThread,
  );
  return others.length === 0 ? false : null;
}
