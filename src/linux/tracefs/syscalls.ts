import { SYSCALL_ARGUMENTS, SYSCALL_NAMES } from "./syscall-tables.ts";

/** What the numbers of system calls mean. */

/** Whose numbers they are. Programs of 32 bits have other numbers on the same machine. */
export type SyscallAbi = keyof typeof SYSCALL_NAMES;

/** What an argument is; see {@link SYSCALL_ARGUMENTS}. */
export type ArgumentKind =
  | "descriptor"
  | "path"
  | "address"
  | "signed32"
  | "unsigned32"
  | "bits32"
  | "permissions"
  | "signed"
  | "size"
  | "bits";

/** A system call. */
export interface Syscall {
  readonly name: string;
  /** Null where they are not known. */
  readonly args: readonly ArgumentKind[] | null;
  /** What it returns, where that is no plain number. */
  readonly result: "descriptor" | "address" | null;
}

const KINDS: Readonly<Record<string, ArgumentKind>> = {
  ...{ f: "descriptor", s: "path", p: "address", i: "signed32", u: "unsigned32", h: "bits32" },
  ...{ o: "permissions", l: "signed", z: "size", x: "bits" },
};
const RETURN_DESCRIPTORS = new Set(
  `open openat openat2 creat socket accept accept4 dup dup2 dup3 epoll_create epoll_create1 eventfd eventfd2 signalfd
   signalfd4 timerfd_create inotify_init inotify_init1 memfd_create memfd_secret pidfd_open pidfd_getfd
   perf_event_open userfaultfd io_uring_setup fsopen fsmount fspick open_tree open_tree_attr open_by_handle_at
   fanotify_init landlock_create_ruleset mq_open`.split(/\s+/),
);
const RETURN_ADDRESSES = new Set(["brk", "mmap", "mmap2", "mremap", "shmat"]);
/** Arguments in another order, or behind a pointer, than the call of the same name has in 64 bits. */
const OTHERWISE_IN_32_BITS = new Set([
  "mmap",
  "select",
  "clone",
  "lseek",
  "pread64",
  "pwrite64",
  "fadvise64",
]);
const SIZE_OF_NAME = /(?:_time)?64$/;

const signatures = new Map(
  SYSCALL_ARGUMENTS.trim()
    .split(/\s+/)
    .map((entry) => {
      const [name = "", letters = ""] = entry.split(":");
      return [name, [...letters].map((letter) => KINDS[letter] ?? "bits")] as const;
    }),
);
const tables = new Map<SyscallAbi, ReadonlyMap<number, Syscall>>();

/** The numbers that this machine's own programs use; undefined where they are not known. */
export function nativeAbi(): SyscallAbi | undefined {
  if (process.arch === "x64") return "x64";
  return process.arch === "arm64" ? "arm64" : undefined;
}

/** The system calls of an architecture by their numbers. */
export function syscallsOf(abi: SyscallAbi): ReadonlyMap<number, Syscall> {
  const known = tables.get(abi);
  if (known !== undefined) return known;
  const made = new Map<number, Syscall>();
  let next = 0;
  for (const word of SYSCALL_NAMES[abi].trim().split(/\s+/)) {
    if (/^\d+$/.test(word)) next = Number(word);
    else {
      made.set(next, describe(word, abi));
      next += 1;
    }
  }
  tables.set(abi, made);
  return made;
}

/** A call by its number; one that is not known is called as strace does. */
export function syscallOf(abi: SyscallAbi, number: number): Syscall {
  const known = syscallsOf(abi).get(number);
  if (known !== undefined) return known;
  return { name: `syscall_0x${(number >>> 0).toString(16)}`, args: null, result: null };
}

function describe(name: string, abi: SyscallAbi): Syscall {
  const result = RETURN_DESCRIPTORS.has(name) ? "descriptor" : RETURN_ADDRESSES.has(name) ? "address" : null;
  return { name, args: argumentsOf(name, abi), result };
}

function argumentsOf(name: string, abi: SyscallAbi): readonly ArgumentKind[] | null {
  if (abi === "ia32" && OTHERWISE_IN_32_BITS.has(name)) return null;
  const known = signatures.get(name);
  if (known !== undefined) return known;
  return (abi === "ia32" && signatures.get(name.replace(SIZE_OF_NAME, ""))) || null;
}
