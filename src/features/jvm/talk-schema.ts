import { z } from "zod";
import { classEntry } from "./answers/class-histogram.ts";
import { jvmFlag } from "./answers/flags.ts";
import { jvmProperty } from "./answers/properties.ts";
import { threadDump } from "./answers/thread-dump.ts";
import { memoryFigures } from "./figures-schema.ts";
import { jvmRef } from "./jvm-schema.ts";

/** What JVMs answer when they are asked. */

/** `GET …/threads`. */
export const threadsAnswer = jvmRef.extend(threadDump.shape);
/** `GET …/flags`. */
export const flagsAnswer = jvmRef.extend({
  total: z.int().meta({ description: "How many flags this JVM has." }),
  flags: z.array(jvmFlag),
});
/** `GET …/properties`. */
export const propertiesAnswer = jvmRef.extend({ properties: z.array(jvmProperty) });
/** `GET …/heap`. */
export const heapAnswer = jvmRef.extend({
  lines: z.array(z.string()).meta({ description: "In the words of its collector." }),
  memory: memoryFigures.nullable().meta({ description: "As its performance data has it." }),
});
/** `GET …/commands`. */
export const commandsAnswer = jvmRef.extend({
  commands: z.array(z.string()).meta({ description: "What its jcmd offers: it differs between versions." }),
});

/** What `POST …/classes` is asked. */
export const classesRequest = z.strictObject({
  live: z.boolean().default(false).meta({
    description:
      "Only objects that are in use: the JVM makes a full collection first. Takes the level `disturb`.",
  }),
  limit: z.int().min(1).max(100_000).default(1_000).meta({ description: "How many classes are answered." }),
});
/** `POST …/classes`. */
export const classesAnswer = jvmRef.extend({
  live: z.boolean(),
  total: z.int().meta({ description: "How many classes have objects." }),
  instances: z.number().nullable(),
  bytes: z.number().nullable(),
  classes: z.array(classEntry).meta({ description: "The largest first." }),
});

/** `POST …/gc`. */
export const gcAnswer = jvmRef.extend({
  durationMs: z.int(),
  heapUsedBytesBefore: z.number().nullable().meta({ description: "As the JVM had counted it last." }),
  heapUsedBytesAfter: z.number().nullable(),
  collections: z
    .number()
    .nullable()
    .meta({ description: "How many there were meanwhile; 0 where it refused in silence." }),
});
