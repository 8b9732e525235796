import { isErrno } from "../base/errors.ts";
import { createNotes, type Notes } from "./cgroup/notes.ts";
import { type Obstacle, whyUnreadable } from "./look-into.ts";

/** Reads things of one process, and collects why some of them can't be. */
export interface ProcessReader extends Notes {
  /** What `read` gives; null where it throws a system error, with the obstacle noted for the fields that come from it. */
  read<T>(fields: readonly string[], read: () => Promise<T>): Promise<T | null>;
}

/** Makes the reader of a process. */
export function createProcessReader(pid: number): ProcessReader {
  const notes = createNotes();
  // What refuses one file refuses the others as well: it is looked for once.
  let refusal: Promise<Obstacle> | undefined;
  const obstacleOf = (error: unknown): Promise<Obstacle> => {
    if (!isErrno(error, "EACCES", "EPERM")) return whyUnreadable(pid, error);
    refusal ??= whyUnreadable(pid, error);
    return refusal;
  };
  return {
    ...notes,
    async read(fields, read) {
      try {
        return await read();
      } catch (error) {
        notes.add(fields, await obstacleOf(error));
        return null;
      }
    },
  };
}
