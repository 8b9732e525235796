import type { CallEvent } from "./events/event.ts";

/** The kernel's short names (comm) of processes, as far as a trace and a look at them tell. */
export interface ProcessNames {
  /** Takes in a call: the first of its process, or one that gives the process another program. */
  learn(event: CallEvent): void;
  /** Null where it is not known. */
  nameOf(pid: number): string | null;
}

const MAX_NAMES = 4_096;
/** The kernel keeps so many bytes. */
const COMM_BYTES = 15;

/**
 * Makes one that knows no names yet, and keeps 4,096.
 * @param lookUp tells the name of a process that lives. It is asked once for each.
 */
export function createProcessNames(
  lookUp: (pid: number) => string | undefined = () => undefined,
): ProcessNames {
  const names = new Map<number, string | null>();
  const remember = (pid: number, name: string | null) => {
    if (names.size < MAX_NAMES || names.has(pid)) names.set(pid, name);
  };
  return {
    learn(event) {
      const { pid } = event;
      if (pid === null) return;
      const executed = executedName(event);
      if (executed !== undefined) remember(pid, executed);
      else if (!names.has(pid)) remember(pid, lookUp(pid) ?? null);
    },
    nameOf: (pid) => names.get(pid) ?? null,
  };
}

/** execve(2) names the process after the last part of its path. */
function executedName({ call, result, args }: CallEvent): string | undefined {
  if (call !== "execve" || result !== 0) return undefined;
  const path = args?.[0];
  if (path?.kind !== "string" || path.isTruncated) return undefined;
  return path.value.slice(path.value.lastIndexOf("/") + 1).slice(0, COMM_BYTES);
}
