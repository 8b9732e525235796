import { z } from "zod";
import { SIGNALS } from "../../base/signals.ts";

/** The shape of what this feature answers. What can't be read is null, and `unreadable` says why. */

/** A process by the pair that names it for good. */
export const processRef = z.object({
  pid: z.int().describe("As the sidecar sees it."),
  startTime: z.iso.datetime().describe("Exact to a second. With the pid it names one process for good."),
});

/** Why a field is null, or is not the whole truth. */
export const unreadableField = z.object({
  field: z.string(),
  reason: z.string(),
  remedy: z.string().nullable().optional().describe("The line that mends it, where one is known."),
});

const io = z.object({
  readBytes: z.number().describe("From storage; what the page cache had is not in it."),
  writeBytes: z.number().describe("To storage."),
  cancelledWriteBytes: z.number().describe("Written, and deleted before it reached storage."),
  readCallBytes: z.number().describe("By read(2) and its like: pipes, sockets and the page cache too."),
  writeCallBytes: z.number().describe("By write(2) and its like."),
  readCalls: z.number(),
  writeCalls: z.number(),
});

const ioRates = z.object({
  readBytesPerSecond: z.number().describe("From storage."),
  writeBytesPerSecond: z.number().describe("To storage."),
  readCallBytesPerSecond: z
    .number()
    .describe("By read(2) and its like: pipes, sockets and the page cache too."),
  writeCallBytesPerSecond: z.number().describe("By write(2) and its like."),
  readCallsPerSecond: z.number().describe("Calls of read(2) and its like."),
  writeCallsPerSecond: z.number().describe("Calls of write(2) and its like."),
});

/** One process in the list. */
export const processSummary = processRef.extend({
  name: z.string().describe("The kernel's short name (comm): at most 15 bytes, set by the process itself."),
  parentPid: z.int().describe("0 where the parent is outside the shared PID namespace."),
  uid: z.int().nullable().describe("The effective user id."),
  user: z.string().nullable().describe("Its name in the process's own container; null where it has none."),
  state: z.string().describe("In words: running, sleeping, stopped, zombie…"),
  stateLetter: z.string().describe("As ps(1) shows it: R, S, D, T, t, Z, I."),
  commandLine: z
    .array(z.string())
    .nullable()
    .describe("Secrets are masked. Empty for kernel threads and zombies."),
  executable: z.string().nullable().describe("As the process sees the path."),
  threads: z.int(),
  rssBytes: z.int().nullable().describe("Resident memory."),
  cpuTimeNs: z.number().describe("User and system time since its start, to 10 ms."),
  cpuPercentSinceStart: z
    .number()
    .nullable()
    .describe("The average since its start; 100 is one CPU. Not what it uses at this moment."),
  cpuPercent: z
    .number()
    .nullable()
    .describe("Over the interval that was asked for, on all CPUs; 100 is one CPU. To 10 ms of CPU time."),
  depth: z.int().describe("How many of its ancestors are visible."),
  isCore: z
    .boolean()
    .nullable()
    .describe(
      "Whether it is the app's: the main process, one below it, or one in its cgroup. Null where the main process is not known.",
    ),
  virtualBytes: z.number().nullable().describe("The whole address space."),
  swapBytes: z.number().nullable().describe("Anonymous memory that is swapped out."),
  pssBytes: z
    .number()
    .nullable()
    .optional()
    .describe("Each page divided by the processes that share it. In the list only with `pss=true`."),
  minorFaults: z.number().describe("Page faults without I/O, since its start."),
  majorFaults: z.number().describe("Page faults that waited for I/O, since its start."),
  io: io.nullable().describe("Since its start (proc_pid_io(5))."),
  ioRates: ioRates.nullable().describe("The same by the second, over the interval that was asked for."),
  openFiles: z.int().nullable().describe("The number of open file descriptors."),
  openFilesLimit: z
    .union([z.number(), z.literal("unlimited")])
    .nullable()
    .describe("The soft limit."),
  openFilesRatio: z.number().nullable().describe("Open files by their limit; 1 is all of it."),
  mainThreadSwitches: z
    .object({ voluntary: z.number(), involuntary: z.number() })
    .nullable()
    .describe(
      "Context switches of its main thread: the kernel counts for each thread. `/processes/{pid}/threads` has all.",
    ),
  isMain: z.boolean().describe("Whether it is the app's main process."),
  isSidecar: z.boolean().describe("Whether it belongs to the sidecar."),
  isKernelThread: z.boolean(),
  unreadable: z.array(unreadableField).describe("What could not be read, and why."),
});

/** The answer of `GET /processes`. */
export const processList = z.object({
  sharedPidNamespace: z
    .boolean()
    .nullable()
    .describe("Whether the app's processes are visible here; null where that can't be told."),
  main: processRef
    .extend({ foundBy: z.string() })
    .nullable()
    .describe("The app's main process; null with `mainReason` where it is not known."),
  mainReason: z.string().nullable(),
  remedy: z.string().nullable().describe("The line that mends it."),
  intervalMs: z.number().describe("The interval of `cpuPercent` and `ioRates`, as it was measured."),
  processes: z.array(processSummary),
});

const relative = z.object({ pid: z.int(), name: z.string() });

/** The schema of one resource limit. */
export const resourceLimit = z.object({
  name: z.string(),
  soft: z.union([z.number(), z.literal("unlimited")]),
  hard: z.union([z.number(), z.literal("unlimited")]),
  unit: z.string().nullable(),
});

/** The answer of `GET /processes/{pid}`. */
export const processDetail = processSummary.extend({
  ancestors: z.array(relative).describe("The parent, its parent, and so on, as far as they are visible."),
  children: z.array(relative),
  namespaces: z.record(z.string(), z.string().nullable()).describe("By kind (namespaces(7))."),
  intervalMs: z.number().describe("The interval of `cpuPercent` and `ioRates`, as it was measured."),
  tracer: relative.nullable().describe("Who traces it (ptrace). Null for nobody in this PID namespace."),
  limits: z.array(resourceLimit).nullable().describe("Resource limits (getrlimit(2))."),
  signals: z
    .array(z.enum(SIGNALS))
    .describe(
      "Which signals may be sent to it: those that `processes.signals` allows; none where it is not the app's.",
    ),
});

/** One process in the list. */
export type ProcessSummary = z.infer<typeof processSummary>;
/** All processes, and which is the app's. */
export type ProcessList = z.infer<typeof processList>;
/** One process with all that is told of it. */
export type ProcessDetail = z.infer<typeof processDetail>;
