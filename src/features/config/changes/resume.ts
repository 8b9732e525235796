import { AppError } from "../../../base/errors.ts";
import { readPinned } from "../../../linux/pinned-file.ts";
import type { ConfigParts } from "../config-parts.ts";
import { etagOf } from "../content.ts";
import type { ConfigFile } from "../files/config-files.ts";
import type { FileHistory } from "../history/file-history.ts";
import type { VersionRecord } from "../history/version-record.ts";
import { follow } from "./begin-change.ts";
import { Change } from "./change.ts";
import type { WrittenFile } from "./written-file.ts";

interface Pending {
  readonly record: VersionRecord;
  readonly place: string;
  readonly written: WrittenFile;
}

/**
 * Takes changes up again that were not verified yet when the sidecar stopped: the app is made to take them once more,
 * and they are put back where it does not, or where that had been begun.
 */
export async function resumeChanges(files: readonly ConfigFile[], parts: ConfigParts): Promise<void> {
  const pending: Pending[] = [];
  const putBack = new Set<string | null>();
  for (const file of files) {
    await ifReached(async () => {
      const history = await parts.records.historyOf(file);
      if (history === undefined) return;
      for (const changeId of changesPutBack(history)) putBack.add(changeId);
      await settleReplaced(history);
      const found = await pendingOf(file, history, parts);
      if (found !== undefined) pending.push(found);
    });
  }
  for (const [changeId, group] of Map.groupBy(pending, ({ record }) => record.changeId)) {
    const { author = null, requestId = null, reason = null } = group[0]?.record ?? {};
    const change = new Change({ kind: "change", author, requestId, reason });
    // Of several files some are back already: whatever the app says to the rest, it is never to have a part.
    if (putBack.has(changeId)) change.cancel();
    parts.changes.add(change);
    change.wrote(group.map(({ written }) => written));
    for (const { place } of group) parts.unsettled.set(place, change);
    follow(change, parts);
  }
}

/** What can't be reached now is left as it is. */
async function ifReached(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  }
}

function changesPutBack({ versions }: FileHistory): readonly (string | null)[] {
  return versions.filter(({ kind }) => kind === "rollback").map(({ changeId }) => changeId);
}

/** Writes down what became of versions that are not verified, and in whose place another one has come since. */
async function settleReplaced(history: FileHistory): Promise<void> {
  const putBack = changesPutBack(history);
  for (const { version, verified, changeId } of history.versions.slice(0, -1)) {
    if (verified !== "pending") continue;
    await history.settle(version, putBack.includes(changeId) ? "failed" : "not-asked");
  }
}

async function pendingOf(
  file: ConfigFile,
  history: FileHistory,
  parts: ConfigParts,
): Promise<Pending | undefined> {
  const record = history.latest;
  if (record?.verified !== "pending") return undefined;
  await using pinned = await parts.pin(file).catch(async (error: unknown) => {
    const isGone = error instanceof AppError && error.code === "not-found";
    // One that was made and is gone was removed again: only that could not be written down any more.
    if (isGone && record.created === true) await history.settle(record.version, "failed");
    throw error;
  });
  const bytes = await readPinned(pinned, parts.maxBytes);
  const before = await contentBefore(record, history);
  const isStillThere = etagOf(bytes) === record.etag;
  if (!isStillThere || before === undefined || file.verify.length === 0) {
    await history.settle(record.version, "not-asked");
    return undefined;
  }
  const written: WrittenFile = {
    ...{ file, bytes, etag: record.etag, version: record.version, ...before },
    outcome: { atomic: !pinned.isMount, attributes: { kept: true } },
    checkRanIn: null,
  };
  return { record, place: pinned.id, written };
}

/** What is put back where the app does not take a version; undefined where that is not kept any more. */
async function contentBefore(
  { version, created }: VersionRecord,
  history: FileHistory,
): Promise<Pick<WrittenFile, "old" | "oldEtag"> | undefined> {
  // Told by the record: that no earlier version is kept may mean as well that it was one too many.
  if (created === true) return { old: Buffer.alloc(0), oldEtag: null };
  const before = history.versions.findLast((each) => each.version < version);
  if (before === undefined) return undefined;
  return { old: await history.content(before.version), oldEtag: before.etag };
}
