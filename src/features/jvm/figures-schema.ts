import { z } from "zod";

/** What is read of a JVM from its performance data. */

const ratio = z.number().nullable();
const bytes = z.number().nullable();
const count = z.number().nullable();
const seconds = z.number().nullable();

/** Used memory is as of the last collection where the collector counts it then; see `unreadable` for what is null. */
const area = {
  usedBytes: bytes,
  committedBytes: bytes.meta({ description: "Taken from the system." }),
  maxBytes: bytes.meta({ description: "What it may grow to." }),
};

/** The memory of a JVM. */
export const memoryFigures = z.object({
  heap: z.object({
    ...area,
    spaces: z.array(
      z.object({
        pool: z.string().meta({ description: "As the JVM's memory pools are called, where that is known." }),
        generation: z.string(),
        space: z.string(),
        ...area,
      }),
    ),
  }),
  metaspace: z.object(area).meta({ description: "What classes take, compressed class space included." }),
  compressedClassSpace: z.object(area),
});

/** The garbage collections of a JVM. */
export const gcFigures = z.object({
  policy: z.string().nullable(),
  running: z
    .string()
    .nullable()
    .meta({ description: "Why it collects at this moment; null while it does not." }),
  lastCause: z.string().nullable(),
  count: count,
  timeSeconds: seconds.meta({
    description: "In all collections since the start, as the collectors count it.",
  }),
  share: ratio.meta({ description: "Of the wall time since the start: 0.05 is 5 %." }),
  cpuSeconds: seconds.meta({ description: "CPU time of its threads; told by Java 21 and later." }),
  collectors: z.array(
    z.object({
      name: z.string(),
      gc: z
        .string()
        .meta({ description: "As the JVM's management interface calls it, where that is known." }),
      count: count,
      timeSeconds: seconds,
      share: ratio,
    }),
  ),
});

/** All figures of a JVM. */
export const jvmFigures = z.object({
  vm: z.object({
    name: z.string().nullable(),
    version: z.string().nullable(),
    vendor: z.string().nullable(),
    javaVersion: z.string().nullable(),
    specification: z
      .string()
      .nullable()
      .meta({ description: "The Java version as one number: `17`, `1.8`." }),
    mode: z.string().nullable(),
    home: z.string().nullable(),
  }),
  command: z.string().nullable().meta({ description: "The main class or jar with its arguments, masked." }),
  arguments: z.array(z.string()).nullable().meta({
    description:
      "What the JVM was started with, from its environment too; masked. The JVM keeps about 1000 characters.",
  }),
  flagsFile: z.string().nullable().meta({ description: "What it read from a .hotspotrc." }),
  memory: memoryFigures,
  gc: gcFigures,
  safepoints: z.object({
    count: count,
    timeSeconds: seconds.meta({ description: "In which all threads of the app stood still." }),
    syncSeconds: seconds.meta({ description: "Of that, until all of them stood." }),
    share: ratio.meta({ description: "Of the wall time since the start." }),
  }),
  threads: z.object({ live: count, daemon: count, peak: count, started: count }),
  classes: z.object({ loaded: count, unloaded: count }),
  compiler: z.object({
    timeSeconds: seconds,
    compilations: count,
    bailouts: count,
    invalidations: count,
    codeBytes: bytes.meta({
      description: "Compiled code, as it was compiled: what was thrown away counts too.",
    }),
  }),
  canAttach: z.boolean().nullable().meta({ description: "False with -XX:+DisableAttachMechanism." }),
});

/** The figures of a JVM. */
export type JvmFigures = z.output<typeof jvmFigures>;
