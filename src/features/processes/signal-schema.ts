import { z } from "zod";
import { SIGNALS } from "../../base/signals.ts";

/** The body of `POST /processes/{pid}/signals`. */
export const signalRequest = z.strictObject({
  signal: z.enum(SIGNALS).describe("One of those that `processes.signals` allows."),
  startTime: z.iso
    .datetime()
    .describe(
      "The `startTime` of the process, as `GET /processes` tells it: a later one of the same pid gets nothing.",
    ),
});

/** Its answer. */
export const signalSent = z.object({
  pid: z.int(),
  startTime: z.iso.datetime(),
  name: z.string(),
  signal: z.enum(SIGNALS),
  effect: z
    .enum(["handled", "ends the process", "stops the process", "continues the process"])
    .describe("What the process does with it, by what it has asked the kernel for."),
});

/** A signal that is asked for. */
export type SignalRequest = z.infer<typeof signalRequest>;
/** A signal that was sent. */
export type SignalSent = z.infer<typeof signalSent>;
