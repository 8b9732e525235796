import { z } from "zod";
import { processSummary, unreadableField } from "./process-schema.ts";

const ratio = z.number().nullable().describe("1 is all of the limit.");

/** The answer of `GET /processes/top`. */
export const topReport = z.object({
  time: z.iso.datetime(),
  intervalMs: z
    .number()
    .describe("The interval of `cpuPercent`, `ioRates` and `usedCpus`, as it was measured."),
  load: z
    .object({ "1min": z.number(), "5min": z.number(), "15min": z.number() })
    .describe("The machine's load averages (proc_loadavg(5)): tasks that run or wait for a disk."),
  machineCpus: z.int(),
  cpu: z
    .object({ usedCpus: z.number().nullable(), limitCpus: z.number().nullable(), usedRatio: ratio })
    .describe("Of the app's cgroup, over the interval."),
  memory: z
    .object({ workingSetBytes: z.number().nullable(), limitBytes: z.number().nullable(), usedRatio: ratio })
    .describe("Of the app's cgroup. The working set is what Kubernetes counts."),
  counts: z
    .object({ processes: z.int(), threads: z.int(), running: z.int(), waitingUninterruptibly: z.int() })
    .describe("Of the app's processes; of all where its main one is not known."),
  mainPid: z.int().nullable(),
  mainReason: z.string().nullable(),
  remedy: z.string().nullable(),
  matching: z.int().describe("How many processes there are to show; `processes` holds the first of them."),
  processes: z.array(processSummary),
  unreadable: z.array(unreadableField),
});

/** The busiest processes, and what the app uses. */
export type TopReport = z.infer<typeof topReport>;
