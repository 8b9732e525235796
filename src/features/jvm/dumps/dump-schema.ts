import { z } from "zod";
import { fileState } from "../files/file-schema.ts";

/** What is told of heap dumps. */

/** What `POST …/heap-dumps` is asked. */
export const dumpRequest = z.strictObject({
  live: z.boolean().default(false).meta({
    description: "Only objects that are in use: the JVM makes a full collection first.",
  }),
});

/** A heap dump. */
export const dumpState = fileState.extend({ live: z.boolean() });

/** The dumps that are kept. */
export const dumpList = z.object({ heapDumps: z.array(dumpState) });

/** What is wished for. */
export type DumpRequest = z.output<typeof dumpRequest>;
