import { z } from "zod";
import { jvmFigures } from "./figures-schema.ts";

/** What `/jvm` answers. */

const unread = z.object({
  field: z.string(),
  reason: z.string(),
  remedy: z.string().nullable().meta({ description: "The line that mends it, where there is one." }),
});

/** What is the same wherever a JVM is told of. */
export const jvmRef = z.object({
  pid: z.int().meta({ description: "As the sidecar sees it." }),
  startTime: z.string().meta({ description: "ISO 8601. With the pid it names one process for good." }),
  name: z.string().meta({ description: "The kernel's short name." }),
});

const jvmCommon = jvmRef.extend({
  isMain: z.boolean().meta({ description: "Whether it is the app's main process." }),
  implementation: z.string().nullable().meta({ description: "`HotSpot` or `OpenJ9`." }),
  version: z.string().nullable().meta({ description: "The Java version." }),
  uptimeSeconds: z.number(),
});

/** One JVM of the list. */
export const jvmSummary = jvmCommon.extend({
  command: jvmFigures.shape.command,
  heapUsedBytes: z.number().nullable(),
  heapCommittedBytes: z.number().nullable(),
  heapMaxBytes: z.number().nullable(),
  gcShare: z.number().nullable().meta({ description: "Of the wall time since the start, in collections." }),
  threads: z.number().nullable(),
  unreadable: z.array(unread).meta({ description: "Why fields are null." }),
});

/** The answer of `GET /jvm`. */
export const jvmList = z.object({
  reason: z
    .string()
    .nullable()
    .meta({ description: "Why no process of the app is known, or can be told to be a JVM." }),
  remedy: z.string().nullable().meta({ description: "The line that mends it." }),
  omitted: z.int().meta({ description: "How many further JVMs there are, which are not told." }),
  jvms: z.array(jvmSummary).meta({ description: "The main one first." }),
});

/** The answer of `GET /jvm/{pid}`. */
export const jvmDetail = jvmCommon.extend({
  source: z.enum(["file", "memory"]).nullable().meta({
    description: "Where its performance data was read: in its file, or in its memory where it has none.",
  }),
  figures: jvmFigures.nullable(),
  unreadable: z.array(unread).meta({ description: "Why fields are null." }),
});

/** One JVM of the list. */
export type JvmSummary = z.output<typeof jvmSummary>;
/** The list. */
export type JvmListAnswer = z.output<typeof jvmList>;
/** One JVM with all its figures. */
export type JvmDetail = z.output<typeof jvmDetail>;
