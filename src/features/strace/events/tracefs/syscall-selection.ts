import { AppError } from "../../../../base/errors.ts";
import { type Syscall, type SyscallAbi, syscallsOf } from "../../../../linux/tracefs/syscalls.ts";

/** Which calls a trace is about. */
export interface SyscallSelection {
  has(syscall: Syscall): boolean;
  /** The same for the kernel, so that it records no others; undefined where it would be too long for it. */
  filter(abis: readonly SyscallAbi[]): string | undefined;
}

/** Calls by class, as strace(1) has them. `file` and `desc` follow from their arguments. */
const CLASSES: Readonly<Record<string, RegExp>> = {
  network:
    /^(?:socket|socketpair|socketcall|bind|listen|accept4?|connect|getsockname|getpeername|sendto|recvfrom|send|recv|sendm?msg|recvm?msg|sendmmsg|recvmmsg(?:_time64)?|shutdown|setsockopt|getsockopt|sendfile(?:64)?)$/,
  process:
    /^(?:fork|vfork|clone3?|execve|execveat|exit|exit_group|wait4|waitid|waitpid|kill|tkill|tgkill|rt_sigqueueinfo|rt_tgsigqueueinfo|pidfd_send_signal)$/,
  signal:
    /^(?:rt_sig\w+|rt_tgsigqueueinfo|sig(?:action|nal|pending|procmask|return|suspend|altstack)|sgetmask|ssetmask|signalfd4?|kill|tkill|tgkill|pause|pidfd_send_signal)$/,
  ipc: /^(?:ipc|(?:shm|sem|msg)(?:get|ctl|at|dt|op|timedop|rcv|snd)|semtimedop_time64)$/,
  memory:
    /^(?:brk|mmap2?|munmap|mprotect|pkey_mprotect|mremap|msync|mincore|madvise|process_madvise|mlock2?|mlockall|munlock|munlockall|remap_file_pages|mbind|[gs]et_mempolicy|set_mempolicy_home_node|migrate_pages|move_pages|shmat|shmdt|io_setup|io_destroy|mseal|map_shadow_stack)$/,
  clock: /^(?:clock_(?:[gs]ettime|getres|adjtime)(?:_time)?(?:64)?|[gs]ettimeofday|time|stime|adjtimex)$/,
  creds: /^(?:[gs]et(?:res|re|fs|e)?[ug]id(?:32)?|[gs]etgroups(?:32)?|capget|capset|prctl)$/,
  pure: /^(?:getpid|getppid|gettid|getpgrp|get(?:e)?[ug]id(?:32)?)$/,
};
/** They wait for descriptors that are behind a pointer. */
const DESCRIPTOR_CALLS = /^(?:select|_newselect|pselect6|poll|ppoll|pipe2?|socketpair)/;
const ALL_ABIS: readonly SyscallAbi[] = ["x64", "ia32", "arm64"];
/** What the kernel takes for a filter is a page. */
const MAX_FILTER_CHARS = 3_500;

/**
 * Makes a selection of names and classes as a request has them; none is all.
 * @throws {AppError} `invalid-parameter` for what is neither a call nor a class known here.
 */
export function selectSyscalls(wanted: readonly string[]): SyscallSelection | undefined {
  if (wanted.length === 0) return undefined;
  const names = new Set(wanted.filter((each) => !each.startsWith("%")));
  const classes = wanted.filter((each) => each.startsWith("%")).map((each) => each.slice(1));
  for (const name of names) if (!isKnown(name)) throw unknown(name);
  const matchers = classes.map(matcherOf);
  const has = (syscall: Syscall) => names.has(syscall.name) || matchers.some((matches) => matches(syscall));
  return { has, filter: (abis) => filterOf(abis, has) };
}

function isKnown(name: string): boolean {
  return ALL_ABIS.some((abi) => [...syscallsOf(abi).values()].some((syscall) => syscall.name === name));
}

function matcherOf(name: string): (syscall: Syscall) => boolean {
  if (name === "file") return ({ args }) => args?.includes("path") ?? false;
  if (name === "desc") {
    return (syscall) =>
      syscall.result === "descriptor" ||
      (syscall.args?.includes("descriptor") ?? false) ||
      DESCRIPTOR_CALLS.test(syscall.name);
  }
  const pattern = CLASSES[name === "net" ? "network" : name];
  if (pattern === undefined) throw unknown(`%${name}`);
  return (syscall) => pattern.test(syscall.name);
}

/** A signal handler's return has no number at its end. */
function filterOf(abis: readonly SyscallAbi[], has: (syscall: Syscall) => boolean): string | undefined {
  const numbers = new Set(
    abis.flatMap((abi) =>
      [...syscallsOf(abi)].flatMap(([number, syscall]) => (has(syscall) ? [number] : [])),
    ),
  );
  const filter = [-1, ...numbers].map((number) => `id == ${number}`).join(" || ");
  return filter.length > MAX_FILTER_CHARS ? undefined : filter;
}

function unknown(name: string): AppError {
  const classes = ["file", "desc", ...Object.keys(CLASSES)].join(", ");
  const detail = `the engine tracefs knows no system call and no class ${name}`;
  return new AppError("invalid-parameter", `query parameter syscalls: ${detail}.`, {
    errors: [{ pointer: "query:syscalls", detail }],
    remedy: `Names of system calls, or the classes ${classes}; or engine=strace`,
  });
}
