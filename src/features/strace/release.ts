import { setTimeout as delay } from "node:timers/promises";
import { listThreads, readIfThere, readStat } from "../../linux/proc.ts";
import { parseStat } from "../../linux/proc-stat.ts";
import { parseStatus } from "../../linux/proc-status.ts";
import type { TraceTarget } from "./targets.ts";

const POLL_MS = 10;
const RELEASE_TIMEOUT_MS = 1_000;

/**
 * Makes sure that processes run free again after their tracer `tracerPid` has ended: no thread has it as tracer or
 * stands still, but for those of a process that was stopped before. Gives what is not as it should be after a second.
 */
export async function verifyReleased(targets: readonly TraceTarget[], tracerPid: number): Promise<string[]> {
  const giveUpAtMs = performance.now() + RELEASE_TIMEOUT_MS;
  while (true) {
    const complaints = (await Promise.all(targets.map((target) => complaintsOf(target, tracerPid)))).flat();
    if (complaints.length === 0 || performance.now() > giveUpAtMs) return complaints;
    await delay(POLL_MS);
  }
}

async function complaintsOf(target: TraceTarget, tracerPid: number): Promise<string[]> {
  const { pid, startTicks, wasStopped } = target;
  if ((await readStat(pid))?.startTicks !== startTicks) return [];
  const complaints: string[] = [];
  for (const thread of await listThreads(pid)) {
    const folder = `/proc/${pid}/task/${thread}`;
    const status = parseStatus((await readIfThere(`${folder}/status`)) ?? "");
    const stat = parseStat((await readIfThere(`${folder}/stat`)) ?? "");
    if (status === undefined || stat === undefined) continue;
    if (status.tracerPid === tracerPid)
      complaints.push(`Thread ${thread} of process ${pid} is still traced.`);
    // A tracer that came after us may hold it: that is not ours to judge.
    else if (status.tracerPid !== 0) continue;
    else if (stat.stateLetter === "t" || (stat.stateLetter === "T" && !wasStopped)) {
      complaints.push(
        `Thread ${thread} of process ${pid} is stopped, and was not before. Mend: kill -CONT ${pid}`,
      );
    }
  }
  return complaints;
}
