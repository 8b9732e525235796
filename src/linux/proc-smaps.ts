import { readText } from "./proc.ts";

/** The memory of a process, each page counted by how many share it (proc_pid_smaps(5)). */
export interface MemoryRollup {
  readonly rssBytes: number;
  /** Proportional: each page divided by the number of processes that have it. All processes' together are what is used. */
  readonly pssBytes: number;
  /** Pages that no other process has: what would be free if it ended. */
  readonly privateBytes: number;
  readonly sharedBytes: number;
  readonly anonymousBytes: number;
  readonly swapBytes: number;
  readonly swapPssBytes: number;
  readonly lockedBytes: number;
}

const MAX_BYTES = 65_536;

/**
 * Reads `/proc/<pid>/smaps_rollup`; throws the system error where that can't be read. The kernel walks all page tables
 * for it, which takes milliseconds for each GB, and meanwhile the process may wait where it maps memory.
 */
export async function readMemoryRollup(pid: number): Promise<MemoryRollup> {
  const text = await readText(`/proc/${pid}/smaps_rollup`, MAX_BYTES);
  // A kernel thread and a zombie have the file, with nothing in it.
  if (text === "") throw new Error("it has no memory of its own");
  const values = new Map(
    [...text.matchAll(/^(\w+): +(\d+) kB$/gm)].map(([, name, kilobytes]) => [
      name,
      Number(kilobytes) * 1_024,
    ]),
  );
  const value = (name: string) => values.get(name) ?? 0;
  return {
    rssBytes: value("Rss"),
    pssBytes: value("Pss"),
    privateBytes: value("Private_Clean") + value("Private_Dirty"),
    sharedBytes: value("Shared_Clean") + value("Shared_Dirty"),
    anonymousBytes: value("Anonymous"),
    swapBytes: value("Swap"),
    swapPssBytes: value("SwapPss"),
    lockedBytes: value("Locked"),
  };
}
