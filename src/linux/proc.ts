import { constants, readFileSync } from "node:fs";
import { open, readdir, readlink } from "node:fs/promises";
import { isErrno, messageOf } from "../base/errors.ts";
import { type ProcStat, parseStat } from "./proc-stat.ts";
import { type ProcStatus, parseStatus } from "./proc-status.ts";

/**
 * Reading /proc. Every process may vanish between two reads: where that is no answer of its own it is `undefined`.
 * What exists and can't be read is a {@link Reading} with a reason.
 */

/** Something that was read, or the reason why it can't be. */
export type Reading<T> =
  | { readonly value: T; readonly reason?: undefined }
  | { readonly value: null; readonly reason: string };

/** The kinds of namespace (namespaces(7)). */
export const NAMESPACES = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"] as const;
/** One kind of namespace. */
export type NamespaceKind = (typeof NAMESPACES)[number];

/** More than any command line that people write, less than what a hostile one could make us hold (ARG_MAX is 2 MiB and more). */
export const MAX_COMMAND_LINE_BYTES = 131_072;
const MAX_FILE_BYTES = 4_194_304;

/** The pids of all visible processes, not of their threads. */
export async function listPids(): Promise<number[]> {
  const names = await readdir("/proc");
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Reads `/proc/<pid>/stat`; undefined where there is no such process. */
export async function readStat(pid: number): Promise<ProcStat | undefined> {
  const text = await readIfThere(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

/** Reads `/proc/<pid>/status`; undefined where there is no such process. */
export async function readStatus(pid: number): Promise<ProcStatus | undefined> {
  const text = await readIfThere(`/proc/${pid}/status`);
  return text === undefined ? undefined : parseStatus(text);
}

/**
 * The process that a thread belongs to; undefined where there is no such thread, or /proc may not be read. It does not
 * wait: the thread may be gone by then, and /proc is memory.
 */
export function threadGroupOf(tid: number): number | undefined {
  try {
    return parseStatus(readFileSync(`/proc/${tid}/status`, "utf8"))?.threadGroupId;
  } catch {
    return undefined;
  }
}

/** The kernel's short name of a process (proc_pid_comm(5)), at once; undefined where there is no such process. */
export function nameOfProcess(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trimEnd();
  } catch {
    return undefined;
  }
}

/**
 * The command line, unmasked; empty for kernel threads and zombies. Undefined where there is no such process.
 * At most {@link MAX_COMMAND_LINE_BYTES} of it; `isCut` tells whether there was more.
 */
export async function readCommandLine(
  pid: number,
): Promise<Reading<{ argv: string[]; isCut: boolean }> | undefined> {
  try {
    const text = await readText(`/proc/${pid}/cmdline`, MAX_COMMAND_LINE_BYTES);
    return {
      value: { argv: splitCommandLine(text), isCut: Buffer.byteLength(text) >= MAX_COMMAND_LINE_BYTES },
    };
  } catch (error) {
    return isGone(error) ? undefined : unreadable(error);
  }
}

/** The path of the executable as its process sees it, with ` (deleted)` behind one that was replaced (proc_pid_exe(5)). */
export function readExecutable(pid: number): Promise<Reading<string>> {
  return readLink(`/proc/${pid}/exe`, "it has none: it has ended, or is a kernel thread");
}

/** The identity of a namespace, such as `net:[4026531833]`: equal for all processes in it. */
export function readNamespace(pid: number | "self", kind: NamespaceKind): Promise<Reading<string>> {
  return readLink(`/proc/${pid}/ns/${kind}`, "the process has ended, or the kernel has no such namespaces");
}

/** What each file descriptor points at (`socket:[1234]`, a path…), by its number. */
export async function readDescriptors(pid: number): Promise<Reading<ReadonlyMap<number, string>>> {
  try {
    const names = await readdir(`/proc/${pid}/fd`);
    const links = await Promise.all(
      names.map(
        async (name) => [Number(name), (await readLink(`/proc/${pid}/fd/${name}`, "closed")).value] as const,
      ),
    );
    return {
      value: new Map(links.flatMap(([number, target]) => (target === null ? [] : [[number, target]]))),
    };
  } catch (error) {
    return unreadable(error);
  }
}

/** How many file descriptors a process has open; throws the system error where that can't be read. */
export async function countDescriptors(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

/** The thread ids of a process; empty where it is gone. */
export async function listThreads(pid: number): Promise<number[]> {
  try {
    return (await readdir(`/proc/${pid}/task`)).map(Number);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/** The content of a file in /proc, at most 4 MiB; undefined where its process is gone. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readText(path, MAX_FILE_BYTES);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/**
 * Reads a file that another process may have put there, at most `maxBytes` of it.
 * A FIFO in its place would hold a thread of ours for ever, and a link would lead us to files of our own: neither is followed.
 */
export async function readText(path: string, maxBytes: number): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    if (!(await file.stat()).isFile()) throw new Error(`${path} is not a regular file`);
    const chunks: Buffer[] = [];
    let bytes = 0;
    while (bytes < maxBytes) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(maxBytes - bytes, 16_384)));
      if (bytesRead === 0) break;
      bytes += bytesRead;
      chunks.push(buffer.subarray(0, bytesRead));
    }
    return Buffer.concat(chunks).toString("utf8");
  } finally {
    await file.close();
  }
}

/** Tells whether an error of a read in /proc means that the process has ended. */
export function isGone(error: unknown): boolean {
  return isErrno(error, "ENOENT", "ESRCH");
}

/** A {@link Reading} of what could not be read. */
export function unreadable(error: unknown): { value: null; reason: string } {
  if (isErrno(error, "EACCES", "EPERM")) {
    return {
      value: null,
      reason: "the kernel refuses: it needs the process's own user, or SYS_PTRACE and DAC_READ_SEARCH",
    };
  }
  return { value: null, reason: isGone(error) ? "the process has ended" : messageOf(error) };
}

async function readLink(path: string, reasonIfNone: string): Promise<Reading<string>> {
  try {
    return { value: await readlink(path) };
  } catch (error) {
    return isGone(error) ? { value: null, reason: reasonIfNone } : unreadable(error);
  }
}

/**
 * Arguments end with a NUL each. A process that writes its title over them (setproctitle, nginx) leaves one text and
 * the rest filled with NULs: those are no arguments.
 */
function splitCommandLine(text: string): string[] {
  if (text === "") return [];
  const argv = text.replace(/\0$/, "").split("\0");
  const [first = "", ...rest] = argv;
  const isPadding = rest.every((argument) => argument === "") && (rest.length > 1 || first.includes(" "));
  return isPadding ? [first] : argv;
}
