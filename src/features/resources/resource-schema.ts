import { z } from "zod";
import { type ColumnName, HISTORY_COLUMNS } from "./history-columns.ts";

/** The shape of what `/resources` answers. What can't be read is null, and `unreadable` says why. */

const limit = z.union([z.number(), z.literal("unlimited")]).nullable();
const count = z.number().nullable();
const ratio = z.number().nullable().describe("Used by the effective limit: 1 is at the limit.");
const effectiveLimit = z
  .object({
    value: z.union([z.number(), z.literal("unlimited")]),
    from: z
      .enum(["cgroup", "ancestor", "machine"])
      .nullable()
      .describe("Where it was set; `machine` where nothing limits it but what the machine has."),
  })
  .nullable()
  .describe(
    "The lowest of its own limit, those of the cgroups above it as far as they are visible, and the machine's.",
  );

const row = z.object(
  Object.fromEntries(
    HISTORY_COLUMNS.map(({ name, description }) => [name, z.number().nullable().describe(description)]),
  ) as Record<ColumnName, z.ZodNullable<z.ZodNumber>>,
);

const stall = z
  .object({
    avg10Percent: z.number(),
    avg60Percent: z.number(),
    avg300Percent: z.number(),
    totalNs: z.number(),
  })
  .nullable();
const pressure = z
  .object({
    of: z
      .enum(["cgroup", "host"])
      .describe("`host`: the cgroup's own is not counted; this is the whole machine's."),
    some: stall.describe("Some tasks stood still."),
    full: stall.describe("All tasks that had something to do stood still."),
  })
  .nullable();

const cpu = z.object({
  ...{ usageNs: count, userNs: count, systemNs: count },
  quotaNs: limit.describe("CPU time in each period, on all CPUs together."),
  periodNs: count,
  weight: count.describe("cpu.weight of version 2."),
  shares: count.describe("cpu.shares of version 1."),
  throttling: z.object({ periods: count, throttledPeriods: count, throttledNs: count }),
  limitCpus: effectiveLimit,
  usedCpus: count.describe("In the last second."),
  usedRatio: ratio,
});

const memory = z.object({
  currentBytes: count.describe("With the page cache."),
  workingSetBytes: count.describe("Current without inactive file pages, as Kubernetes counts."),
  peakBytes: count,
  anonBytes: count,
  fileBytes: count.describe("The page cache, shared memory included."),
  kernelBytes: count,
  swapBytes: count,
  limitBytes: limit,
  swapLimitBytes: limit,
  effectiveLimitBytes: effectiveLimit,
  usedRatio: ratio.describe("The working set by the effective limit."),
  events: z.object({
    high: count.describe("Throttled for being above memory.high."),
    max: count.describe("About to go above the limit."),
    oom: count.describe("At the limit, and nothing could be freed."),
    oomKill: count.describe("Processes that the OOM killer ended."),
  }),
});

const pids = z.object({
  current: count,
  limit,
  effectiveLimit,
  usedRatio: ratio,
  limitHits: count.describe("Forks that failed for the limit."),
});

const device = z.object({
  device: z.string().describe("major:minor"),
  name: z.string().nullable(),
  ...{ readBytes: z.number(), writeBytes: z.number(), reads: z.number(), writes: z.number() },
});

const networkInterface = z.object({
  name: z.string(),
  ...{ receiveBytes: z.number(), receivePackets: z.number() },
  ...{ receiveErrors: z.number(), receiveDrops: z.number() },
  ...{ transmitBytes: z.number(), transmitPackets: z.number() },
  ...{ transmitErrors: z.number(), transmitDrops: z.number() },
});

const fileSystem = z.object({
  device: z.string().describe("major:minor"),
  type: z.string(),
  mountPoints: z.array(z.string()).describe("As the app sees the paths."),
  isReadOnly: z.boolean(),
  ...{ totalBytes: count, usedBytes: count },
  availableBytes: count.describe("For who is not root."),
  usedRatio: count.describe("As df(1) counts: 1 is full."),
  ...{ inodes: count, freeInodes: count },
  reason: z.string().nullable().describe("Why its figures are null."),
});

/** The answer of `GET /resources`. */
export const resourceReport = z.object({
  time: z.iso.datetime(),
  process: z
    .object({ pid: z.int(), startTime: z.iso.datetime(), foundBy: z.string() })
    .nullable()
    .describe("The app's main process, whose cgroup this is; null with `reason` where it is not known."),
  reason: z.string().nullable(),
  remedy: z.string().nullable().describe("The line that mends it."),
  cgroup: z
    .object({
      version: z.enum(["v1", "v2", "hybrid"]),
      path: z.string().describe("Relative to the sidecar's own cgroup namespace."),
      seenThrough: z
        .enum(["core", "sidecar"])
        .nullable()
        .describe("Whose mounts show it; null where none do."),
    })
    .nullable(),
  cpu: cpu.nullable(),
  memory: memory.nullable(),
  pids: pids.nullable(),
  io: z
    .array(device)
    .nullable()
    .describe("By block device; what the page cache gives or takes is not counted."),
  pressure: z.object({ cpu: pressure, memory: pressure, io: pressure }).nullable(),
  network: z.array(networkInterface).nullable(),
  fileSystems: z.array(fileSystem).nullable(),
  lastSecond: row.nullable().describe("Rates of the last whole second; null before there was one."),
  unreadable: z
    .array(z.object({ field: z.string(), reason: z.string(), remedy: z.string().nullable() }))
    .describe("What could not be read, why, and the line that mends it."),
});

/** The answer of `GET /resources/history`. */
export const resourceHistory = z.object({
  windowSeconds: z.int(),
  stepSeconds: z.int().describe("The length of each interval: 1 up to 5 minutes, 10 up to an hour, else 60."),
  starts: z
    .array(z.object({ time: z.iso.datetime(), pid: z.int(), startTime: z.iso.datetime() }))
    .describe("When the figures of a process begin: a second one is a restart of the app."),
  points: z
    .array(row.extend({ time: z.iso.datetime().describe("When the interval begins.") }))
    .describe("The oldest first. Null is what was not known: the app was gone, or its counters began anew."),
});

/** The report. */
export type ResourceReport = z.infer<typeof resourceReport>;
/** The history. */
export type ResourceHistory = z.infer<typeof resourceHistory>;
