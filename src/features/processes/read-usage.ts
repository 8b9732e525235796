import { countDescriptors } from "../../linux/proc.ts";
import { readIo } from "../../linux/proc-io.ts";
import { readLimits } from "../../linux/proc-limits.ts";
import { readMemoryRollup } from "../../linux/proc-smaps.ts";
import type { ProcStat } from "../../linux/proc-stat.ts";
import type { ProcStatus } from "../../linux/proc-status.ts";
import { createProcessReader } from "../../linux/process-reader.ts";
import type { IoSample } from "./io-rates.ts";
import type { ProcessSummary } from "./process-schema.ts";

type Figures = Pick<
  ProcessSummary,
  | "virtualBytes"
  | "swapBytes"
  | "pssBytes"
  | "minorFaults"
  | "majorFaults"
  | "io"
  | "ioRates"
  | "openFiles"
  | "openFilesLimit"
  | "openFilesRatio"
  | "mainThreadSwitches"
>;

/** Reads what a process uses; what can't be read is null, and noted. */
export async function readUsage(
  stat: ProcStat,
  status: ProcStatus,
  { withPss, io: before }: { readonly withPss: boolean; readonly io: IoSample },
): Promise<{ figures: Figures; notes: ProcessSummary["unreadable"] }> {
  const { pid } = stat;
  const reader = createProcessReader(pid);
  const [io, openFiles, limits, memory] = await Promise.all([
    reader.read(["io", "ioRates"], async () => {
      const now = await readIo(pid);
      return { now, rates: before.ratesOf(stat, now) };
    }),
    reader.read(["openFiles", "openFilesRatio"], () => countDescriptors(pid)),
    reader.read(["openFilesLimit"], () => readLimits(pid)),
    withPss ? reader.read(["pssBytes"], () => readMemoryRollup(pid)) : undefined,
  ]);
  if (status.virtualBytes === null) {
    const reason = stat.isKernelThread ? "kernel threads have no memory of their own" : "it has ended";
    reader.add(["virtualBytes", "swapBytes"], { reason, remedy: null });
  }
  if (io?.rates === null)
    reader.add(["ioRates"], { reason: "`io` could not be read when the interval began", remedy: null });
  const openFilesLimit = limits?.find(({ name }) => name === "open files")?.soft ?? null;
  const { voluntarySwitches: voluntary, involuntarySwitches: involuntary } = status;
  return {
    figures: {
      virtualBytes: status.virtualBytes,
      swapBytes: status.swapBytes,
      ...(memory === undefined ? {} : { pssBytes: memory?.pssBytes ?? null }),
      minorFaults: stat.minorFaults,
      majorFaults: stat.majorFaults,
      ...{ io: io?.now ?? null, ioRates: io?.rates ?? null, openFiles, openFilesLimit },
      openFilesRatio: ratioOf(openFiles, openFilesLimit),
      mainThreadSwitches: voluntary === null || involuntary === null ? null : { voluntary, involuntary },
    },
    notes: [...reader.list],
  };
}

function ratioOf(used: number | null, limit: number | "unlimited" | null): number | null {
  if (used === null || typeof limit !== "number" || limit === 0) return null;
  return Math.round((used / limit) * 10_000) / 10_000;
}
