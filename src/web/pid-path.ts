import { z } from "zod";

/** The pid in the path. */
export const pidPath = z.object({
  pid: z
    .string()
    .regex(/^[1-9]\d{0,9}$/, "must be a process id: a whole number from 1")
    .describe("As the sidecar sees it."),
});
