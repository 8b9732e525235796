import type { Decode } from "./trace-options.ts";

/**
 * How strace is called. Its options are ours alone: of a request nothing gets in but numbers, names of calls, and paths
 * that begin with a slash.
 */

/** What shapes a call of strace. */
export interface CommandOptions {
  readonly pids: readonly number[];
  /** Characters of each string. */
  readonly stringLimit: number;
  /** Calls and classes as strace names them, checked; all where there are none. */
  readonly syscalls: readonly string[];
  readonly isErrorsOnly: boolean;
  readonly follow: boolean;
  /** Paths as strace compares them; all calls where there are none. */
  readonly paths: readonly string[];
  /** `all`: strace itself tells the addresses of sockets, which it can in the network namespace of the processes only. */
  readonly decode: Decode;
  /** The {@link outputPath}. */
  readonly output: string;
  /** The most that strace may write, whatever becomes of us. */
  readonly maxFileBytes: number;
  /** The most CPU time it may take, whatever becomes of us. */
  readonly maxCpuSeconds: number;
}

const DECODING: Readonly<Record<Decode, readonly string[]>> = { none: [], paths: ["-y"], all: ["-yy"] };

/**
 * The path of strace's output, by the descriptor that we have open: the file itself has no name any more. It leads
 * through us and not through the child, for it is there only while we live. setpriv takes some milliseconds until the
 * kernel would tell the child of our death, and one before that it never hears of; but strace opens its output after
 * that and before it attaches, and fails where we are gone.
 */
export function outputPath(descriptor: number): string {
  return `/proc/${process.pid}/fd/${descriptor}`;
}

/**
 * The wrappers that make strace harmless even where the sidecar hangs or is killed, each of which becomes the next by
 * exec, so that there is one process only:
 * setpriv has the kernel kill it when we die (PR_SET_PDEATHSIG of prctl(2)), else it would go on tracing for ever;
 * prlimit has the kernel kill it (SIGXFSZ, SIGXCPU of setrlimit(2)) when it writes or runs on without us.
 * The kernel lets a traced process go on whenever its tracer dies (ptrace(2)).
 */
export function guarded(
  argv: readonly string[],
  limits: Pick<CommandOptions, "maxFileBytes" | "maxCpuSeconds">,
): [string, ...string[]] {
  const { maxFileBytes, maxCpuSeconds } = limits;
  return [
    "setpriv",
    "--pdeathsig",
    "KILL",
    "prlimit",
    "--core=0",
    `--fsize=${maxFileBytes}`,
    `--cpu=${maxCpuSeconds}`,
    ...argv,
  ];
}

/**
 * The whole argument vector. With -f, or several processes, and -o every line begins with the id of its thread; -ttt is
 * the time in seconds since 1970, -T the duration of the call. With -yy strace asks the kernel for all sockets at each new
 * one: a server of short connections was measured at a quarter of what -y leaves it. In another network namespace it tells
 * nothing for it.
 */
export function straceCommand(options: CommandOptions): [string, ...string[]] {
  const { pids, stringLimit, decode, syscalls, isErrorsOnly, follow, paths } = options;
  return guarded(
    [
      "strace",
      ...(follow ? ["-f"] : []),
      "-ttt",
      "-T",
      ...DECODING[decode],
      "-s",
      String(stringLimit),
      "--quiet=attach",
      ...(syscalls.length === 0 ? [] : ["-e", `trace=${syscalls.join(",")}`]),
      ...(isErrorsOnly ? ["-e", "status=failed"] : []),
      ...paths.flatMap((path) => ["-P", path]),
      // Appending: what we would cut off at the front is then not written again as a hole.
      "-A",
      "-o",
      options.output,
      ...pids.flatMap((pid) => ["-p", String(pid)]),
    ],
    options,
  );
}
