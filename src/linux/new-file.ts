import { constants } from "node:fs";
import { access, type FileHandle, link, lstat, open, readlink, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AppError, isErrno, messageOf } from "../base/errors.ts";
import { type AtomicWriteOptions, removeLeftovers, writeFileAtomic } from "./atomic-write.ts";
import { mayGiveAway } from "./file-access.ts";
import { O_PATH } from "./open-flags.ts";
import { openFolderInRoot } from "./open-in-root.ts";
import type { PinnedFile } from "./pinned-file.ts";
import { hasCapability, ownStatus } from "./privileges.ts";
import { readOnly, type WriteOutcome } from "./replace-file.ts";

/** Files that are yet to be made: the folder is held by a descriptor, so that nobody can put another one in its place. */

/** A name in a folder at which nothing stands. Whoever opened it disposes of it. */
export interface VacantPlace
  extends Pick<PinnedFile, "path" | "realPath" | "id" | "folderPath" | "name">,
    AsyncDisposable {
  /** How a new file there is made: as readable as the folder itself, and its owner's where that may be. */
  readonly rights: Pick<AtomicWriteOptions, "mode" | "owner">;
  readonly folderOwner: { readonly uid: number; readonly gid: number };
}

/** Where a place is looked for: in our root, or in that of a process. */
export interface VacantPlaceOptions {
  /** Absolute. */
  readonly path: string;
  /** How the settings write it. */
  readonly shown: string;
  /** The process in whose root it is. */
  readonly pid?: number;
}

/** Tells whether nothing stands at a place yet. */
export function isVacant(place: PinnedFile | VacantPlace): place is VacantPlace {
  return "rights" in place;
}

/**
 * Opens the place of a file that is not there.
 * @throws {AppError} `not-found` where its folder is missing, too; `permission-denied` where that can't be entered;
 * `precondition-failed` where something stands at the place.
 */
export async function openVacantPlace({ path, shown, pid }: VacantPlaceOptions): Promise<VacantPlace> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await openFolder(dirname(path), shown, pid));
  const folderPath = `/proc/self/fd/${folder.fd}`;
  const name = basename(path);
  await refuseTaken(join(folderPath, name), shown);
  const { dev, ino, uid, gid, mode } = await folder.stat({ bigint: true });
  const folderOwner = { uid: Number(uid), gid: Number(gid) };
  const { capEffective } = await ownStatus();
  const owner = mayGiveAway(folderOwner, capEffective) ? folderOwner : undefined;
  const rights = {
    mode: (Number(mode) & 0o644) | 0o600,
    ...(owner === undefined ? {} : { owner }),
  };
  const realPath = join(await readlink(folderPath), name);
  const kept = opened.move();
  return {
    ...{ path: shown, realPath, id: `${dev}:${ino}/${name}`, folderPath, name, rights, folderOwner },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Why no file can be made at a place, as the kernel says; undefined stands for "it can". Nothing is changed. */
export async function creationProblem(place: VacantPlace): Promise<AppError | undefined> {
  try {
    await access(place.folderPath, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    if (isErrno(error, "EROFS")) return readOnly(place, error);
    // access(2) asks for the real user, without the capabilities that a user other than root may have.
    const { capEffective } = await ownStatus();
    return hasCapability(capEffective, "DAC_OVERRIDE") ? undefined : denied(place, error);
  }
}

/**
 * Makes a file with its whole content at once. What another program has put there meanwhile is never overwritten.
 * @throws {AppError} `precondition-failed` where something stands there by now, `permission-denied`, `storage-full`.
 */
export async function createFile(place: VacantPlace, data: Uint8Array): Promise<WriteOutcome> {
  const { folderPath, name, rights, folderOwner } = place;
  await removeLeftovers(folderPath);
  try {
    await writeFileAtomic(join(folderPath, name), data, { ...rights, putInPlace: linkAsNew });
  } catch (error) {
    throw creationError(place, error);
  }
  if (rights.owner !== undefined) return { atomic: true, attributes: { kept: true } };
  const { uid, gid } = folderOwner;
  const detail = `The sidecar may not give it to the owner of its folder, user ${uid}, group ${gid}: it belongs to the sidecar's user.`;
  return { atomic: true, attributes: { kept: false, detail } };
}

/** Not by rename(2), which would replace what has come there meanwhile: link(2) fails then. */
async function linkAsNew(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (!isErrno(error, "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS")) throw error;
    // A file system without hard links: between this look and the rename lie microseconds.
    await refuseTaken(path, path);
    await rename(temporary, path);
    return;
  }
  await rm(temporary, { force: true });
}

async function openFolder(folder: string, shown: string, pid: number | undefined): Promise<FileHandle> {
  if (pid !== undefined) return await openFolderInRoot(pid, folder);
  try {
    return await open(folder, O_PATH | constants.O_DIRECTORY);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) {
      throw new AppError("not-found", `There is no folder ${folder} in which ${shown} could be.`, {
        cause: error,
        remedy: `Mount the folder into the sidecar (volumes: …:${folder}), or correct the path in the settings.`,
      });
    }
    if (isErrno(error, "EACCES", "EPERM")) {
      throw new AppError("permission-denied", `The folder of ${shown} can't be entered.`, {
        cause: error,
        remedy:
          'Run the sidecar as the user of the app (compose: user: "uid:gid"), or as root with cap_add: [DAC_OVERRIDE].',
      });
    }
    throw error;
  }
}

async function refuseTaken(path: string, shown: string): Promise<void> {
  try {
    await lstat(path);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return;
    throw error;
  }
  throw taken(shown);
}

function taken(shown: string, cause?: unknown): AppError {
  return new AppError("precondition-failed", `Something stands at ${shown} already.`, {
    cause,
    remedy: "Read the file, and send the change with If-Match and its ETag.",
  });
}

/** The problem of a file that could not be made. */
export function creationError(place: VacantPlace, error: unknown): unknown {
  const { path } = place;
  if (error instanceof AppError) return error;
  if (isErrno(error, "EEXIST")) return taken(path, error);
  if (isErrno(error, "EROFS")) return readOnly(place, error);
  if (isErrno(error, "EACCES", "EPERM")) return denied(place, error);
  if (isErrno(error, "ENOSPC", "EDQUOT")) {
    return new AppError("storage-full", `There is no room for ${path}. It was not made.`, {
      cause: error,
      remedy: "Make room on its file system, or raise the user's quota.",
    });
  }
  return new Error(`${path}: ${messageOf(error)}`, { cause: error });
}

function denied({ path, folderOwner: { uid, gid } }: VacantPlace, cause: unknown): AppError {
  return new AppError(
    "permission-denied",
    `This user may make no file in the folder of ${path}; it belongs to user ${uid}, group ${gid}.`,
    {
      cause,
      remedy: `Run the sidecar as that user (compose: user: "${uid}:${gid}"), or as root with cap_add: [DAC_OVERRIDE, CHOWN, FOWNER].`,
    },
  );
}
