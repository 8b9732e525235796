import { AppError, messageOf } from "../../../base/errors.ts";
import { readPinned } from "../../../linux/pinned-file.ts";
import { replacePinned } from "../../../linux/replace-file.ts";
import type { ConfigParts } from "../config-parts.ts";
import { etagOf } from "../content.ts";
import type { ConfigFile } from "../files/config-files.ts";
import type { FileHistory, StagedVersion } from "./file-history.ts";

interface Found {
  readonly file: ConfigFile;
  readonly history: FileHistory;
  readonly staged: StagedVersion;
}

/**
 * Finishes what a sidecar that was killed had begun: a change of several files of which only some were written is
 * taken back, one that was written wholly is kept. What can't be reached now is left for the next time.
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
    const isInPlace = etagOf(await readPinned(pinned, maxBytes)) === each.staged.record.etag;
    looked.push({ ...each, pinned, isInPlace });
  }
  const isWhole = looked.every(({ isInPlace }) => isInPlace);
  for (const { file, history, staged, pinned, isInPlace } of looked) {
    const { latest } = history;
    const { changeId } = staged.record;
    if (!isWhole && isInPlace && latest !== undefined) {
      await replacePinned(pinned, await history.content(latest.version));
      deps.log.warn(
        { audit: "config.rollback", file: file.name, changeId },
        "a configuration file was put back: the sidecar was killed amid a change of several",
      );
    }
    await (isWhole ? staged.commit() : staged.discard());
  }
}
