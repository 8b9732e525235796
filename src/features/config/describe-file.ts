import { AppError, messageOf } from "../../base/errors.ts";
import { accessOf } from "../../linux/file-access.ts";
import { type PinnedFile, pinFile, readPinned } from "../../linux/pinned-file.ts";
import type { ConfigFile } from "./config-files.ts";
import { etagOf } from "./content.ts";

/** What is wrong with a file, and the line that mends it. */
export interface FileProblem {
  readonly detail: string;
  readonly remedy?: string;
}

/** A file as the list shows it; what can't be found out is null, and `problem` says why. */
export interface FileDescription {
  readonly name: string;
  readonly path: string;
  readonly format: ConfigFile["format"];
  readonly sizeBytes: number | null;
  readonly modifiedAt: string | null;
  readonly etag: string | null;
  /** Octal, as chmod writes it. */
  readonly mode: string | null;
  readonly uid: number | null;
  readonly gid: number | null;
  readonly readable: boolean;
  readonly writable: boolean;
  /** Whether a change replaces the file at once; null where it can't be written. */
  readonly atomic: boolean | null;
  readonly reload: ConfigFile["reload"];
  readonly problem?: FileProblem;
}

/** Looks at a file. Never throws: what is wrong stands in `problem`. */
export async function describeFile(file: ConfigFile, maxBytes: number): Promise<FileDescription> {
  try {
    await using pinned = await pinFile(file.path);
    return await describePinned(pinned, file, maxBytes);
  } catch (error) {
    return {
      ...file,
      sizeBytes: null,
      modifiedAt: null,
      etag: null,
      mode: null,
      uid: null,
      gid: null,
      readable: false,
      writable: false,
      atomic: null,
      problem: problemOf(error),
    };
  }
}

async function describePinned(
  pinned: PinnedFile,
  file: ConfigFile,
  maxBytes: number,
): Promise<FileDescription> {
  const { stats, isMount } = pinned;
  const access = await accessOf(pinned);
  const content =
    access.readProblem ?? (await readPinned(pinned, maxBytes).catch((error: unknown) => problemError(error)));
  const isReadable = Buffer.isBuffer(content);
  // Without the old content, no change can say what it was made for.
  const writable = isReadable && access.writeProblem === undefined;
  const problem = isReadable ? access.writeProblem : content;
  return {
    ...file,
    sizeBytes: Number(stats.size),
    modifiedAt: new Date(Number(stats.mtimeMs)).toISOString(),
    etag: isReadable ? etagOf(content) : null,
    mode: (Number(stats.mode) & 0o7777).toString(8).padStart(4, "0"),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    readable: isReadable,
    writable,
    atomic: writable ? !isMount : null,
    ...(problem === undefined ? {} : { problem: problemOf(problem) }),
  };
}

function problemError(error: unknown): Error {
  return error instanceof Error ? error : new Error(messageOf(error));
}

function problemOf(error: unknown): FileProblem {
  const remedy = error instanceof AppError ? error.remedy : undefined;
  return { detail: messageOf(error), ...(remedy === undefined ? {} : { remedy }) };
}
