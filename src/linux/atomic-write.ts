import { randomBytes } from "node:crypto";
import { type FileHandle, lstat, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isErrno } from "../base/errors.ts";

/** How a file is replaced. */
export interface AtomicWriteOptions {
  /** The permissions of the new file. It never has wider ones, so that a secret is readable to nobody in between. */
  readonly mode: number;
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Gives the new file, still empty and still ours, what else it is to have. */
  readonly prepare?: (file: FileHandle) => Promise<void>;
  /** Called when all but the rename is done; what it throws keeps the old file. */
  readonly beforeRename?: () => Promise<void>;
  /** Puts the file in its place when all of it is written; else it is renamed over what is there. */
  readonly putInPlace?: (temporary: string, path: string) => Promise<void>;
}

/**
 * Replaces a file whole or not at all: a temporary file beside it, fsync, rename, fsync of the folder (rename(2),
 * fsync(2)). A crash at any instant leaves the old content or the new one.
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: AtomicWriteOptions,
): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, temporaryName());
  try {
    // Ours alone until all but the content is right; writable, so that it can be prepared.
    const file = await open(temporary, "wx", 0o600);
    try {
      await options.prepare?.(file);
      await setOwnerAndMode(file, options);
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await options.beforeRename?.();
    await (options.putInPlace ?? rename)(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** A new name for a file that is there for a while: while it is written, or while it is checked and so ends as another. */
export function temporaryName(checkedAs?: string): string {
  const ending =
    checkedAs === undefined ? ".tmp" : `.check${/^\.\w{1,16}$/.test(checkedAs) ? checkedAs : ""}`;
  return `.tickbird-${randomBytes(6).toString("hex")}${ending}`;
}

/** The mode first, as it takes an owner to set it; again where the change of owner took bits away (chown(2)). */
export async function setOwnerAndMode(
  file: FileHandle,
  { mode, owner }: Pick<AtomicWriteOptions, "mode" | "owner">,
): Promise<void> {
  await file.chmod(mode);
  const made = await file.stat();
  if (owner === undefined || (made.uid === owner.uid && made.gid === owner.gid)) return;
  await file.chown(owner.uid, owner.gid);
  if (((await file.stat()).mode & 0o7777) !== mode) await file.chmod(mode);
}

const TEMPORARY_NAME = /^\.tickbird-[0-9a-f]{12}\.(?:tmp$|check(?:\.\w{1,16})?$)/;
/** No write takes so long: what is older was left by a process that was killed. */
const WRITE_LEFT_OVER_MS = 60_000;
/** Nor any check. */
const CHECK_LEFT_OVER_MS = 900_000;

/** Tells whether a file is one that is being written, or was left by a process that was killed. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY_NAME.test(name);
}

/** Removes what processes that were killed while they wrote have left in a folder. Never fails. */
export async function removeLeftovers(folder: string, now: number = Date.now()): Promise<void> {
  await removeTemporary(folder, (name) => {
    return now - (name.endsWith(".tmp") ? WRITE_LEFT_OVER_MS : CHECK_LEFT_OVER_MS);
  });
}

/**
 * Removes what was left in a folder by whoever wrote there before us, and has been killed. Never fails. Where another one
 * is alive after all and amid a write, that write is refused, and the old content stays.
 * @param startedAtMs when we began: what is younger is our own.
 */
export async function removeFromBefore(folder: string, startedAtMs: number): Promise<void> {
  await removeTemporary(folder, () => startedAtMs);
}

async function removeTemporary(folder: string, oldestMs: (name: string) => number): Promise<void> {
  try {
    for (const name of await readdir(folder)) {
      if (!isTemporaryName(name)) continue;
      const path = join(folder, name);
      const stats = await lstat(path);
      if (stats.isFile() && stats.mtimeMs < oldestMs(name)) await rm(path, { force: true });
    }
  } catch {
    // A folder that can't be listed, or a file that another one has removed: nothing depends on it.
  }
}

/**
 * Makes a rename in a folder durable. The content is in its place already: a folder that can't be opened for reading,
 * or a file system that can't sync one, is no failure of the write.
 */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!isErrno(error, "EACCES", "EPERM", "EINVAL", "ENOTSUP", "EOPNOTSUPP")) throw error;
  }
}
