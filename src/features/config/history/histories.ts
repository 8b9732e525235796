import { join } from "node:path";
import { FileHistory, type HistoryLimits } from "./file-history.ts";

/** The histories of the files, by their names; each is opened when it is first asked for. */
export interface Histories {
  /** @throws {AppError} where it can't be kept. */
  of(name: string): Promise<FileHistory>;
}

/** The histories in a folder. A name that an other program chose can't lead out of it. */
export function openHistories(folder: string, limits: HistoryLimits): Histories {
  const opened = new Map<string, Promise<FileHistory>>();
  return {
    of(name) {
      const known = opened.get(name);
      if (known !== undefined) return known;
      const opening = FileHistory.open(join(folder, `${encodeURIComponent(name)}.versions`), limits);
      opened.set(name, opening);
      // What failed may be mended: the next one tries again.
      opening.catch(() => opened.delete(name));
      return opening;
    },
  };
}
