import { Buffer } from "node:buffer";
import type { BigIntStats } from "node:fs";
import { constants } from "node:fs";
import { type FileHandle, open, readlink } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { AppError, isErrno, messageOf } from "../base/errors.ts";
import { O_PATH } from "./open-flags.ts";
import { leavesMount, mountOf } from "./path-mount.ts";

/**
 * Files that somebody else's program owns, opened so that nothing can be swapped between the check and the use:
 * first the file is opened as a mere place (O_PATH: nothing is read, no FIFO waits, no device wakes up), then that
 * descriptor is checked, and everything after goes through it.
 */

/** A regular file, held by descriptors. Whoever made it disposes of it. */
export interface PinnedFile extends AsyncDisposable {
  /** The path as it was asked for. */
  readonly path: string;
  /** Where it really is, behind symbolic links; for messages. */
  readonly realPath: string;
  /** Its folder and name: the same by whatever way it was reached, and after it was replaced. */
  readonly id: string;
  readonly stats: BigIntStats;
  /** Whether the file itself is a mount: it can then be written, but not replaced. */
  readonly isMount: boolean;
  /** The path of the open file itself, which no rename and no link can change the meaning of. */
  readonly handlePath: string;
  /** The folder in which the real file lies, as a path of the same kind. */
  readonly folderPath: string;
  /** Its name in that folder. */
  readonly name: string;
}

/**
 * Opens the place of a regular file. A symbolic link is followed as long as it leads to a file below the link's own
 * folder, as those of a Kubernetes ConfigMap do. A folder on the way may be a link, but not out of what is mounted there:
 * on a shared volume the app makes the links.
 * @param setting that names the file, for what is said of one that can't be pinned.
 * @throws {AppError} `not-found` where there is none, `conflict` where it is something else than a regular file or a
 * link leads away, `permission-denied` where a folder can't be entered, `not-supported` elsewhere than on Linux.
 */
export async function pinFile(path: string, setting = "config.files"): Promise<PinnedFile> {
  if (process.platform !== "linux") {
    throw new AppError("not-supported", "Files of the app can be reached on Linux only.");
  }
  return await untilStill(path, () => pinOnce(path, setting));
}

/** Tries again where another program replaced the file meanwhile. @throws {AppError} `conflict` where it stays away. */
export async function untilStill<T>(path: string, attempt: () => Promise<T | undefined>): Promise<T> {
  for (let left = 3; left > 0; left--) {
    const result = await attempt();
    if (result !== undefined) return result;
  }
  throw new AppError("conflict", `${path} leads to a file that was removed.`, {
    remedy:
      "Where the file itself is mounted, it was replaced on the host: mount its folder instead, and restart the sidecar.",
  });
}

