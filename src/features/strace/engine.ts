import { AppError } from "../../base/errors.ts";
import { removeLeftovers } from "../../linux/tracefs/instance.ts";
import type { Logger } from "../../web/log.ts";
import type { Engine, EngineWish } from "./engine-names.ts";
import { probeTracefs, type TracefsSettings } from "./start-tracefs-trace.ts";

/** Decides what traces a process. */
export async function chooseEngine(
  { engine, straceOnly }: EngineWish,
  settings: TracefsSettings,
  pid: number,
): Promise<Engine> {
  if (engine !== "auto") return engine;
  if (straceOnly.length > 0 || settings.tracefsDir === undefined) return "strace";
  try {
    await probeTracefs(settings, pid);
    return "tracefs";
  } catch (error) {
    if (error instanceof AppError) return "strace";
    throw error;
  }
}

/** Ends what a sidecar that was killed has left in the kernel, and which costs the host time until then. */
export async function removeLeftTraces({ tracefsDir }: TracefsSettings, log: Logger): Promise<void> {
  if (tracefsDir === undefined) return;
  try {
    const removed = await removeLeftovers(tracefsDir);
    if (removed > 0)
      log.warn({ removed }, "a sidecar that was killed had left traces in the kernel: removed");
  } catch (err) {
    log.warn({ err }, "traces that a killed sidecar has left in the kernel can't be removed");
  }
}
