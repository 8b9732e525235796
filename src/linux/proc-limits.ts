import { readText } from "./proc.ts";

/** A resource limit of a process (getrlimit(2)). */
export interface ResourceLimit {
  /** As the kernel prints it, without `Max`: `open files`, `address space`… */
  readonly name: string;
  readonly soft: number | "unlimited";
  readonly hard: number | "unlimited";
  /** Null for what is counted in nothing. */
  readonly unit: string | null;
}

const MAX_BYTES = 65_536;

/** Reads `/proc/<pid>/limits`; throws the system error where that can't be read. */
export async function readLimits(pid: number): Promise<ResourceLimit[]> {
  return parseLimits(await readText(`/proc/${pid}/limits`, MAX_BYTES));
}

/** Parses `/proc/<pid>/limits`: a table of fixed columns (proc_pid_limits(5)). */
export function parseLimits(text: string): ResourceLimit[] {
  return text.split("\n").flatMap((line) => {
    const [, name, soft, hard, unit] = /^Max (.+?) {2,}(\S+) +(\S+) *(\S*) *$/.exec(line) ?? [];
    if (name === undefined || soft === undefined || hard === undefined) return [];
    return [{ name, soft: limitOf(soft), hard: limitOf(hard), unit: unit === "" ? null : (unit ?? null) }];
  });
}

function limitOf(text: string): number | "unlimited" {
  return text === "unlimited" ? text : Number(text);
}
