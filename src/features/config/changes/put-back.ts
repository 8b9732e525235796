import { messageOf } from "../../../base/errors.ts";
import { readPinned } from "../../../linux/pinned-file.ts";
import { removePinned, replacePinned } from "../../../linux/replace-file.ts";
import type { Logger } from "../../../web/log.ts";
import { etagOf } from "../content.ts";
import type { ConfigFile, PinConfigFile } from "../files/config-files.ts";
import { commitWritten } from "../history/commit-written.ts";
import type { FileRecords } from "../history/file-records.ts";
import type { Change, PhaseResult } from "./change.ts";
import type { Queues } from "./queues.ts";
import type { WrittenFile } from "./written-file.ts";

/** What it takes to put contents back. */
export interface PutBackDeps {
  readonly pin: PinConfigFile;
  readonly records: FileRecords;
  readonly queues: Queues;
  readonly maxBytes: number;
  readonly log: Logger;
}

/** Puts back what the app did not take, and writes down in the history what became of it. */
export interface PutBack {
  /** Writes down whether the app took what was changed. Never rejects. */
  settled(changes: readonly Change[], isTaken: boolean): Promise<void>;
  /** Puts the old contents back, the latest first. What another program has changed since is left alone. */
  all(changes: readonly Change[]): Promise<PhaseResult>;
}

/** Makes it. */
export function createPutBack(deps: PutBackDeps): PutBack {
  return {
    async settled(changes, isTaken) {
      for (const { file, version } of changes.flatMap(({ files }) => files)) {
        if (version === null || file.verify.length === 0) continue;
        await deps.records.settle(file, version, isTaken ? "passed" : "failed").catch((error: unknown) => {
          // What the app did not take is put back all the same.
          deps.log.error({ err: error, file: file.name, version }, "the history could not be written");
        });
      }
    },
    async all(changes) {
      const failures: string[] = [];
      const isAllNew = changes.every(({ files }) => files.every(({ oldEtag }) => oldEtag === null));
      let count = 0;
      for (const change of changes.toReversed()) {
        for (const written of change.files.toReversed()) {
          const problem = await putFileBack(written, change, deps).catch(messageOf);
          if (problem === undefined) count += 1;
          else failures.push(`${written.file.name}: ${problem}`);
        }
      }
      if (failures.length > 0) return { passed: false, detail: failures.join(" ") };
      if (isAllNew) return { passed: true, detail: "The file, which was not there before, is gone again." };
      const what = count === 1 ? "The previous content is" : `The previous contents of ${count} files are`;
      return { passed: true, detail: `${what} back in place.` };
    },
  };
}

/** Undefined where it is back, else why not. */
async function putFileBack(
  { file, old, oldEtag, etag }: WrittenFile,
  { id, about }: Change,
  deps: PutBackDeps,
): Promise<string | undefined> {
  const { pin, records, queues, maxBytes, log } = deps;
  if (oldEtag === null) return await removeAgain(file, etag, id, deps);
  await using found = await pin(file);
  const { id: place } = found;
  return await queues.run(place, async () => {
    await using pinned = await pin(file);
    const now = etagOf(await readPinned(pinned, maxBytes));
    if (now === oldEtag) return undefined;
    if (now !== etag) return CHANGED_SINCE;
    const versions = (await records.historyOf(file))?.versions ?? [];
    const restored = versions.findLast((version) => version.etag === oldEtag)?.version ?? null;
    const staged = await records.stage(file, old, {
      ...{ kind: "rollback", author: about.author, requestId: about.requestId, changeId: id },
      ...{ reason: "The app did not take the change.", restored, verified: "not-asked" },
    });
    await replacePinned(pinned, old);
    await commitWritten(staged, file, log);
    log.warn(
      { audit: "config.rollback", file: file.name, changeId: id },
      "a configuration file was put back",
    );
    return undefined;
  });
}

const CHANGED_SINCE = "Another program has changed it since; it was left alone.";

/** As {@link putFileBack}, of a file that was not there before. */
async function removeAgain(
  file: ConfigFile,
  etag: string,
  changeId: string,
  { pin, queues, maxBytes, log }: PutBackDeps,
): Promise<string | undefined> {
  await using found = await pin(file);
  return await queues.run(found.id, async () => {
    await using pinned = await pin(file);
    if (etagOf(await readPinned(pinned, maxBytes)) !== etag) return CHANGED_SINCE;
    await removePinned(pinned);
    log.warn(
      { audit: "config.rollback", file: file.name, changeId },
      "a configuration file that was made is removed again",
    );
    return undefined;
  });
}
