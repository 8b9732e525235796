import { z } from "zod";
import { SIGNALS } from "../base/signals.ts";
import { milliseconds, path } from "./rules.ts";

/** The settings of the feature `health`. */
export const health = z.strictObject({
  enabled: z.boolean().default(true).meta({ description: "The health endpoints." }),
  intervalMs: milliseconds(5_000, { min: 100 }).meta({ description: "How often each check runs." }),
  timeoutMs: milliseconds(2_000).meta({ description: "How long a check may take." }),
  path: z
    .string()
    .regex(/^\/[^\s#]*$/)
    .default("/")
    .meta({ description: "What the check asks the app for." }),
  failureThreshold: z
    .int()
    .min(1)
    .max(100)
    .default(2)
    .meta({ description: "Failures in a row until a check counts as failed." }),
  successThreshold: z
    .int()
    .min(1)
    .max(100)
    .default(1)
    .meta({ description: "Successes in a row until it counts as passed again." }),
  maxStatus: z.int().min(200).max(599).default(499).meta({
    description: "The highest status of the app's answer that still counts as healthy.",
  }),
  eventLoopDelayMs: milliseconds(500).meta({
    description: "The event-loop delay (p99) above which the sidecar warns.",
  }),
  minDiskFreePercent: z
    .int()
    .min(0)
    .max(100)
    .default(5)
    .meta({ description: "Free space of the state folder below which it warns." }),
});

/** The settings of the feature `processes`. */
export const processes = z.strictObject({
  enabled: z.boolean().default(true).meta({ description: "The process list." }),
  signals: z.array(z.enum(SIGNALS)).default(["SIGHUP", "SIGCONT"]).meta({
    description:
      "The signals that operators may send to the app's processes. Empty: none. SIGUSR1 opens the debugger of a Node.js app. SIGTERM and SIGKILL end a process, and with the app's main one its container.",
  }),
});

/** The settings of the feature `resources`. */
export const resources = z.strictObject({
  enabled: z.boolean().default(true).meta({
    description:
      "The app's use of CPU, memory and so on, and its history: read every second, kept for a day.",
  }),
});

/** The settings of the feature `runtime`. */
export const runtime = z.strictObject({
  enabled: z.boolean().default(true).meta({
    description: "What kind of program each of the app's processes is (`/runtime`).",
  }),
});

/** The settings of the feature `dashboard`. */
export const dashboard = z.strictObject({
  enabled: z.boolean().default(true).meta({
    description: "The dashboard: without it, a browser gets the list of what there is.",
  }),
});

/** The settings of the feature `traffic`. */
export const traffic = z.strictObject({
  enabled: z.boolean().default(true).meta({
    description: "Counts what is forwarded, for `/traffic` and `/metrics`, and keeps the latest requests.",
  }),
  recent: z.int().min(0).max(65_536).default(512).meta({
    description:
      "How many of the latest requests each process keeps (`cluster`): their paths without queries, times and connections, in 0.6 kB each. 0: none.",
  }),
});

/** The settings of the feature `metrics`. */
export const metrics = z.strictObject({
  enabled: z.boolean().default(true).meta({ description: "Metrics for Prometheus." }),
});

/** The settings of the feature `strace`. */
export const strace = z.strictObject({
  enabled: z.boolean().default(true).meta({ description: "System call tracing." }),
  defaultLines: z
    .int()
    .min(1)
    .max(100_000)
    .default(100)
    .meta({ description: "Lines answered where none are asked for." }),
  maxLines: z
    .int()
    .min(1)
    .max(100_000)
    .default(10_000)
    .meta({ description: "The most lines one request may ask for." }),
  durationMs: milliseconds(10_000, { max: 60_000 }).meta({ description: "The longest a trace may run." }),
  maxBytes: z
    .int()
    .min(4_096)
    .max(67_108_864)
    .default(8_388_608)
    .meta({ description: "The most output of one trace." }),
  stringLimit: z
    .int()
    .min(0)
    .max(4_096)
    .default(256)
    .meta({ description: "Characters of each string shown where none are asked for (strace -s)." }),
  maxStringLimit: z
    .int()
    .min(0)
    .max(4_096)
    .default(4_096)
    .meta({ description: "The most characters of each string that a request may ask for." }),
  maxConcurrent: z
    .int()
    .min(1)
    .max(16)
    .default(2)
    .meta({ description: "Traces at once. Each costs up to one CPU core." }),
  maxThreads: z.int().min(1).max(100_000).default(2_000).meta({
    description:
      "The most threads of the processes traced at once. Attaching stops them: 300 for 0.1 s, 3000 for a second.",
  }),
  maxFrozenMs: z.int().min(100).max(10_000).default(300).meta({
    description: "How long strace may stand still while the app waits for it; then it is killed.",
  }),
  minFreePercent: z
    .int()
    .min(0)
    .max(90)
    .default(10)
    .meta({ description: "Free space of `strace.dir` below which no trace begins, and running ones end." }),
  maxThrottledPercent: z.int().min(1).max(100).default(50).meta({
    description:
      "How much of a second the CPU quota of the sidecar may hold it back while it traces: the app waits with it. 100: never mind.",
  }),
  maxCpuPercent: z.int().min(1).max(100).default(100).meta({
    description: "How much of a CPU one strace may take, on the average of a second. 100: all it needs.",
  }),
  maxLatencyMs: milliseconds(5_000, { min: 0 }).meta({
    description:
      "A trace is ended while half of the requests that are forwarded to the app wait longer than this for their answers, and did not before. 0: never mind.",
  }),
  maxCoreThrottledPercent: z.int().min(1).max(100).default(100).meta({
    description:
      "How much of a second the app's own CPU quota may hold it back while it is traced: tracing costs it CPU time as well. 100: never mind.",
  }),
  dir: path.default("/dev/shm").meta({
    description: "Where strace writes while it runs. A tmpfs, so that the app never waits for a disk.",
  }),
  tracefsDir: path.optional().meta({
    description:
      "Where the host's tracefs is mounted, read and write (`/tracing`), for `engine=tracefs`. Whoever can write to it can watch the whole host.",
  }),
  hostProcDir: path.optional().meta({
    description:
      "Where the host's /proc is mounted (`/host/proc`): tells `engine=tracefs` the host's numbers of the app's threads. Not needed as a rule.",
  }),
});

/** The settings of the traces that run on their own (`POST /traces`), beside those of `strace`. */
export const traces = z.strictObject({
  maxDurationMs: milliseconds(60_000, { max: 3_600_000 }).meta({
    description: "The longest a trace may run that was started with `POST /traces`.",
  }),
  maxLines: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(1_000_000)
    .meta({ description: "The most lines of such a trace." }),
  maxBytes: z
    .int()
    .min(4_096)
    .max(1_073_741_824)
    .default(268_435_456)
    .meta({ description: "The most output of strace of such a trace." }),
  maxKept: z.int().min(1).max(1_000).default(32).meta({
    description: "How many of them are kept; the oldest that has ended makes room for a new one.",
  }),
  maxKeptBytes: z.int().min(1_048_576).max(1_073_741_824).default(67_108_864).meta({
    description:
      "The memory for what all of them told together. It is compressed: strace's output takes about a fifth of its size.",
  }),
  keptMs: milliseconds(3_600_000, { min: 1_000, max: 604_800_000 }).meta({
    description: "How long a trace is kept after its end.",
  }),
  recorderSeconds: z.int().min(0).max(3_600).default(0).meta({
    description:
      "The flight recorder: the app's main process is traced all the time, and its system calls of the last so many seconds are kept (`/traces/recorder`). 0: off. It slows the app all the time as any trace does, and takes one of `strace.maxConcurrent`.",
  }),
});
