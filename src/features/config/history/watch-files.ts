import { type FSWatcher, watch } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { AppError, isErrno, messageOf } from "../../../base/errors.ts";
import type { ConfigDeps } from "../config-parts.ts";
import type { ConfigFile } from "../files/config-files.ts";
import { type NoticeParts, noticeContent } from "./notice-content.ts";

/** A file system may not tell of changes, and a folder may be replaced with all it holds: so it is looked, too. */
const LOOK_MS = 5_000;
/** A program writes a file in several steps. */
const QUIET_MS = 100;

/** What it takes to watch files. */
export interface WatchParts extends NoticeParts {
  readonly deps: Pick<ConfigDeps, "log">;
}

/**
 * Takes note of what other programs do to the files, until `signal` fires. A file that is missing or can't be read is
 * looked for again.
 * @param lookMs how often it is looked where nothing is told.
 */
export async function watchFiles(
  listFiles: () => Promise<readonly ConfigFile[]>,
  parts: WatchParts,
  signal: AbortSignal,
  lookMs = LOOK_MS,
): Promise<void> {
  const watchers = new Map<string, FSWatcher>();
  const seen = new Map<string, string>();
  let wake = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => wake.resolve(), { once: true });
  try {
    while (!signal.aborted) {
      const folders = new Set<string>();
      for (const file of await listFiles()) {
        await look(file, parts, seen, (folder) => {
          folders.add(folder.key);
          watchFolder(folder, watchers, () => wake.resolve());
        });
      }
      // Those of an app that has started anew have other folders: the old ones would be held for ever.
      for (const [key, watcher] of watchers) {
        if (folders.has(key)) continue;
        watcher.close();
        watchers.delete(key);
      }
      await Promise.race([wake.promise, delay(lookMs, undefined, { signal }).catch(() => {})]);
      wake = Promise.withResolvers<void>();
      await delay(QUIET_MS, undefined, { signal }).catch(() => {});
    }
  } finally {
    for (const watcher of watchers.values()) watcher.close();
  }
}

/** Takes note once of what is in place now, as far as it can be read. */
export async function noticeAll(files: readonly ConfigFile[], parts: WatchParts): Promise<void> {
  for (const file of files) await look(file, parts, new Map(), () => {});
}

async function look(
  file: ConfigFile,
  parts: WatchParts,
  seen: Map<string, string>,
  watchIt: (folder: { path: string; key: string }) => void,
): Promise<void> {
  try {
    await using pinned = await parts.pin(file);
    watchIt({ path: pinned.folderPath, key: pinned.id.slice(0, -pinned.name.length) });
    const { dev, ino, size, mtimeNs, ctimeNs } = pinned.stats;
    const look = [dev, ino, size, mtimeNs, ctimeNs].join();
    if (seen.get(file.name) === look) return;
    await noticeContent(file, parts);
    seen.set(file.name, look);
  } catch (error) {
    seen.delete(file.name);
    // The list and the capabilities say what is wrong with a file; here it is only not there.
    if (error instanceof AppError) return;
    parts.deps.log.warn(
      { file: file.name, reason: messageOf(error) },
      "a configuration file can't be watched",
    );
  }
}

function watchFolder(
  { path, key }: { path: string; key: string },
  watchers: Map<string, FSWatcher>,
  wake: () => void,
): void {
  if (watchers.has(key)) return;
  try {
    const watcher = watch(path, { persistent: false }, wake);
    const forget = () => {
      watcher.close();
      watchers.delete(key);
    };
    // Also where the folder was removed: then another one may come in its place.
    watcher.on("error", forget);
    watchers.set(key, watcher);
  } catch (error) {
    // No more watches (inotify(7)), or none on this file system: then it is only looked.
    if (!isErrno(error, "ENOSPC", "EMFILE", "ENOENT", "ENOSYS", "EACCES")) throw error;
  }
}
