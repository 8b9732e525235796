/** One process as `/proc/<pid>/stat` tells it (proc_pid_stat(5)). */
export interface ProcStat {
  readonly pid: number;
  /** The kernel's short name: at most 15 bytes, set by the process itself, so anything may stand in it. */
  readonly comm: string;
  /** One letter, see {@link stateWord}. */
  readonly stateLetter: string;
  /** 0 where the parent is outside our PID namespace. */
  readonly parentPid: number;
  readonly userTicks: number;
  readonly systemTicks: number;
  readonly threads: number;
  /** Since boot. Together with the pid it names one process for good: pids are used again, this pair is not. */
  readonly startTicks: number;
  readonly isKernelThread: boolean;
  /** Page faults that needed no I/O. */
  readonly minorFaults: number;
  /** Page faults that had to wait for I/O. */
  readonly majorFaults: number;
  /** From -20 (first) to 19 (last). */
  readonly nice: number;
  /** The CPU that it ran on last. */
  readonly lastCpu: number;
}

/** PF_KTHREAD of linux/sched.h, the same since Linux 2.6.27. */
const KERNEL_THREAD_FLAG = 0x00200000;

const STATE_WORDS: Readonly<Record<string, string>> = {
  R: "running",
  S: "sleeping",
  D: "waiting uninterruptibly",
  T: "stopped",
  t: "stopped by its tracer",
  Z: "zombie",
  X: "dead",
  I: "idle",
  P: "parked",
};

/** The word for a state letter of `/proc/<pid>/stat`. */
export function stateWord(letter: string): string {
  return STATE_WORDS[letter] ?? "unknown";
}

/** The letters that a letter or the first word of a state stands for; none where it is neither. */
export function stateLetters(name: string): string[] {
  if (Object.hasOwn(STATE_WORDS, name)) return [name];
  return Object.keys(STATE_WORDS).filter((letter) => STATE_WORDS[letter]?.split(" ", 1)[0] === name);
}

/** Tells whether a process has ended and only its parent's wait(2) is missing. */
export function isZombie(stat: Pick<ProcStat, "stateLetter">): boolean {
  return stat.stateLetter === "Z" || stat.stateLetter === "X";
}

/**
 * Parses the content of `/proc/<pid>/stat`; undefined where it is not one (an empty read of a dying process).
 * The name may hold blanks, parentheses and newlines, so it ends at the last parenthesis, not at the first.
 */
export function parseStat(text: string): ProcStat | undefined {
  const nameStart = text.indexOf("(");
  const nameEnd = text.lastIndexOf(")");
  if (nameStart === -1 || nameEnd < nameStart) return undefined;
  // The first field behind the name is number 3 in proc_pid_stat(5).
  const fields = text.slice(nameEnd + 2).split(" ");
  const field = (number: number) => Number(fields[number - 3]);
  const stat: ProcStat = {
    pid: Number.parseInt(text, 10),
    comm: text.slice(nameStart + 1, nameEnd),
    stateLetter: fields[0] ?? "",
    parentPid: field(4),
    isKernelThread: (field(9) & KERNEL_THREAD_FLAG) !== 0,
    minorFaults: field(10),
    majorFaults: field(12),
    userTicks: field(14),
    systemTicks: field(15),
    nice: field(19),
    threads: field(20),
    startTicks: field(22),
    lastCpu: field(39),
  };
  return Number.isSafeInteger(stat.pid) && Number.isSafeInteger(stat.startTicks) ? stat : undefined;
}
