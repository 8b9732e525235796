import { AppError } from "../../base/errors.ts";
import { removeLeftovers } from "../../linux/tracefs/instance.ts";
import type { Logger } from "../../web/log.ts";
import { probeTracefs, type TracefsSettings } from "./start-tracefs-trace.ts";
import type { Engine } from "./trace.ts";

/** What a request may ask for: `auto` is tracefs where that works, else strace. */
export const ENGINE_CHOICES = ["strace", "tracefs", "auto"] as const;
/** What a request may ask for. */
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

/** What of a request decides on its engine. */
export interface EngineWish {
  readonly engine: EngineChoice;
  /** Parameters that were asked for and that only strace can do. */
  readonly straceOnly: readonly string[];
}

/**
 * Decides what traces a process.
 * @throws {AppError} where tracefs is asked for with what it can't do.
 */
export async function chooseEngine(
  { engine, straceOnly }: EngineWish,
  settings: TracefsSettings,
  pid: number,
): Promise<Engine> {
  if (engine === "tracefs") refuseStraceOnly(straceOnly);
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

function refuseStraceOnly(names: readonly string[]): void {
  const [name] = names;
  if (name === undefined) return;
  const detail = "the engine tracefs sees numbers only, and no text";
  throw new AppError("invalid-parameter", `query parameter ${name}: ${detail}.`, {
    errors: names.map((each) => ({ pointer: `query:${each}`, detail })),
    remedy: `engine=strace, or without ${names.join(" and ")}`,
  });
}
