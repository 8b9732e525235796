import { AppError, messageOf } from "../../../base/errors.ts";
import { isHalfWritten } from "../../../linux/half-written.ts";
import { type PinnedFile, readPinned } from "../../../linux/pinned-file.ts";
import { replacePinned } from "../../../linux/replace-file.ts";
import type { ConfigParts } from "../config-parts.ts";
import { etagOf } from "../content.ts";
import type { ConfigFile } from "../files/config-files.ts";
import type { FileHistory } from "./file-history.ts";
import type { BegunVersion } from "./staged-version.ts";

interface Found {
  readonly file: ConfigFile;
  readonly history: FileHistory;
  readonly staged: BegunVersion;
}

/**
 * Finishes what a sidecar that was killed had begun: a change of several files of which only some were written is
 * taken back, and so is a file that is itself a mount and was written in part; one that was written wholly is kept. What
 * can't be reached now is left for the next time.
 */
export async function recoverChanges(files: readonly ConfigFile[], parts: ConfigParts): Promise<void> {
  const found: Found[] = [];
  for (const file of files) {
    const history = await parts.records.historyOf(file).catch(() => undefined);
    if (history !== undefined) found.push(...history.staged.map((staged) => ({ file, history, staged })));
  }
  const groups = Map.groupBy(found, ({ staged }) => staged.record.changeId);
  for (const [changeId, group] of groups) {
    try {
      await recover(group, parts);
    } catch (error) {
      if (error instanceof AppError) continue;
      parts.deps.log.error({ changeId, reason: messageOf(error) }, "a change could not be recovered");
    }
  }
}

async function recover(group: readonly Found[], parts: ConfigParts): Promise<void> {
  const { pin, maxBytes, deps } = parts;
  await using opened = new AsyncDisposableStack();
  const looked = [];
  for (const each of group) {
    const pinned = opened.use(await pin(each.file));
    looked.push({ ...each, pinned, written: await writtenOf(each, pinned, maxBytes) });
  }
  const isWhole = looked.every(({ written }) => written === "whole");
  for (const { file, history, staged, pinned, written } of looked) {
    const { latest } = history;
    const { changeId } = staged.record;
    if (!isWhole && written !== "nothing" && latest !== undefined) {
      await replacePinned(pinned, await history.content(latest.version));
      const of = group.length > 1 ? "a change of several" : "its change";
      deps.log.warn(
        { audit: "config.rollback", file: file.name, changeId },
        `a configuration file was put back: the sidecar was killed amid ${of}`,
      );
    }
    await (isWhole ? staged.commit() : staged.discard());
  }
}

/** How far the version that was begun has been put in place. */
async function writtenOf(
  { history, staged }: Found,
  pinned: PinnedFile,
  maxBytes: number,
): Promise<"nothing" | "part" | "whole"> {
  const content = await readPinned(pinned, maxBytes);
  if (etagOf(content) === staged.record.etag) return "whole";
  // Every other file is replaced at once: what it has that is neither of the two, others have written.
  if (!pinned.isMount || history.latest === undefined) return "nothing";
  // What was damaged on disk can't be compared, nor be put back.
  const old = await history.content(history.latest.version).catch(() => undefined);
  const next = await staged.content().catch(() => undefined);
  return old !== undefined && next !== undefined && isHalfWritten(content, old, next) ? "part" : "nothing";
}
