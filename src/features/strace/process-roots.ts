import { pathInRoot, readRootNow } from "../../linux/root-path.ts";
import type { Target } from "./events/argument.ts";
import type { CallEvent } from "./events/event.ts";

/**
 * Says paths as the traced process itself would: strace writes them as the kernel shows them to us, with the folder of a
 * chroot(2) before them. What lies outside of a root stays as it is.
 */
export interface ProcessRoots {
  /** A target as the process of the call would write it. */
  inRoot(target: Target, root: string): Target;
  /** The root of the process of a call, as we see it. */
  rootOf(event: CallEvent): string;
}

const MAX_PROCESSES = 4_096;
/** What gives a process another root. */
const MOVES = new Set(["chroot", "pivot_root", "setns", "unshare"]);

/** Makes one. What a process that has ended had for a root is taken to be that of the main process. */
export function createProcessRoots(mainPid: number): ProcessRoots {
  const roots = new Map<number, string>();
  const main = readRootNow(mainPid) ?? "/";

  const remember = (pid: number) => {
    const root = readRootNow(pid) ?? main;
    roots.set(pid, root);
    const [oldest] = roots.size > MAX_PROCESSES ? roots.keys() : [];
    if (oldest !== undefined) roots.delete(oldest);
    return root;
  };

  return {
    rootOf({ pid, call, result }) {
      if (pid === null) return main;
      const root = roots.get(pid) ?? remember(pid);
      // What comes after this call has the other.
      if (result === 0 && MOVES.has(call)) roots.delete(pid);
      return root;
    },
    inRoot(target, root) {
      if (target.kind !== "file") return target;
      const path = pathInRoot(target.path, root);
      return path === target.path ? target : { ...target, path };
    },
  };
}
