import { AppError, messageOf } from "../../../base/errors.ts";
import { accessOf } from "../../../linux/file-access.ts";
import { creationProblem } from "../../../linux/new-file.ts";
import { type PinnedFile, readPinned } from "../../../linux/pinned-file.ts";
import type { ConfigDeps } from "../config-parts.ts";
import { etagOf } from "../content.ts";
import { verifyProblem } from "../reload/verify-problem.ts";
import { validationProblem } from "../validation/validate-change.ts";
import type { ConfigFile, FileProblem } from "./config-files.ts";
import { openVacantConfigPlace, pinConfigFile } from "./pin-config-file.ts";

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
  /** Whether there is none yet, and it can be made. */
  readonly creatable: boolean;
  /** Whether a change replaces the file at once; null where it can't be written. */
  readonly atomic: boolean | null;
  readonly reload: ConfigFile["reload"];
  readonly verify: ConfigFile["verify"];
  readonly problem?: FileProblem;
}

/** Looks at a file. Never throws: what is wrong stands in `problem`. */
export async function describeFile(
  file: ConfigFile,
  maxBytes: number,
  deps: Pick<ConfigDeps, "coreProcess">,
): Promise<FileDescription> {
  try {
    if (file.problem !== undefined) return unseen(file, file.problem);
    await using pinned = await pinConfigFile(file, deps);
    return await describePinned(pinned, file, maxBytes, deps);
  } catch (error) {
    const problem = problemOf(error);
    if (!(error instanceof AppError) || error.code !== "not-found") return unseen(file, problem);
    if (!(await isCreatable(file, deps))) return unseen(file, problem);
    const remedy = `${problem.remedy ?? ""} Or create it: PUT its content with If-None-Match: *.`.trim();
    return { ...unseen(file, { ...problem, remedy }), creatable: true };
  }
}

async function isCreatable(file: ConfigFile, deps: Pick<ConfigDeps, "coreProcess">): Promise<boolean> {
  try {
    await using place = await openVacantConfigPlace(file, deps);
    return (await creationProblem(place)) === undefined;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

function unseen(file: ConfigFile, problem: FileProblem): FileDescription {
  return {
    ...named(file),
    ...{ sizeBytes: null, modifiedAt: null, etag: null, mode: null, uid: null, gid: null },
    ...{ readable: false, writable: false, creatable: false, atomic: null, problem },
  };
}

async function describePinned(
  pinned: PinnedFile,
  file: ConfigFile,
  maxBytes: number,
  deps: Pick<ConfigDeps, "coreProcess">,
): Promise<FileDescription> {
  const { stats, isMount } = pinned;
  const access = await accessOf(pinned);
  const content =
    access.readProblem ?? (await readPinned(pinned, maxBytes).catch((error: unknown) => problemError(error)));
  const isReadable = Buffer.isBuffer(content);
  // Without the old content, no change can say what it was made for.
  const writeProblem = access.writeProblem ?? (await validationProblem(file, deps));
  const writable = isReadable && writeProblem === undefined;
  const problem = isReadable
    ? (writeProblem ?? (await verifyProblem(file.verify, deps.coreProcess)))
    : content;
  return {
    ...named(file),
    sizeBytes: Number(stats.size),
    modifiedAt: new Date(Number(stats.mtimeMs)).toISOString(),
    etag: isReadable ? etagOf(content) : null,
    mode: (Number(stats.mode) & 0o7777).toString(8).padStart(4, "0"),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    readable: isReadable,
    ...{ writable, creatable: false },
    atomic: writable ? !isMount : null,
    ...(problem === undefined ? {} : { problem: problemOf(problem) }),
  };
}

function named({ name, path, format, reload, verify }: ConfigFile) {
  return { name, path, format, reload, verify };
}

function problemError(error: unknown): Error {
  return error instanceof Error ? error : new Error(messageOf(error));
}

function problemOf(error: unknown): FileProblem {
  const remedy = error instanceof AppError ? error.remedy : undefined;
  return { detail: messageOf(error), ...(remedy === undefined ? {} : { remedy }) };
}
