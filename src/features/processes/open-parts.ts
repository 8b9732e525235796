import { setTimeout as delay } from "node:timers/promises";
import { NS_PER_TICK, timeOfTicks } from "../../linux/boot-clock.ts";
import { type Descriptor, listDescriptors, readDescriptor } from "../../linux/descriptors.ts";
import { readLimits } from "../../linux/proc-limits.ts";
import { stateWord } from "../../linux/proc-stat.ts";
import { readRoot } from "../../linux/root-path.ts";
import { findSockets } from "../../linux/socket-tables.ts";
import { readThreadStats, readThreadStatus } from "../../linux/threads.ts";
import { INTERVAL_SECONDS, interval, intervalMsOf } from "./list-query.ts";
import { limitQuery, type Part } from "./part.ts";
import { filesAnswer, type Own, socketsAnswer, threadsAnswer } from "./part-schema.ts";
import { percentage } from "./process-forms.ts";
import { cpuPercent } from "./sample-processes.ts";

/** The parts of a process that come and go: threads, files and sockets. */

const threadsQuery = limitQuery.extend({
  interval: interval.describe(
    `Over how many seconds CPU use is measured: ${INTERVAL_SECONDS.min} to ${INTERVAL_SECONDS.max}; ${INTERVAL_SECONDS.default} where it is left out.`,
  ),
});

/** `…/threads`. */
export const threadsPart: Part<Own<typeof threadsAnswer>, typeof threadsQuery> = {
  name: "threads",
  title: "Threads",
  summary: "The threads of a process: state, CPU use, context switches",
  schema: threadsAnswer,
  query: threadsQuery,
  async read({ pid, query }) {
    const limit = Number(query.limit);
    const before = await readThreadStats(pid, limit);
    const startedAtMs = performance.now();
    await delay(intervalMsOf(query.interval, INTERVAL_SECONDS.default));
    const intervalMs = performance.now() - startedAtMs;
    const now = await readThreadStats(pid, limit);
    const threads = await Promise.all(
      [...now.stats].map(async ([tid, stat]) => {
        const status = await readThreadStatus(pid, tid);
        return {
          ...{ tid, name: stat.comm, startTime: timeOfTicks(stat.startTicks) },
          ...{ state: stateWord(stat.stateLetter), stateLetter: stat.stateLetter },
          cpuTimeNs: (stat.userTicks + stat.systemTicks) * NS_PER_TICK,
          cpuPercent: cpuPercent(before.stats.get(tid), stat, intervalMs),
          voluntarySwitches: status?.voluntarySwitches ?? null,
          involuntarySwitches: status?.involuntarySwitches ?? null,
          ...{ nice: stat.nice, lastCpu: stat.lastCpu },
        };
      }),
    );
    return { total: now.total, intervalMs: Math.round(intervalMs), threads };
  },
  view: ({ total, intervalMs, threads }) => ({
    facts: [`${threads.length} of ${total} threads; CPU over ${intervalMs} ms`],
    columns: ["TID", "STATE", "CPU", "TIME", "WAITED", "TAKEN OFF", "NICE", "ON CPU", "NAME"],
    rightAligned: ["TID", "CPU", "TIME", "WAITED", "TAKEN OFF", "NICE", "ON CPU"],
    rows: threads.map((each) => [
      ...[each.tid, each.stateLetter, percentage(each.cpuPercent), `${each.cpuTimeNs / 1_000_000_000}s`],
      ...[each.voluntarySwitches, each.involuntarySwitches, each.nice, each.lastCpu, each.name],
    ]),
  }),
};

