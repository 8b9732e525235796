import { z } from "zod";
import { milliseconds, path } from "./rules.ts";

/** How far JVMs may be touched, from nothing that they notice to what holds them up. */
export const TOUCH_LEVELS = ["observe", "talk", "modify", "disturb"] as const;

const mbeanMember = z.string().regex(/^[^\s/]{1,256}$/, "must be a name, or * for all of them");

/** How MBeans are reached, and which of them may be changed. */
const jmx = z.strictObject({
  user: z.string().min(1).max(256).optional().meta({
    description: "Whom the sidecar logs in as where the app has opened a JMX port with passwords.",
  }),
  passwordFile: path.optional().meta({ description: "The file with the password of `jvm.jmx.user`." }),
  caFile: path.optional().meta({
    description:
      "The certificates (PEM) by which a JMX port with TLS is verified; the system's, unless given.",
  }),
  idleMs: milliseconds(300_000, { min: 1_000 }).meta({
    description:
      "After so long without a request for its MBeans the sidecar logs out of a JVM, and removes the agent that it has started there.",
  }),
  allow: z
    .array(
      z.strictObject({
        mbean: z
          .string()
          .max(8_192)
          .regex(/^[^:\n]*:[^\n]+$/, {
            error: "must be a name of MBeans or a pattern of names, such as java.util.logging:type=Logging",
          }),
        attributes: z.array(mbeanMember).default([]),
        operations: z.array(mbeanMember).default([]),
      }),
    )
    .default([])
    .meta({
      description:
        'What operators may change at the level `modify`: attributes that they may set and operations that they may call, by MBean. None, unless given. Some operations run any code in the app, or write any file. `[{mbean: "java.util.logging:type=Logging", operations: [setLoggerLevel]}]`',
    }),
});

/** The settings of the feature `jvm`. */
export const jvm = z.strictObject({
  enabled: z.boolean().default(true).meta({ description: "The JVMs among the app's processes (`/jvm`)." }),
  touch: z.enum(TOUCH_LEVELS).default("talk").meta({
    description:
      "How far JVMs may be touched. `observe`: they don't notice it. `talk`: they are asked for threads, flags, properties and so on, as jcmd does, and open a socket in their /tmp for it. `modify`: a JMX agent is started where MBeans are asked for, and what `jvm.jmx.allow` names may be changed. `disturb`: full collections, heap dumps and recordings, too.",
  }),
  dumpDir: z
    .string()
    .regex(/^\/[^\0]*$/, "must be an absolute path")
    .default("/tmp")
    .meta({
      description:
        "The folder, as the app sees it, in which a JVM writes heap dumps and recordings. On a disk: a tmpfs is the app's memory.",
    }),
  maxDumpBytes: z.int().min(1_048_576).max(1_099_511_627_776).default(4_294_967_296).meta({
    description: "The largest heap that may be dumped, and the most that its file may have.",
  }),
  maxRecordingBytes: z.int().min(1_048_576).max(1_099_511_627_776).default(67_108_864).meta({
    description: "The most that a JVM may keep of a recording of JDK Flight Recorder.",
  }),
  timeoutMs: milliseconds(10_000, { max: 120_000 }).meta({
    description: "How long a JVM may take to answer what it is asked.",
  }),
  jmx: jmx.prefault({}),
});
