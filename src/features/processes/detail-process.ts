import { AppError } from "../../base/errors.ts";
import type { CoreProcess } from "../../linux/core-process.ts";
import {
  NAMESPACES,
  type Reading,
  readDescriptors,
  readIfThere,
  readNamespace,
  readStatus,
  unreadable,
} from "../../linux/proc.ts";
import {
  ancestorsOf,
  childrenOf,
  ownPids,
  type ProcessTable,
  readProcessTable,
} from "../../linux/process-table.ts";
import { createUserNames } from "../../linux/user-names.ts";
import { describeProcess } from "./describe-process.ts";
import type { ProcessDetail } from "./process-schema.ts";

/**
 * Everything that is told of one process.
 * @throws {AppError} `process-not-found`, also for a pid that is only a thread of a process.
 */
export async function detailProcess(
  pid: number,
  core: CoreProcess,
  showSecrets: boolean,
): Promise<ProcessDetail> {
  const table = await readProcessTable();
  const stat = table.get(pid);
  const summary =
    stat === undefined
      ? undefined
      : await describeProcess(stat, {
          users: createUserNames(),
          mainPid: core.kind === "found" ? core.pid : null,
          sidecarPids: ownPids(table),
          showSecrets,
        });
  if (summary === undefined) throw await notFound(pid);
  const notes = [...summary.unreadable];
  const note = (field: string, reason: string | undefined) => {
    if (reason !== undefined) notes.push({ field, reason });
  };
  const [descriptors, limits, namespaces, status] = await Promise.all([
    readDescriptors(pid),
    readLimits(pid),
    Promise.all(NAMESPACES.map(async (kind) => [kind, await readNamespace(pid, kind)] as const)),
    readStatus(pid),
  ]);
  note("openFiles", descriptors.reason);
  note("limits", limits.reason);
  for (const [kind, reading] of namespaces) note(`namespaces.${kind}`, reading.reason);
  return {
    ...summary,
    ancestors: ancestorsOf(table, pid).map(({ pid: above, comm }) => ({ pid: above, name: comm })),
    children: childrenOf(table, pid).map(({ pid: child, comm }) => ({ pid: child, name: comm })),
    namespaces: Object.fromEntries(namespaces.map(([kind, { value }]) => [kind, value])),
    openFiles: descriptors.value?.size ?? null,
    tracer: tracerOf(table, status?.tracerPid ?? 0),
    limits: limits.value,
    unreadable: notes,
  };
}

async function notFound(pid: number): Promise<AppError> {
  const status = await readStatus(pid);
  // A thread has a folder in /proc as well, only none that is listed.
  if (status !== undefined && status.threadGroupId !== pid) {
    return new AppError("process-not-found", `${pid} is a thread of process ${status.threadGroupId}.`, {
      remedy: `GET processes/${status.threadGroupId}`,
    });
  }
  return new AppError(
    "process-not-found",
    `There is no process ${pid} in the PID namespace of the sidecar.`,
    {
      remedy: "GET processes lists those that are visible.",
    },
  );
}

function tracerOf(table: ProcessTable, pid: number): ProcessDetail["tracer"] {
  return pid === 0 ? null : { pid, name: table.get(pid)?.comm ?? "?" };
}

async function readLimits(pid: number): Promise<Reading<NonNullable<ProcessDetail["limits"]>>> {
  try {
    const text = await readIfThere(`/proc/${pid}/limits`);
    return text === undefined
      ? { value: null, reason: "the process has ended" }
      : { value: parseLimits(text) };
  } catch (error) {
    return unreadable(error);
  }
}

/** Parses `/proc/<pid>/limits`: a table of fixed columns (proc_pid_limits(5)). */
export function parseLimits(text: string): NonNullable<ProcessDetail["limits"]> {
  return text.split("\n").flatMap((line) => {
    const [, name, soft, hard, unit] = /^Max (.+?) {2,}(\S+) +(\S+) *(\S*) *$/.exec(line) ?? [];
    if (name === undefined || soft === undefined || hard === undefined) return [];
    return [{ name, soft: limitOf(soft), hard: limitOf(hard), unit: unit === "" ? null : (unit ?? null) }];
  });
}

function limitOf(text: string): number | "unlimited" {
  return text === "unlimited" ? text : Number(text);
}
