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
 * and they are put back where it does not.
 */
export async function resumeChanges(files: readonly ConfigFile[], parts: ConfigParts): Promise<void> {
  const pending: Pending[] = [];
  for (const file of files) {
    const found = await pendingOf(file, parts).catch((error: unknown) => {
      if (error instanceof AppError) return undefined;
      throw error;
    });
    if (found !== undefined) pending.push(found);
  }
  for (const group of Map.groupBy(pending, ({ record }) => record.changeId).values()) {
    const { author = null, requestId = null, reason = null } = group[0]?.record ?? {};
    const change = new Change({ kind: "change", author, requestId, reason });
    parts.changes.add(change);
    change.wrote(group.map(({ written }) => written));
    for (const { place } of group) parts.unsettled.set(place, change);
    follow(change, parts);
  }
}

async function pendingOf(file: ConfigFile, parts: ConfigParts): Promise<Pending | undefined> {
  const history = await parts.records.historyOf(file);
  const record = history?.latest;
  if (history === undefined || record?.verified !== "pending") return undefined;
  await using pinned = await parts.pin(file);
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
