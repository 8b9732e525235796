import { createNotes, type Unread } from "../../linux/cgroup/notes.ts";
import type { Jvm, JvmList } from "./jvm-finder.ts";
import type { JvmDetail, JvmListAnswer, JvmSummary } from "./jvm-schema.ts";
import { readFigures } from "./read-figures.ts";

/** Tells of the JVMs what their performance data says. */

const NO_PERF_DATA_IN_OPENJ9 = {
  reason: "OpenJ9 keeps no performance data that can be read from outside",
  remedy: "Use an image with a HotSpot JVM, such as eclipse-temurin",
};

/** All JVMs. */
export async function listJvms({ core, jvms, omitted, obstacle }: JvmList): Promise<JvmListAnswer> {
  const { reason, remedy } = core.kind === "missing" ? core : (obstacle ?? { reason: null, remedy: null });
  return {
    ...{ reason, remedy, omitted },
    jvms: await Promise.all(jvms.map(async (jvm) => summaryOf(await detailJvm(jvm)))),
  };
}

/** One JVM with all figures; `figures` is null where they can't be read, and `unreadable` says why. */
export async function detailJvm(jvm: Jvm): Promise<JvmDetail> {
  const notes = createNotes();
  const reading = await jvm.read();
  if (reading.obstacle !== undefined) {
    const isOpenJ9 = jvm.runtime.implementation === "OpenJ9";
    notes.add(["figures", "source"], isOpenJ9 ? NO_PERF_DATA_IN_OPENJ9 : reading.obstacle);
  }
  const uptimeSeconds = jvm.uptimeSeconds();
  const figures = reading.sample === null ? null : readFigures(reading.sample, uptimeSeconds, notes);
  const version = figures?.vm.javaVersion ?? jvm.runtime.version;
  if (version === null) {
    notes.add(["version"], { reason: jvm.runtime.versionReason ?? "it is not told", remedy: null });
  }
  return {
    ...{ pid: jvm.stat.pid, startTime: jvm.startTime, name: jvm.stat.comm, isMain: jvm.isMain },
    ...{ implementation: jvm.runtime.implementation, version, uptimeSeconds },
    ...{ source: reading.where, figures, unreadable: notes.list.map(plain) },
  };
}

function summaryOf({ source: _, figures, unreadable, ...common }: JvmDetail): JvmSummary {
  return {
    ...common,
    command: figures?.command ?? null,
    heapUsedBytes: figures?.memory.heap.usedBytes ?? null,
    heapCommittedBytes: figures?.memory.heap.committedBytes ?? null,
    heapMaxBytes: figures?.memory.heap.maxBytes ?? null,
    gcShare: figures?.gc.share ?? null,
    threads: figures?.threads.live ?? null,
    unreadable: unreadable.filter(({ field }) => !field.startsWith("memory.") && field !== "source"),
  };
}

function plain({ field, reason, remedy }: Unread): JvmDetail["unreadable"][number] {
  return { field, reason, remedy };
}
