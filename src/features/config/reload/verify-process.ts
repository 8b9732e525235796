import { timeOfTicks } from "../../../linux/boot-clock.ts";
import type { CoreProcess, CoreProcessFinder } from "../../../linux/core-process.ts";
import { readStat } from "../../../linux/proc.ts";
import { isZombie } from "../../../linux/proc-stat.ts";
import { findProcess } from "../../../linux/signal-process.ts";
import type { VerifySettings } from "../../../settings/schema.ts";
import type { PreparedCheck } from "./prepared-check.ts";

type ProcessCheck = Extract<VerifySettings, { kind: "process" }>;

/** Whether the process of before the reload is still there, the same and alive, for as long as it is asked for. */
export async function prepareProcessCheck(
  { process: wanted, stableMs }: ProcessCheck,
  coreProcess: CoreProcessFinder,
): Promise<PreparedCheck> {
  const before: CoreProcess = await (wanted === "main" ? coreProcess.find() : findProcess(wanted));
  return {
    kind: "process",
    timeoutMs: stableMs,
    async look(elapsedMs) {
      if (before.kind === "missing") {
        const { reason: detail, remedy } = before;
        return { passed: false, isFinal: true, detail, remedy };
      }
      const { pid, startTime } = before;
      const stat = await readStat(pid);
      const isAlive = stat !== undefined && !isZombie(stat) && timeOfTicks(stat.startTicks) === startTime;
      const identity = { pid, startTime };
      if (!isAlive) {
        const detail = `Process ${pid} has ended since the change.`;
        return { ...identity, passed: false, isFinal: true, detail };
      }
      const detail = `Process ${pid} is the same as before, and alive.`;
      return { ...identity, passed: true, isFinal: elapsedMs >= stableMs, detail };
    },
  };
}
