import { stat } from "node:fs/promises";
import { AppError, messageOf } from "../../base/errors.ts";
import { coreMembers } from "../../linux/core-members.ts";
import type { CoreProcessFinder } from "../../linux/core-process.ts";
import { listDescriptors, readDescriptor } from "../../linux/descriptors.ts";
import { readProcessTable } from "../../linux/process-table.ts";
import { readingRemedy } from "../../linux/remedies.ts";
import { readRoot } from "../../linux/root-path.ts";
import type { LogFile } from "./log-file.ts";
import type { LogList } from "./log-schema.ts";
import type { LogSet } from "./log-set.ts";

/** What a process may have open; more are not looked at. */
const MAX_DESCRIPTORS = 4_096;
const MAX_PROCESSES = 64;
const MAX_OPEN = 256;

/** The logs that the settings name, and those that the app has open beside them. */
export async function listLogs(
  set: LogSet,
  coreProcess: CoreProcessFinder,
): Promise<Omit<LogList, "forwarders">> {
  const logs = await set.all();
  const named: LogList["logs"] = [];
  // The app may have it open by another path than ours, or after it was rotated.
  const inodes = new Set<string>();
  for (const log of logs.values()) {
    named.push(await describeLog(log));
    for (const inode of await inodesOf(log)) inodes.add(inode);
  }
  return { logs: named, ...(await openLogs(inodes, coreProcess)) };
}

async function inodesOf(log: LogFile): Promise<readonly string[]> {
  try {
    const current = await log.currentInode();
    const rotated = (await log.predecessors()).map(({ inode }) => inode);
    return current === undefined ? rotated : [current, ...rotated];
  } catch {
    return [];
  }
}

/** Looks at a log. Never throws: what is wrong stands in `problem`. */
export async function describeLog(log: LogFile): Promise<LogList["logs"][number]> {
  const { name, path } = log;
  try {
    await using file = await log.open();
    const rotated = (await log.predecessors()).map((each) => each.name);
    const [sizeBytes, modifiedAt] = [await file.size(), await file.modifiedAt()];
    return { name, path, sizeBytes, modifiedAt: modifiedAt.toISOString(), rotated };
  } catch (error) {
    const remedy = error instanceof AppError ? error.remedy : undefined;
    const problem = { detail: messageOf(error), ...(remedy === undefined ? {} : { remedy }) };
    return { name, path, sizeBytes: null, modifiedAt: null, rotated: [], problem };
  }
}

type Open = NonNullable<LogList["open"]>;

async function openLogs(
  named: ReadonlySet<string>,
  coreProcess: CoreProcessFinder,
): Promise<Pick<LogList, "open" | "openReason" | "openRemedy">> {
  const core = await coreProcess.find();
  if (core.kind === "missing") return { open: null, openReason: core.reason, openRemedy: core.remedy };
  const members = [...(await coreMembers(await readProcessTable(), core.pid))].slice(0, MAX_PROCESSES);
  const found = new Map<string, Open[number]>();
  let refused: { readonly pid: number; readonly error: unknown } | undefined;
  for (const pid of members) {
    try {
      for (const each of await openOf(pid, named)) {
        const known = found.get(each.path);
        if (known !== undefined) known.processes.push(...each.processes);
        else if (found.size < MAX_OPEN) found.set(each.path, each);
      }
    } catch (error) {
      refused ??= { pid, error };
    }
  }
  if (found.size === 0 && refused !== undefined) return whyUnreadable(refused);
  return { open: [...found.values()], openReason: null, openRemedy: null };
}

async function whyUnreadable({ pid, error }: { pid: number; error: unknown }) {
  return {
    open: null,
    openReason: `The open files of the app can't be read: ${messageOf(error)}`,
    openRemedy: (await readingRemedy(pid)) ?? null,
  };
}

/** Regular files that a process appends to, and that have a name still, but for those that are named. */
async function openOf(pid: number, named: ReadonlySet<string>): Promise<Open> {
  const root = await readRoot(pid);
  const open: Open = [];
  for (const fd of (await listDescriptors(pid)).slice(0, MAX_DESCRIPTORS)) {
    const descriptor = await readDescriptor(pid, fd, root);
    if (descriptor?.kind !== "file" || descriptor.isDeleted || !descriptor.isAppending) continue;
    const stats = await stat(`/proc/${pid}/fd/${fd}`, { bigint: true }).catch(() => undefined);
    if (stats?.isFile() !== true || named.has(`${stats.dev}:${stats.ino}`)) continue;
    const path = `core:${descriptor.target}`;
    open.push({
      path,
      sizeBytes: Number(stats.size),
      processes: [{ pid, fd }],
      remedy: `SIDECAR_LOGS_FILES=${path}`,
    });
  }
  return open;
}
