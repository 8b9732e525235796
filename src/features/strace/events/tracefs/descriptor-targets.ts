import { readlinkSync } from "node:fs";
import type { Target } from "../argument.ts";

/**
 * What descriptors stand for. The kernel's events tell their numbers only, and by the time they are read a number may
 * stand for something else: so it is looked up when it is first seen, forgotten when the trace shows that it changed, and
 * not looked up while a change is known that comes later.
 */
export interface DescriptorTargets {
  /** Undefined where it can't be told. */
  targetOf(pid: number, fd: number): Target | undefined;
  /** The current folder of a process. */
  folderOf(pid: number): Target | undefined;
  /** A change is known, but what comes before it has not been handed on yet. */
  announce(pid: number, fd: number): void;
  /** The change has come to its turn. */
  apply(pid: number, fd: number): void;
  /** The current folder is another one. */
  leaveFolder(pid: number): void;
  /** Everything of a process has changed, as by execve(2). */
  forget(pid: number): void;
  /** Changes have been missed. */
  forgetAll(): void;
  /** Begins a batch: so many lookups at most are made in each. */
  renew(): void;
}

const MAX_KNOWN = 16_384;
const MAX_LOOKUPS = 256;
const FOLDER = -100;
const DELETED = " (deleted)";
const SOCKET = /^socket:\[(\d+)\]$/;

/**
 * Makes one that knows nothing.
 * @param isComplete whether the trace shows all changes; where it does not, nothing is remembered for long.
 */
export function createDescriptorTargets(isComplete: boolean): DescriptorTargets {
  const known = new Map<string, Target>();
  const changes = new Map<string, number>();
  let lookups = 0;

  const look = (pid: number, fd: number): Target | undefined => {
    const key = `${pid} ${fd}`;
    const target = known.get(key);
    if (target !== undefined) return target;
    if (lookups >= MAX_LOOKUPS || changes.has(key)) return undefined;
    lookups += 1;
    const found = readTarget(fd === FOLDER ? `/proc/${pid}/cwd` : `/proc/${pid}/fd/${fd}`);
    if (known.size >= MAX_KNOWN) known.clear();
    if (found !== undefined) known.set(key, found);
    return found;
  };

  return {
    targetOf: look,
    folderOf: (pid) => look(pid, FOLDER),
    announce(pid, fd) {
      const key = `${pid} ${fd}`;
      if (changes.size < MAX_KNOWN) changes.set(key, (changes.get(key) ?? 0) + 1);
    },
    apply(pid, fd) {
      const key = `${pid} ${fd}`;
      known.delete(key);
      const left = (changes.get(key) ?? 0) - 1;
      if (left > 0) changes.set(key, left);
      else changes.delete(key);
    },
    leaveFolder: (pid) => void known.delete(`${pid} ${FOLDER}`),
    forget(pid) {
      for (const key of known.keys()) if (key.startsWith(`${pid} `)) known.delete(key);
    },
    forgetAll() {
      known.clear();
      changes.clear();
    },
    renew() {
      lookups = 0;
      if (!isComplete) known.clear();
    },
  };
}

/** It does not wait: links in /proc are memory. */
function readTarget(path: string): Target | undefined {
  try {
    return targetOfLink(readlinkSync(path));
  } catch {
    return undefined;
  }
}

/** What a link in `/proc/<pid>/fd` says (proc_pid_fd(5)). */
export function targetOfLink(link: string): Target {
  if (link.startsWith("/")) {
    const isDeleted = link.endsWith(DELETED);
    const path = isDeleted ? link.slice(0, -DELETED.length) : link;
    return { kind: "file", path, isDeleted, device: null };
  }
  const inode = SOCKET.exec(link)?.[1];
  if (inode === undefined) return { kind: "other", text: link };
  return { kind: "socket", protocol: null, inode: Number(inode), local: null, peer: null };
}