/** Undefined where another program replaced the file while it was being opened. */
async function pinOnce(path: string, setting: string): Promise<PinnedFile | undefined> {
  await using opened = new AsyncDisposableStack();
  const file = opened.use(await openPlace({ place: path, path, setting }, O_PATH));
  const namedFolder = opened.use(
    await openPlace({ place: dirname(path), path, setting }, O_PATH | constants.O_DIRECTORY),
  );
  const realPath = await readlink(pathOf(file));
  if (await leavesMount(path, file)) throw leadsAway(path, realPath, setting, "what is mounted there");
  const realFolder = await readlink(pathOf(namedFolder));
  const folder = await openFolder(dirname(realPath));
  if (folder !== undefined) opened.use(folder);
  const isBelowNamed = realPath.startsWith(realFolder === "/" ? "/" : `${realFolder}/`);
  const place = { file, folder, name: basename(realPath), isBelowNamed };
  const described = await checkPlace(place, { path, realPath, setting });
  if (described === undefined) return undefined;
  const kept = opened.move();
  return { ...described, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** What was opened (O_PATH), yet to be checked. */
export interface OpenedPlace {
  readonly file: FileHandle;
  /** In which it really lies; undefined where it was gone. */
  readonly folder: FileHandle | undefined;
  readonly name: string;
  /** Whether it lies below the folder that the path names. */
  readonly isBelowNamed: boolean;
}

/**
 * Checks what was opened. Undefined where another program replaced it while it was being opened.
 * @throws {AppError} `conflict` where it is no regular file, or lies elsewhere.
 */
export async function checkPlace(
  { file, folder, name, isBelowNamed }: OpenedPlace,
  { path, realPath, setting }: { path: string; realPath: string; setting: string },
): Promise<Omit<PinnedFile, typeof Symbol.asyncDispose> | undefined> {
  const stats = await file.stat({ bigint: true });
  refuseOthers(path, stats, setting);
  if (stats.nlink === 0n) return undefined;
  if (!isBelowNamed) throw leadsAway(path, realPath, setting);
  if (folder === undefined) return undefined;
  const { dev, ino } = await folder.stat({ bigint: true });
  const isMount = (await mountOf(file)) !== (await mountOf(folder));
  return {
    ...{ path, realPath, stats, isMount, name },
    id: `${dev}:${ino}/${name}`,
    handlePath: pathOf(file),
    folderPath: pathOf(folder),
  };
}

/** Undefined where the folder is gone, or something else is in its place: the kernel has just said that it is there. */
async function openFolder(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    throw error;
  }
}

/** The path of whatever a descriptor of ours has open (proc_pid_fd(5)). */
function pathOf(handle: FileHandle): string {
  return `/proc/self/fd/${handle.fd}`;
}

interface Place {
  readonly place: string;
  readonly path: string;
  readonly setting: string;
}

async function openPlace({ place, path, setting }: Place, flags: number): Promise<FileHandle> {
  try {
    return await open(place, flags);
  } catch (error) {
    throw placeError(error, path, setting);
  }
}

function placeError(error: unknown, path: string, setting: string): unknown {
  if (isErrno(error, "ENOENT", "ENOTDIR")) {
    return new AppError("not-found", `There is no file ${path}.`, {
      cause: error,
      remedy: `Mount the folder of the file into the sidecar (volumes: …:${dirname(path)}), or correct the path in the setting ${setting}.`,
    });
  }
  if (isErrno(error, "ELOOP")) {
    return new AppError("conflict", `${path} is a symbolic link that leads in a circle.`, {
      cause: error,
      remedy: `Name the real path of the file in the setting ${setting}.`,
    });
  }
  if (isErrno(error, "EACCES", "EPERM")) {
    return new AppError("permission-denied", `The folder of ${path} can't be entered.`, {
      cause: error,
      remedy:
        'Run the sidecar as the user of the app (compose: user: "uid:gid"), or as root with cap_add: [DAC_READ_SEARCH].',
    });
  }
  return new AppError("conflict", `${path} can't be opened: ${messageOf(error)}`, { cause: error });
}

function refuseOthers(path: string, stats: BigIntStats, setting: string): void {
  if (stats.isFile()) return;
  throw new AppError("conflict", `${path} is ${kindOf(stats)}, not a file.`, {
    remedy: stats.isDirectory()
      ? `Name a file in the setting ${setting}. Docker makes a folder where the file of a bind mount is missing on the host.`
      : `Name a regular file in the setting ${setting}.`,
  });
}

function kindOf(stats: BigIntStats): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a FIFO";
  if (stats.isSocket()) return "a socket";
  return stats.isBlockDevice() || stats.isCharacterDevice() ? "a device" : "something special";
}

function leadsAway(path: string, realPath: string, setting: string, whence = "its folder"): AppError {
  return new AppError("conflict", `${path} leads out of ${whence} by a symbolic link.`, {
    remedy: `Where that is meant, name the real path in the setting ${setting}: ${realPath}`,
  });
}

/**
 * Reads the whole of a pinned file.
 * @throws {AppError} `conflict` where it holds more than `maxBytes`, or is being written all the time;
 * `permission-denied` where it can't be read.
 */
export async function readPinned(pinned: PinnedFile, maxBytes: number): Promise<Buffer> {
  await using file = await openForReading(pinned);
  for (let attempt = 0; attempt < 3; attempt++) {
    const before = await file.stat({ bigint: true });
    const bytes = await readAtMost(file, maxBytes + 1);
    if (bytes.length > maxBytes) throw tooLarge(pinned, maxBytes);
    const after = await file.stat({ bigint: true });
    // A program that writes in place may have been half-way: what was read is then neither the old nor the new.
    if (before.mtimeNs === after.mtimeNs && before.size === after.size) return bytes;
  }
  throw new AppError("conflict", `${pinned.path} is being written by another program.`, {
    remedy: "Try again.",
  });
}

async function openForReading(pinned: PinnedFile): Promise<FileHandle> {
  try {
    return await open(pinned.handlePath, constants.O_RDONLY);
  } catch (error) {
    throw isErrno(error, "EACCES", "EPERM") ? unreadable(pinned, error) : error;
  }
}

/** The problem of a file that can't be read, with the lines that mend it. */
export function unreadable({ path, stats: { uid, gid } }: PinnedFile, cause?: unknown): AppError {
  return new AppError(
    "permission-denied",
    `${path} can't be read: it belongs to user ${uid}, group ${gid}.`,
    {
      cause,
      remedy: `Run the sidecar as that user (compose: user: "${uid}:${gid}"), or as root with cap_add: [DAC_READ_SEARCH].`,
    },
  );
}

async function readAtMost(file: FileHandle, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let position = 0;
  while (position < maxBytes) {
    const buffer = Buffer.allocUnsafe(Math.min(maxBytes - position, 65_536));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) break;
    chunks.push(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
  return Buffer.concat(chunks);
}

function tooLarge({ path, stats }: PinnedFile, maxBytes: number): AppError {
  return new AppError("conflict", `${path} has ${stats.size} bytes; ${maxBytes} are allowed.`, {
    remedy: `SIDECAR_CONFIG_MAX_BYTES=${stats.size}`,
    extra: { maxBytes },
  });
}
