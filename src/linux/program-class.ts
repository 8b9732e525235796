import { closeSync, openSync, readSync } from "node:fs";

const ELF = "\x7fELF";
const ELFCLASS32 = 1;

/** Whether a process runs a program of 32 bits (elf(5)); undefined where that can't be told. */
export function isProgramOf32Bits(pid: number): boolean | undefined {
  try {
    const head = Buffer.alloc(5);
    const descriptor = openSync(`/proc/${pid}/exe`, "r");
    try {
      readSync(descriptor, head, 0, head.length, 0);
    } finally {
      closeSync(descriptor);
    }
    return head.toString("latin1", 0, 4) === ELF ? head[4] === ELFCLASS32 : undefined;
  } catch {
    return undefined;
  }
}
