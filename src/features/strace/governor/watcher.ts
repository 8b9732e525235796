import { fstatSync, statfsSync } from "node:fs";
import { NS_PER_TICK } from "../../../linux/boot-clock.ts";
import { openThrottleMeterSoon, type ThrottleMeter } from "../../../linux/cgroup/throttle-meter.ts";
import { type ProcessLook, type WatchedProcess, watchProcess } from "../../../linux/watched-process.ts";
import { createFreezeCheck } from "./freeze-check.ts";
import { createLatencyCheck } from "./latency-check.ts";
import { type TraceSlot, traceSlot, type Verdict } from "./verdict.ts";
import type { WatchOrder } from "./watch-order.ts";

/** Watches over one trace. */
export interface Watcher extends Disposable {
  /** Looks, and kills strace where a limit is passed. False once there is nothing to watch any more. */
  look(nowMs: number): boolean;
}

/** How often the governor looks. */
export const LOOK_MS = 100;
/** The main thread ends a trace in time; this much later it is taken to hang. */
const OVERDUE_MS = 1_000;
const WINDOW_MS = 1_000;

/** Begins to watch; undefined where strace has ended by itself already. */
export function createWatcher(order: WatchOrder, meter: ThrottleMeter): Watcher | undefined {
  const strace = watchProcess(order.pid, order.startTicks);
  if (strace === undefined) return undefined;
  const slot = traceSlot(order.memory);
  const coreMeter = openCoreMeter(order);
  const judge = createJudge(order, slot, { own: meter, core: coreMeter });
  return {
    look(nowMs) {
      if (slot.isOver()) return false;
      const verdict = lookAndJudge(strace, judge, nowMs);
      if (verdict === undefined) return true;
      if (verdict === "ended") return false;
      // Before the kill: whoever sees the end of strace then finds the reason.
      slot.decide(verdict);
      strace.killGroup();
      return false;
    },
    [Symbol.dispose]() {
      coreMeter?.[Symbol.dispose]();
      strace[Symbol.dispose]();
    },
  };
}

type Judge = (look: ProcessLook, nowMs: number) => Verdict | undefined;

function lookAndJudge(strace: WatchedProcess, judge: Judge, nowMs: number): Verdict | "ended" | undefined {
  try {
    const look = strace.look();
    return look === undefined ? "ended" : judge(look, nowMs);
  } catch {
    // Out of descriptors, say: what can't be watched must not go on.
    return "governor-failed";
  }
}

/** How much the CPU quotas hold back. */
interface Meters {
  /** The sidecar. All traces share it, and somebody else has it look. */
  readonly own: ThrottleMeter;
  /** Undefined where it does not matter. */
  readonly core: ThrottleMeter | undefined;
}

function openCoreMeter({ limits, targetPids: [mainPid] }: WatchOrder): ThrottleMeter | undefined {
  if (mainPid === undefined || limits.maxCoreThrottledPercent === 100) return undefined;
  return openThrottleMeterSoon(mainPid);
}

function createJudge(order: WatchOrder, slot: TraceSlot, { own, core }: Meters): Judge {
  const { limits, descriptor, targetPids, latency } = order;
  const isFrozen = createFreezeCheck(targetPids, Math.ceil(limits.maxFrozenMs / LOOK_MS));
  const isOverdue = createOverdueCheck(order, slot);
  const isOverBudget = createBudgetCheck(limits.maxCpuPercent);
  const isSlow = createLatencyCheck(latency, limits.maxLatencyMs);
  let beganAtMs: number | undefined;
  return (look, nowMs) => {
    beganAtMs ??= nowMs;
    core?.look(nowMs);
    const bytes = fstatSync(descriptor).size;
    // All checks look each time, since what they remember is from one look to the next.
    const checks: readonly [boolean, Verdict][] = [
      [isFrozen(look, bytes), "core-frozen"],
      [bytes >= limits.maxBytes, "byte-limit"],
      [freePercent(limits.dir) < limits.minFreePercent, "storage-full"],
      [isOverdue(nowMs), "time-limit"],
      [nowMs - beganAtMs >= WINDOW_MS && own.share() * 100 > limits.maxThrottledPercent, "sidecar-throttled"],
      [isOverBudget(look, nowMs), "cpu-budget"],
      [isSlow(), "core-slow"],
      [(core?.share() ?? 0) * 100 > limits.maxCoreThrottledPercent, "core-throttled"],
    ];
    return checks.find(([isPassed]) => isPassed)?.[1];
  };
}

/** The time limit counts from when strace has attached. */
function createOverdueCheck({ attachMs, limits }: WatchOrder, slot: TraceSlot): (nowMs: number) => boolean {
  let startedAtMs: number | undefined;
  let attachedAtMs: number | undefined;
  return (nowMs) => {
    startedAtMs ??= nowMs;
    if (attachedAtMs === undefined && slot.isAttached()) attachedAtMs = nowMs;
    const deadlineMs = attachedAtMs === undefined ? startedAtMs + attachMs : attachedAtMs + limits.durationMs;
    return nowMs > deadlineMs + OVERDUE_MS;
  };
}

/** Whether strace takes more than its share of one CPU, on the average of a second. */
function createBudgetCheck(maxPercent: number): (look: ProcessLook, nowMs: number) => boolean {
  const used: { atMs: number; ticks: number }[] = [];
  return ({ stat }, nowMs) => {
    used.push({ atMs: nowMs, ticks: stat.userTicks + stat.systemTicks });
    while ((used[1]?.atMs ?? nowMs) <= nowMs - WINDOW_MS) used.shift();
    const [first] = used;
    const last = used.at(-1);
    if (first === undefined || last === undefined || last.atMs - first.atMs < WINDOW_MS) return false;
    const usedMs = ((last.ticks - first.ticks) * NS_PER_TICK) / 1e6;
    // 100 stands for no limit: strace has one thread, and can't take more but by the rounding of its ticks.
    return maxPercent < 100 && usedMs * 100 > maxPercent * (last.atMs - first.atMs);
  };
}

/** How much of a file system is free for us, in percent. A tmpfs without a limit has no size. */
export function freePercent(dir: string): number {
  const { bavail, blocks } = statfsSync(dir);
  return blocks === 0 ? 100 : (bavail / blocks) * 100;
}
