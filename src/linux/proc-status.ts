/** The credentials and counters of a process as `/proc/<pid>/status` tells them (proc_pid_status(5)). */
export interface ProcStatus {
  /** The process that a thread belongs to; equal to the pid asked for where that is a process. */
  readonly threadGroupId: number;
  /** Its pids from our PID namespace down to its own, which is what it knows of itself (`NSpid`). */
  readonly namespacePids: readonly number[];
  /** 0 where nobody traces it, or the tracer is outside our PID namespace. */
  readonly tracerPid: number;
  readonly uids: Ids;
  readonly gids: Ids;
  /** The supplementary ones. */
  readonly groups: readonly number[];
  readonly threads: number;
  /** Null for what has no memory of its own: kernel threads and zombies. */
  readonly residentBytes: number | null;
  /** The whole address space; null as above. */
  readonly virtualBytes: number | null;
  /** What is swapped out of its anonymous memory; null as above. */
  readonly swapBytes: number | null;
  /** Locked into memory (mlock(2)); null as above. */
  readonly lockedBytes: number | null;
  /** How often the thread gave its CPU up to wait. Of this one thread: for a process, its main one. */
  readonly voluntarySwitches: number | null;
  /** How often the thread was taken off its CPU. */
  readonly involuntarySwitches: number | null;
  readonly capPermitted: bigint;
  readonly capEffective: bigint;
  readonly capBounding: bigint;
  readonly noNewPrivileges: boolean;
  /** 0 off, 1 strict, 2 filter; null on kernels without it. */
  readonly seccompMode: number | null;
}

/** The ids of a process (credentials(7)). */
export interface Ids {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
}

/** Parses the content of `/proc/<pid>/status`; undefined where it is not one. */
export function parseStatus(text: string): ProcStatus | undefined {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const number = (name: string) => Number.parseInt(fields.get(name) ?? "", 10);
  const optional = (name: string) => (fields.has(name) ? number(name) : null);
  const capabilities = (name: string) => BigInt(`0x${fields.get(name) ?? "0"}`);
  const threadGroupId = number("Tgid");
  if (!Number.isSafeInteger(threadGroupId)) return undefined;
  const bytes = (name: string) => {
    const kilobytes = optional(name);
    return kilobytes === null ? null : kilobytes * 1_024;
  };
  return {
    threadGroupId,
    namespacePids: (fields.get("NSpid") ?? "").split(/\s+/).filter(Boolean).map(Number),
    tracerPid: optional("TracerPid") ?? 0,
    uids: idsOf(fields.get("Uid")),
    gids: idsOf(fields.get("Gid")),
    groups: (fields.get("Groups") ?? "").split(" ").filter(Boolean).map(Number),
    threads: number("Threads"),
    residentBytes: bytes("VmRSS"),
    virtualBytes: bytes("VmSize"),
    swapBytes: bytes("VmSwap"),
    lockedBytes: bytes("VmLck"),
    voluntarySwitches: optional("voluntary_ctxt_switches"),
    involuntarySwitches: optional("nonvoluntary_ctxt_switches"),
    capPermitted: capabilities("CapPrm"),
    capEffective: capabilities("CapEff"),
    capBounding: capabilities("CapBnd"),
    noNewPrivileges: optional("NoNewPrivs") === 1,
    seccompMode: optional("Seccomp"),
  };
}

function idsOf(field = ""): Ids {
  const [real = Number.NaN, effective = Number.NaN, saved = Number.NaN] = field.split(/\s+/).map(Number);
  return { real, effective, saved };
}