/** `…/files`. */
export const filesPart: Part<Own<typeof filesAnswer>, typeof limitQuery> = {
  name: "files",
  title: "Open files",
  summary: "The open file descriptors of a process, with paths relative to its own root",
  schema: filesAnswer,
  query: limitQuery,
  async read({ pid, reader, query }) {
    const [fds, limits] = await Promise.all([
      reader.read(["total", "files"], () => listDescriptors(pid)),
      reader.read(["limit"], () => readLimits(pid)),
    ]);
    const limit = limits?.find(({ name }) => name === "open files")?.soft ?? null;
    if (fds === null) return { total: null, limit, files: null };
    const wanted = fds.slice(0, Number(query.limit));
    const files = await reader.read(["files"], () => describe(pid, wanted));
    // What was closed before it could be looked at is not open.
    const closed = files === null ? 0 : wanted.length - files.length;
    return { total: fds.length - closed, limit, files };
  },
  view: ({ total, limit, files }) => ({
    facts: [`${files?.length ?? 0} of ${total ?? "?"} open files; the limit is ${limit ?? "?"}`],
    columns: ["FD", "KIND", "ACCESS", "POSITION", "TARGET"],
    rightAligned: ["FD", "POSITION"],
    rows: (files ?? []).map(({ fd, kind, access, positionBytes, target, isDeleted }) => [
      ...[fd, kind, access, positionBytes, isDeleted ? `${target} (deleted)` : target],
    ]),
  }),
};

/** So many descriptors are looked at at once: a process may have a million. */
const BATCH = 64;

async function describe(pid: number, fds: readonly number[]): Promise<Descriptor[]> {
  const root = await readRoot(pid);
  const found: Descriptor[] = [];
  for (let from = 0; from < fds.length; from += BATCH) {
    const batch = await Promise.all(fds.slice(from, from + BATCH).map((fd) => readDescriptor(pid, fd, root)));
    found.push(...batch.filter((each) => each !== undefined));
  }
  return found;
}

const UNKNOWN_SOCKET = {
  ...{ family: null, type: null, state: null, local: null, peer: null },
  ...{ sendQueueBytes: null, receiveQueueBytes: null },
};

/** `…/sockets`. */
export const socketsPart: Part<Own<typeof socketsAnswer>, typeof limitQuery> = {
  name: "sockets",
  title: "Sockets",
  summary: "The sockets of a process with their addresses, from its own network namespace",
  description:
    "Addresses come from the tables of the process's network namespace (`/proc/<pid>/net`), so the sidecar need not share it. A socket that is in none of them (vsock, or one of another namespace) has null for all but its inode.",
  schema: socketsAnswer,
  query: limitQuery,
  async read({ pid, reader, query }) {
    const files = await reader.read(["total", "sockets"], async () =>
      describe(pid, await listDescriptors(pid)),
    );
    if (files === null) return { total: null, sockets: null };
    const all = files.flatMap(({ fd, target }) => {
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      return inode === undefined ? [] : [{ fd, inode }];
    });
    const shown = all.slice(0, Number(query.limit));
    const entries = await reader.read(["sockets"], () =>
      findSockets(pid, new Set(shown.map(({ inode }) => inode))),
    );
    const sockets = shown.map(({ fd, inode }) => ({ fd, inode, ...(entries?.get(inode) ?? UNKNOWN_SOCKET) }));
    const unknown = sockets.filter(({ family }) => family === null).length;
    if (unknown > 0 && entries !== null) {
      const reason = `${unknown} sockets are in no table of the process's network namespace: of another kind, or another namespace`;
      reader.add(["sockets"], { reason, remedy: null });
    }
    return { total: all.length, sockets };
  },
  view: ({ total, sockets }) => ({
    facts: [`${sockets?.length ?? 0} of ${total ?? "?"} sockets`],
    columns: ["FD", "FAMILY", "TYPE", "STATE", "LOCAL", "PEER", "SENDING", "RECEIVED", "INODE"],
    rightAligned: ["FD", "SENDING", "RECEIVED", "INODE"],
    rows: (sockets ?? []).map((each) => [
      ...[each.fd, each.family, each.type, each.state, each.local, each.peer],
      ...[each.sendQueueBytes, each.receiveQueueBytes, each.inode],
    ]),
  }),
};
