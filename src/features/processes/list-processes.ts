import type { CoreProcess } from "../../linux/core-process.ts";
import { ancestorsOf, ownPids, type ProcessTable, readProcessTable } from "../../linux/process-table.ts";
import { createUserNames } from "../../linux/user-names.ts";
import { describeProcess } from "./describe-process.ts";
import type { ProcessList } from "./process-schema.ts";

/** So many processes are read at once: enough to be quick, few enough to leave the file threads to others. */
const BATCH = 16;

/** Lists all visible processes, in the order of their pids. What ends while it is read is left out. */
export async function listProcesses(core: CoreProcess, showSecrets: boolean): Promise<ProcessList> {
  const table = await readProcessTable();
  const sidecarPids = ownPids(table);
  const context = {
    users: createUserNames(),
    mainPid: core.kind === "found" ? core.pid : null,
    sidecarPids,
    showSecrets,
  };
  const stats = [...table.values()].sort((a, b) => a.pid - b.pid);
  const processes: ProcessList["processes"] = [];
  for (let from = 0; from < stats.length; from += BATCH) {
    const batch = await Promise.all(
      stats.slice(from, from + BATCH).map((stat) => describeProcess(stat, context)),
    );
    processes.push(...batch.filter((each) => each !== undefined));
  }
  return { ...mainOf(core), sharedPidNamespace: isShared(core, table, sidecarPids), processes };
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
