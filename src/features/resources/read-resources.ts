import { namedValues } from "../../base/history-columns.ts";
import { readCpu } from "../../linux/cgroup/cpu.ts";
import { ratioOf } from "../../linux/cgroup/effective-limit.ts";
import { readIo } from "../../linux/cgroup/io.ts";
import { type Cgroup, locateCgroup } from "../../linux/cgroup/locate.ts";
import { readMemory } from "../../linux/cgroup/memory.ts";
import { createCgroupReader, createNotes, type Notes } from "../../linux/cgroup/notes.ts";
import { readPids } from "../../linux/cgroup/pids.ts";
import { readPressure } from "../../linux/cgroup/pressure.ts";
import type { CoreProcess } from "../../linux/core-process.ts";
import { readFileSystems } from "../../linux/file-systems.ts";
import { parseNetDev } from "../../linux/network-interfaces.ts";
import { readIfThere } from "../../linux/proc.ts";
import { type ColumnName, HISTORY_COLUMNS } from "./history-columns.ts";
import type { ResourceReport } from "./resource-schema.ts";

/** Reads all that is told of the app's resources now. `row` is the last one of the history. */
export async function readResources(
  core: CoreProcess,
  row: ArrayLike<number> | undefined,
): Promise<ResourceReport> {
  const time = new Date().toISOString();
  if (core.kind === "missing") return { ...NOTHING, time, reason: core.reason, remedy: core.remedy };
  const cgroup = await locateCgroup(core.pid);
  if (cgroup === undefined) {
    return { ...NOTHING, time, reason: "The app's main process has just ended.", remedy: null };
  }
  const notes = createNotes();
  const { pid, startTime, foundBy } = core;
  const rates = row === undefined ? null : namedValues(HISTORY_COLUMNS, row);
  if (rates === null)
    notes.add(["lastSecond"], { reason: "the first second has not passed yet", remedy: null });
  const [figures, network, fileSystems] = await Promise.all([
    readFigures(cgroup, pid, notes, rates),
    readNetwork(pid, notes),
    readMounted(pid, notes),
  ]);
  const { version, path, seenThrough } = cgroup;
  return {
    ...{ time, process: { pid, startTime, foundBy }, reason: null, remedy: null },
    cgroup: { version, path, seenThrough },
    ...{ ...figures, network, fileSystems, lastSecond: rates, unreadable: [...notes.list] },
  };
}

const NOTHING = {
  ...{ process: null, cgroup: null, cpu: null, memory: null, pids: null, io: null, pressure: null },
  ...{ network: null, fileSystems: null, lastSecond: null, unreadable: [] },
};

async function readFigures(
  cgroup: Cgroup,
  pid: number,
  notes: Notes,
  rates: Record<ColumnName, number | null> | null,
): Promise<Pick<ResourceReport, "cpu" | "memory" | "pids" | "io" | "pressure">> {
  const reader = createCgroupReader(cgroup, notes);
  const [cpu, memory, pids, io, pressure] = await Promise.all([
    readCpu(reader, pid),
    readMemory(reader),
    readPids(reader),
    readIo(reader),
    readPressure(reader),
  ]);
  const usedCpus = rates?.usedCpus ?? null;
  return {
    cpu: { ...cpu, usedCpus, usedRatio: ratioOf(usedCpus, cpu.limitCpus?.value ?? null) },
    memory: {
      ...memory,
      usedRatio: ratioOf(memory.workingSetBytes, memory.effectiveLimitBytes?.value ?? null),
    },
    pids: { ...pids, usedRatio: ratioOf(pids.current, pids.effectiveLimit?.value ?? null) },
    io: io === null ? null : [...io],
    pressure,
  };
}

async function readNetwork(pid: number, notes: Notes): Promise<ResourceReport["network"]> {
  // Of the network namespace that the process is in, and readable without any privilege.
  const text = await readIfThere(`/proc/${pid}/net/dev`);
  if (text !== undefined) return parseNetDev(text);
  notes.add(["network"], { reason: "the process has ended", remedy: null });
  return null;
}

async function readMounted(pid: number, notes: Notes): Promise<ResourceReport["fileSystems"]> {
  const found = await readFileSystems(pid);
  if ("reason" in found) {
    notes.add(["fileSystems"], found);
    return null;
  }
  if (found.left > 0) {
    notes.add(["fileSystems"], { reason: `${found.left} more are not shown`, remedy: null });
  }
  return found.list.map((each) => ({ ...each, mountPoints: [...each.mountPoints] }));
}
