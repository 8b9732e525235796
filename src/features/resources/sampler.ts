import { nowMs } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import { everySecond } from "../../base/every-second.ts";
import { type CgroupMeter, openCgroupMeter } from "../../linux/cgroup/cgroup-meter.ts";
import { readCpu } from "../../linux/cgroup/cpu.ts";
import type { EffectiveLimit } from "../../linux/cgroup/effective-limit.ts";
import { readMemory } from "../../linux/cgroup/memory.ts";
import { createCgroupReader, createNotes } from "../../linux/cgroup/notes.ts";
import type { CoreProcessFinder } from "../../linux/core-process.ts";
import type { Logger } from "../../web/log.ts";
import type { Bounds } from "./history-columns.ts";
import type { Recorder, Sample, Subject } from "./recorder.ts";

/** What the sampler looks for, and where it writes to. */
export interface SamplerDeps {
  readonly coreProcess: CoreProcessFinder;
  readonly recorder: Recorder;
  readonly log: Logger;
}

/** How often it is looked whether the app's main process, its cgroup and its limits are still the same. */
const LOOK_AGAIN_MS = 30_000;
/** To look for a process costs far more than to read one: where there is none it is done ever more seldom. */
const MAX_SEARCH_PAUSE_MS = 10_000;
const SECOND_MS = 1_000;

interface Open {
  readonly meter: CgroupMeter;
  readonly subject: Subject;
  readonly bounds: Bounds;
  readonly lookAgainMs: number;
}

/** Records the app's figures every second until `signal` fires. Never rejects. */
export async function sample(
  { coreProcess, recorder, log }: SamplerDeps,
  signal: AbortSignal,
): Promise<void> {
  let open: Open | undefined;
  let searchPauseMs = SECOND_MS;
  let searchAtMs = 0;
  let lastTrouble = "";

  const search = async () => {
    if (nowMs() < searchAtMs) return;
    open = await openCore(coreProcess);
    searchPauseMs = open === undefined ? Math.min(searchPauseMs * 2, MAX_SEARCH_PAUSE_MS) : SECOND_MS;
    searchAtMs = nowMs() + searchPauseMs - SECOND_MS / 2;
  };

  const close = async () => {
    const { meter } = open ?? {};
    open = undefined;
    await meter?.[Symbol.asyncDispose]();
  };

  const look = async (): Promise<Sample | undefined> => {
    if (open !== undefined && nowMs() >= open.lookAgainMs) await close();
    if (open === undefined) await search();
    const reading = await open?.meter.read();
    if (open === undefined || reading === undefined) {
      await close();
      return undefined;
    }
    return { subject: open.subject, bounds: open.bounds, reading };
  };

  const lookSafely = async () => {
    try {
      return await look();
    } catch (error) {
      await close();
      // It would be the same every second.
      if (messageOf(error) !== lastTrouble) log.warn({ err: error }, "the app's resources could not be read");
      lastTrouble = messageOf(error);
      return undefined;
    }
  };

  await everySecond(async (second) => {
    const found = await lookSafely();
    recorder.record(second, nowMs(), found);
  }, signal);
  await close();
}

async function openCore(coreProcess: CoreProcessFinder): Promise<Open | undefined> {
  const core = await coreProcess.find();
  if (core.kind === "missing") return undefined;
  const meter = await openCgroupMeter(core.pid);
  if (meter === undefined) return undefined;
  const { pid, startTime } = core;
  const subject = { pid, startTime, cgroupPath: meter.cgroup.path };
  return { meter, subject, bounds: await boundsOf(meter), lookAgainMs: nowMs() + LOOK_AGAIN_MS };
}

async function boundsOf({ cgroup, pid }: CgroupMeter): Promise<Bounds> {
  const reader = createCgroupReader(cgroup, createNotes());
  const [cpu, memory] = await Promise.all([readCpu(reader, pid), readMemory(reader)]);
  return { cpus: boundOf(cpu.limitCpus), memoryBytes: boundOf(memory.effectiveLimitBytes) };
}

function boundOf(limit: EffectiveLimit | null): number {
  return typeof limit?.value === "number" ? limit.value : Number.NaN;
}
