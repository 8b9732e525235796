import { constants } from "node:fs";
import { type FileHandle, lstat, open, statfs, unlink } from "node:fs/promises";
import { AppError } from "../../../base/errors.ts";
import { openFolderInRoot } from "../../../linux/open-in-root.ts";
import { namesWithParts } from "./file-name.ts";

/** A folder of the app in which a JVM writes a file for us, reached through the app's root. */
export interface AppFolder extends AsyncDisposable {
  /** How much of a file is there at least, in its parts too; 0 while there is none. */
  sizeOf(name: string): Promise<number>;
  /** What is free for who is not root. */
  freeBytes(): Promise<number>;
  /**
   * Opens a file that the JVM has written, and removes its name: its room is free again as soon as it is closed,
   * whatever becomes of us.
   * @throws {AppError} `conflict` where it is no regular file.
   */
  take(name: string): Promise<FileHandle>;
  /** Removes a file, and its parts; harmless where there is none. */
  remove(name: string): Promise<void>;
}

/** What a file needs of its folder. */
export interface RoomWish {
  /** What is written, for who reads the refusal. */
  readonly what: string;
  readonly bytes: number;
  /** What moves it to another folder, up to the name of that. */
  readonly remedy: string;
}

/** What has to be left free, beside what a JVM writes. */
export const SPARE_BYTES = 67_108_864;

/** TMPFS_MAGIC and RAMFS_MAGIC of statfs(2). */
const IN_MEMORY = new Set([0x01021994, 0x858458f6]);

/**
 * Opens the folder.
 * @throws {AppError} `conflict` where it is in memory, `storage-full` where there is no room, or as
 * `openFolderInRoot`.
 */
export async function openAppFolder(pid: number, path: string, wish: RoomWish): Promise<AppFolder> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await openFolderInRoot(pid, path));
  const pathOf = (name: string) => `/proc/self/fd/${folder.fd}/${name}`;
  await checkRoom(pathOf("."), path, wish);
  const kept = opened.move();
  return {
    // What lies there may be the app's: no link is followed.
    async sizeOf(name) {
      const sizes = await Promise.all(namesWithParts(name).map((part) => sizeOfFile(pathOf(part))));
      const [whole = 0, ...parts] = sizes;
      // While they are put together, a part is there twice.
      return Math.max(
        whole,
        parts.reduce((sum, size) => sum + size, 0),
      );
    },
    freeBytes: () => freeBytesOf(pathOf(".")),
    async take(name) {
      // What lies there by now is the app's: no link, no FIFO.
      const file = await open(pathOf(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      await unlink(pathOf(name)).catch(() => undefined);
      if ((await file.stat()).isFile()) return file;
      await file.close();
      throw new AppError("conflict", "What the JVM has written is no regular file.");
    },
    async remove(name) {
      await Promise.all(namesWithParts(name).map((part) => unlink(pathOf(part)).catch(() => undefined)));
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function sizeOfFile(path: string): Promise<number> {
  return (await lstat(path).catch(() => undefined))?.size ?? 0;
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function checkRoom(folder: string, path: string, { what, bytes, remedy }: RoomWish): Promise<void> {
  const { type } = await statfs(folder);
  if (IN_MEMORY.has(type)) {
    throw new AppError(
      "conflict",
      `${path} of the app is in memory, and a ${what} there would count as the app's.`,
      { remedy: `${remedy}=<a folder of the app that is on a disk>` },
    );
  }
  const available = await freeBytesOf(folder);
  if (available >= bytes + SPARE_BYTES) return;
  throw new AppError(
    "storage-full",
    `A ${what} may take ${bytes} bytes; ${available} are free in ${path} of the app.`,
    { remedy: `${remedy}=<a folder of the app with more room>` },
  );
}
