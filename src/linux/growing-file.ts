import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { isErrno } from "../base/errors.ts";
import { pinFile, unreadable } from "./pinned-file.ts";

/** A file that another program appends to, opened for reading. Whoever opened it disposes of it. */
export interface GrowingFile extends AsyncDisposable {
  /** Device and inode: what stays when it is renamed. */
  readonly inode: string;
  /** For a thread of ours that reads it too, as long as it is open. */
  readonly descriptor: number;
  size(): Promise<number>;
  modifiedAt(): Promise<Date>;
  /** Up to so many bytes from an offset on; empty at the end. */
  read(offset: number, maxBytes: number): Promise<Buffer>;
  /** By which its content is known again, wherever it lies: see {@link Fingerprint}. */
  fingerprint(): Promise<Fingerprint>;
}

/**
 * The beginning of a content: so many bytes of it and their hash. The content has it still when more was appended, when
 * it was renamed, copied or compressed; not when it was replaced.
 */
export interface Fingerprint {
  readonly bytes: number;
  readonly hash: string;
}

/** As many as tell two logs apart: the first lines have their time in them. */
export const FINGERPRINT_BYTES = 512;

/**
 * Opens a regular file by its path in our own root.
 * @param setting that names the file, for what is said of one that can't be opened.
 * @throws {AppError} `not-found`, `permission-denied`, or `conflict` where it is no regular file.
 */
export async function openGrowingFile(path: string, setting: string): Promise<GrowingFile> {
  await using pinned = await pinFile(path, setting);
  try {
    return await growingFile(await open(pinned.handlePath, constants.O_RDONLY | constants.O_NONBLOCK));
  } catch (error) {
    throw isErrno(error, "EACCES", "EPERM") ? unreadable(pinned, error) : error;
  }
}

/** A file that is open already, and is closed with it. */
export async function growingFile(handle: FileHandle): Promise<GrowingFile> {
  const { dev, ino } = await handle.stat({ bigint: true });
  const read = (offset: number, maxBytes: number) => readFully(handle, offset, maxBytes);
  return {
    inode: `${dev}:${ino}`,
    descriptor: handle.fd,
    size: async () => (await handle.stat()).size,
    modifiedAt: async () => (await handle.stat()).mtime,
    read,
    fingerprint: async () => fingerprintOf(await read(0, FINGERPRINT_BYTES)),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

/** The fingerprint of a content that begins so. */
export function fingerprintOf(beginning: Buffer): Fingerprint {
  const part = beginning.subarray(0, FINGERPRINT_BYTES);
  const hash = createHash("sha256").update(part).digest("base64url").slice(0, 16);
  return { bytes: part.length, hash };
}

/** Whether a content that begins so is the one of this fingerprint, or has grown from it. An empty one is any. */
export function hasFingerprint(beginning: Buffer, { bytes, hash }: Fingerprint): boolean {
  return beginning.length >= bytes && fingerprintOf(beginning.subarray(0, bytes)).hash === hash;
}

/** What lies at a path now; undefined where nothing does. */
export async function inodeAt(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ESRCH")) return undefined;
    throw error;
  }
}

async function readFully(handle: FileHandle, offset: number, maxBytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(maxBytes);
  let length = 0;
  while (length < maxBytes) {
    const { bytesRead } = await handle.read(buffer, length, maxBytes - length, offset + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}
