import type { Signal } from "../../base/signals.ts";
import type { CoreProcess } from "../../linux/core-process.ts";
import { NAMESPACES, readNamespace, readStatus } from "../../linux/proc.ts";
import { readLimits } from "../../linux/proc-limits.ts";
import { createProcessReader } from "../../linux/process-reader.ts";
import { ancestorsOf, childrenOf, type ProcessTable } from "../../linux/process-table.ts";
import { processNotFound, requireProcess } from "../../linux/require-process.ts";
import { describeProcess } from "./describe-process.ts";
import { contextOf, type ListOptions } from "./list-processes.ts";
import type { ProcessDetail } from "./process-schema.ts";
import { sampleProcesses } from "./sample-processes.ts";

/** How a process is read, and what may be done to it. */
export interface DetailOptions extends Omit<ListOptions, "withPss"> {
  /** The signals that the app's processes may be sent. */
  readonly signals: readonly Signal[];
}

/**
 * Everything that is told of one process.
 * @throws {AppError} `process-not-found`, also for a pid that is only a thread of a process.
 */
export async function detailProcess(
  pid: number,
  core: CoreProcess,
  { showSecrets, intervalMs, signals }: DetailOptions,
): Promise<ProcessDetail> {
  await requireProcess(pid);
  const sample = await sampleProcesses(intervalMs);
  const { table } = sample;
  const stat = table.get(pid);
  const context = await contextOf(sample, core, { showSecrets, withPss: true });
  const summary = stat === undefined ? undefined : await describeProcess(stat, context);
  if (summary === undefined) throw await processNotFound(pid);
  const notes = [...summary.unreadable];
  const note = (field: string, reason: string | undefined) => {
    if (reason !== undefined) notes.push({ field, reason });
  };
  const reader = createProcessReader(pid);
  const [limits, namespaces, status] = await Promise.all([
    reader.read(["limits"], () => readLimits(pid)),
    Promise.all(NAMESPACES.map(async (kind) => [kind, await readNamespace(pid, kind)] as const)),
    readStatus(pid),
  ]);
  for (const [kind, reading] of namespaces) note(`namespaces.${kind}`, reading.reason);
  return {
    ...summary,
    ancestors: ancestorsOf(table, pid).map(({ pid: above, comm }) => ({ pid: above, name: comm })),
    children: childrenOf(table, pid).map(({ pid: child, comm }) => ({ pid: child, name: comm })),
    namespaces: Object.fromEntries(namespaces.map(([kind, { value }]) => [kind, value])),
    tracer: tracerOf(table, status?.tracerPid ?? 0),
    limits,
    signals: summary.isCore === true && !summary.isSidecar ? [...signals] : [],
    intervalMs: sample.intervalMs,
    unreadable: [...notes, ...reader.list],
  };
}

function tracerOf(table: ProcessTable, pid: number): ProcessDetail["tracer"] {
  return pid === 0 ? null : { pid, name: table.get(pid)?.comm ?? "?" };
}
