import { listThreads, readIfThere } from "./proc.ts";
import { type ProcStat, parseStat } from "./proc-stat.ts";
import { type ProcStatus, parseStatus } from "./proc-status.ts";

/** The threads of a process by their ids, as `/proc/<pid>/task/<tid>/stat` tells them (proc_pid_task(5)). */
export async function readThreadStats(
  pid: number,
  maxThreads: number,
): Promise<{ readonly total: number; readonly stats: ReadonlyMap<number, ProcStat> }> {
  const tids = (await listThreads(pid)).sort((a, b) => a - b);
  const texts = await Promise.all(
    tids.slice(0, maxThreads).map((tid) => readIfThere(`/proc/${pid}/task/${tid}/stat`)),
  );
  const stats = texts.flatMap((text) => {
    const stat = text === undefined ? undefined : parseStat(text);
    return stat === undefined ? [] : [[stat.pid, stat] as const];
  });
  return { total: tids.length, stats: new Map(stats) };
}

/** A thread's own status; undefined where it has ended. */
export async function readThreadStatus(pid: number, tid: number): Promise<ProcStatus | undefined> {
  const text = await readIfThere(`/proc/${pid}/task/${tid}/status`);
  return text === undefined ? undefined : parseStatus(text);
}
