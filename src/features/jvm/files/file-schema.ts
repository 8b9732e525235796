import { z } from "zod";
import { jvmRef } from "../jvm-schema.ts";

/** What is told of every file that a JVM writes for us. */
export const fileState = z.object({
  id: z.string(),
  jvm: jvmRef,
  state: z.enum(["running", "ended", "failed"]),
  reason: z.string().nullable().meta({ description: "Why it has failed, or is not all that was asked for." }),
  startedAt: z.string(),
  bytes: z.number().meta({ description: "Written into the file up to now." }),
  expiresAt: z.string().nullable().meta({ description: "When it is removed; null while it is made." }),
  links: z.object({ self: z.string(), file: z.string() }),
});
