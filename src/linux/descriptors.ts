import { readdir, readlink } from "node:fs/promises";
import { isGone, readText } from "./proc.ts";
import { pathInRoot } from "./root-path.ts";

/** An open file descriptor. */
export interface Descriptor {
  readonly fd: number;
  readonly kind: "file" | "device" | "socket" | "pipe" | "anonymous" | "other";
  /** What it points at: a path relative to the root of the process, `socket:[inode]`, `anon_inode:[eventpoll]`… */
  readonly target: string;
  /** Whether the file was removed since. */
  readonly isDeleted: boolean;
  readonly access: "read" | "write" | "read-write" | null;
  readonly closesOnExec: boolean | null;
  /** Whether what is written goes to its end (O_APPEND); null where that can't be read. */
  readonly isAppending: boolean | null;
  readonly positionBytes: number | null;
}

/** open(2): the flags as fdinfo prints them, the same on all architectures that Node.js runs on but for O_CLOEXEC's place. */
const ACCESS_MODES = ["read", "write", "read-write"] as const;
const O_CLOEXEC = 0o2000000;
const O_APPEND = 0o2000;
const DELETED = / \(deleted\)$/;

/** The numbers of all open descriptors, ascending; throws the system error where they can't be read. */
export async function listDescriptors(pid: number): Promise<number[]> {
  return (await readdir(`/proc/${pid}/fd`)).map(Number).sort((a, b) => a - b);
}

/** Where a descriptor points (proc_pid_fd(5), proc_pid_fdinfo(5)); undefined where it was closed meanwhile. */
export async function readDescriptor(pid: number, fd: number, root: string): Promise<Descriptor | undefined> {
  try {
    const [link, info] = await Promise.all([
      readlink(`/proc/${pid}/fd/${fd}`),
      readText(`/proc/${pid}/fdinfo/${fd}`, 4_096).catch(() => ""),
    ]);
    const isDeleted = link.startsWith("/") && DELETED.test(link);
    const flags = /^flags:\s*([0-7]+)$/m.exec(info)?.[1];
    const position = /^pos:\s*(\d+)$/m.exec(info)?.[1];
    const bits = flags === undefined ? undefined : Number.parseInt(flags, 8);
    return {
      fd,
      kind: kindOf(link),
      target: pathInRoot(isDeleted ? link.replace(DELETED, "") : link, root),
      isDeleted,
      access: bits === undefined ? null : (ACCESS_MODES[bits & 3] ?? null),
      closesOnExec: bits === undefined ? null : (bits & O_CLOEXEC) !== 0,
      isAppending: bits === undefined ? null : (bits & O_APPEND) !== 0,
      positionBytes: position === undefined ? null : Number(position),
    };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function kindOf(link: string): Descriptor["kind"] {
  if (link.startsWith("socket:[")) return "socket";
  if (link.startsWith("pipe:[")) return "pipe";
  if (link.startsWith("anon_inode:")) return "anonymous";
  if (link.startsWith("/dev/") && !link.startsWith("/dev/shm/")) return "device";
  return link.startsWith("/") ? "file" : "other";
}
