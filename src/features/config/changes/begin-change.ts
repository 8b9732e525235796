import type { ConfigParts } from "../config-parts.ts";
import {
  isChanged,
  type Prepared,
  type PrepareOptions,
  type Wish,
  withPrepared,
  writePrepared,
} from "./apply-wishes.ts";
import { Change, type ChangeAbout } from "./change.ts";

/** What became of a file that was to be changed. */
export interface FileResult {
  readonly name: string;
  readonly etag: string;
  /** Whether there was no such file before. */
  readonly created: boolean;
  /** False where the content is what it was: then nothing is written. */
  readonly changed: boolean;
}

/** A change that was begun: with its files written, where any had to be. */
export interface Begun {
  /** Undefined where every content is what it was. */
  readonly change: Change | undefined;
  readonly files: readonly FileResult[];
}

/**
 * Changes files, all of them or none, and begins to make the app take it; the change tells how that goes on.
 * @throws {AppError} where it can't be done, and nothing was changed.
 */
export async function beginChange(
  wishes: readonly Wish[],
  about: ChangeAbout,
  options: PrepareOptions,
  parts: ConfigParts,
): Promise<Begun> {
  return await withPrepared(wishes, options, parts, async (prepared) => {
    const files = prepared.map(resultOf);
    const changed = prepared.filter(isChanged);
    if (changed.length === 0) return { change: undefined, files };
    const change = new Change(about);
    // Before anything is written: where no more can be kept, it is refused.
    parts.changes.add(change);
    try {
      change.wrote(await writePrepared(changed, change, parts));
    } catch (error) {
      await parts.changes.remove(change.id);
      throw error;
    }
    // Not waited for: a reload may take long, and others have their turn meanwhile.
    follow(change, parts);
    return { change, files };
  });
}

/** Makes the app take a change that was written, and writes down in the log what comes of it. */
export function follow(change: Change, parts: ConfigParts): void {
  const { log } = parts.deps;
  const { id, about } = change;
  for (const { file, oldEtag, etag } of change.files) {
    const { author, requestId, reason } = about;
    // Before the reload: what was changed must stand in the log in any case.
    log.info(
      {
        audit: "config.change",
        user: author,
        file: file.name,
        oldEtag,
        etag,
        requestId,
        reason,
        changeId: id,
      },
      "a configuration file was changed",
    );
  }
  void parts.settler.settle(change).then(() => {
    for (const [path, unsettled] of parts.unsettled) if (unsettled === change) parts.unsettled.delete(path);
    parts.counts.count(change);
    parts.changes.makeRoom();
    const { state, phases } = change;
    const isWell = state === "done" && phases.every(({ passed }) => passed === true);
    const steps = phases.map(({ name, passed, detail }) => ({ name, passed, detail }));
    log[isWell ? "info" : "warn"](
      { changeId: id, state, phases: steps },
      "a change of the configuration ended",
    );
  });
}

function resultOf(prepared: Prepared): FileResult {
  const { wish, etag, oldEtag } = prepared;
  return { name: wish.file.name, etag, created: oldEtag === null, changed: isChanged(prepared) };
}
