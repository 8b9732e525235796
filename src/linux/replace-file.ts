import { constants } from "node:fs";
import { type FileHandle, lstat, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { AppError, isErrno, messageOf } from "../base/errors.ts";
import { removeLeftovers, writeFileAtomic } from "./atomic-write.ts";
import { type AttributesOutcome, copyAttributes } from "./file-attributes.ts";
import type { PinnedFile } from "./pinned-file.ts";

/** How a file was written. */
export interface WriteOutcome {
  /** False where the file itself is a mount: it was then written in place, and a crash could have left a part (see `isHalfWritten`). */
  readonly atomic: boolean;
  readonly attributes: AttributesOutcome;
}

/**
 * Puts new content into a pinned file and keeps its owner, mode, access control lists and extended attributes.
 * The file is replaced whole or not at all, but for one that is itself a mount, which can only be written in place.
 * @throws {AppError} `precondition-failed` where another program has changed or replaced the file since it was pinned,
 * `permission-denied`, `storage-full`. The old content is then whole.
 */
export async function replacePinned(pinned: PinnedFile, data: Uint8Array): Promise<WriteOutcome> {
  try {
    if (pinned.isMount) return await writeInPlace(pinned, data);
    try {
      return await replace(pinned, data);
    } catch (error) {
      // The kernel did not say that the file is a mount, but refuses to rename over it.
      if (isErrno(error, "EBUSY")) return await writeInPlace(pinned, data);
      throw error;
    }
  } catch (error) {
    throw writeError(pinned, error);
  }
}

/**
 * Removes a pinned file: one that was made and is not wanted after all.
 * @throws {AppError} as {@link replacePinned}.
 */
export async function removePinned(pinned: PinnedFile): Promise<void> {
  try {
    await refuseIfChanged(pinned);
    await rm(join(pinned.folderPath, pinned.name));
  } catch (error) {
    throw writeError(pinned, error);
  }
}

async function replace(pinned: PinnedFile, data: Uint8Array): Promise<WriteOutcome> {
  const { folderPath, name, handlePath, stats } = pinned;
  await removeLeftovers(folderPath);
  await using old = await open(handlePath, constants.O_RDONLY);
  let attributes: AttributesOutcome = { kept: true };
  await writeFileAtomic(join(folderPath, name), data, {
    mode: Number(stats.mode) & 0o7777,
    owner: { uid: Number(stats.uid), gid: Number(stats.gid) },
    async prepare(file) {
      attributes = await copyAttributes(old, file);
    },
    beforeRename: () => refuseIfChanged(pinned),
  });
  return { atomic: true, attributes };
}

/** Between this look and the rename lie microseconds, in which another writer could still come; not the whole write. */
async function refuseIfChanged(pinned: PinnedFile): Promise<void> {
  const { folderPath, name, stats } = pinned;
  const now = await lstat(join(folderPath, name), { bigint: true }).catch(() => undefined);
  const isSame =
    now !== undefined &&
    now.dev === stats.dev &&
    now.ino === stats.ino &&
    now.size === stats.size &&
    now.mtimeNs === stats.mtimeNs;
  if (!isSame) throw changed(pinned);
}

function changed({ path }: PinnedFile): AppError {
  return new AppError("precondition-failed", `${path} was changed by another program in the meantime.`, {
    remedy: "Read it again, and send the change with the new ETag.",
  });
}

/** Writes so that the old content can be put back: first what goes beyond its end, which is where room can be missing. */
async function writeInPlace(pinned: PinnedFile, data: Uint8Array): Promise<WriteOutcome> {
  await using file = await open(pinned.handlePath, constants.O_RDWR);
  const now = await file.stat({ bigint: true });
  if (now.size !== pinned.stats.size || now.mtimeNs !== pinned.stats.mtimeNs) throw changed(pinned);
  const old = await file.readFile();
  try {
    await writeAll(file, data.subarray(old.length), old.length);
    await file.sync();
    await writeAll(file, data.subarray(0, old.length), 0);
    if (data.length < old.length) await file.truncate(data.length);
    await file.sync();
  } catch (error) {
    await writeAll(file, old, 0);
    await file.truncate(old.length);
    await file.sync();
    throw error;
  }
  return { atomic: false, attributes: { kept: true } };
}

async function writeAll(file: FileHandle, data: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < data.length; ) {
    const { bytesWritten } = await file.write(data, done, data.length - done, position + done);
    done += bytesWritten;
  }
}

/** The problem of a file that could not be written. */
export function writeError(pinned: PinnedFile, error: unknown): unknown {
  if (error instanceof AppError) return error;
  if (isErrno(error, "EROFS")) return readOnly(pinned, error);
  if (isErrno(error, "EACCES", "EPERM")) return unwritable(pinned, error);
  if (isErrno(error, "ENOSPC", "EDQUOT")) {
    return new AppError(
      "storage-full",
      `There is no room for the new content of ${pinned.path}. The old one is whole.`,
      {
        cause: error,
        remedy: "Make room on the file system of the file, or raise the user's quota.",
      },
    );
  }
  return isErrno(error, "ENOENT")
    ? changed(pinned)
    : new Error(`${pinned.path}: ${messageOf(error)}`, { cause: error });
}

/** The problem of a file on a file system that is mounted read-only. */
export function readOnly({ path }: Pick<PinnedFile, "path">, cause?: unknown): AppError {
  return new AppError("permission-denied", `${path} lies on a file system that is mounted read-only.`, {
    cause,
    remedy:
      "Mount it without `:ro` (Kubernetes: without readOnly; a ConfigMap or Secret can't be written at all).",
  });
}

/** The problem of a file that can't be replaced by this user. */
export function unwritable({ path, isMount, stats: { uid, gid } }: PinnedFile, cause?: unknown): AppError {
  const what = isMount ? "can't be written" : "can't be replaced in its folder";
  return new AppError(
    "permission-denied",
    `${path} ${what} by this user; it belongs to user ${uid}, group ${gid}.`,
    {
      cause,
      remedy: `Run the sidecar as that user (compose: user: "${uid}:${gid}"), with a folder that this user may write, or as root with cap_add: [DAC_OVERRIDE, CHOWN, FOWNER].`,
    },
  );
}
