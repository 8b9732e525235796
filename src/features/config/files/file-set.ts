import { type Dirent, promises } from "node:fs";
import { basename, dirname, matchesGlob } from "node:path";
import { AppError, isErrno } from "../../../base/errors.ts";
import { isTemporaryName } from "../../../linux/atomic-write.ts";
import { type CoreProcessFinder, mainPid } from "../../../linux/core-process.ts";
import { openFolderInRoot } from "../../../linux/open-in-root.ts";

/**
 * Files that a pattern of the settings names, such as `/etc/app/conf.d/*.conf`. Only the last part of the path is a
 * pattern: the folder is one place, which is looked into whenever somebody asks.
 */
export interface FileSet {
  /** Its `path` is the pattern. */
  readonly location: { readonly kind: "path" | "core"; readonly path: string };
  /** What stands before the name of each file. */
  readonly prefix: string;
  readonly maxFiles: number;
}

const WILDCARD = /[*?[{]/;

/** Tells whether a path stands for several files. */
export function isPattern(path: string): boolean {
  return WILDCARD.test(basename(path));
}

/** Tells whether a file of this name would belong to a set, if it is there. */
export function isInSet({ location, prefix }: FileSet, name: string): boolean {
  return name.startsWith(prefix) && matches(name.slice(prefix.length), basename(location.path));
}

/**
 * The names of the files that are there now, in order.
 * @throws {AppError} where the folder can't be looked into, or there are too many.
 */
export async function namesInSet(set: FileSet, coreProcess: CoreProcessFinder): Promise<readonly string[]> {
  const { kind, path } = set.location;
  const folder = dirname(path);
  if (kind === "path") return await matching(folder, set);
  await using opened = await openFolderInRoot(await mainPid(coreProcess), folder);
  return await matching(`/proc/self/fd/${opened.fd}`, set);
}

async function matching(folder: string, set: FileSet): Promise<readonly string[]> {
  const pattern = basename(set.location.path);
  const names: string[] = [];
  try {
    for await (const entry of await promises.opendir(folder)) {
      if (!mayBeFile(entry) || !matches(entry.name, pattern)) continue;
      if (names.length === set.maxFiles) throw tooMany(set);
      names.push(entry.name);
    }
  } catch (error) {
    throw folderError(error, set.location.path);
  }
  return names.sort();
}

/** What it is behind a link, and whether it is a file still, is found out when it is opened. */
function mayBeFile(entry: Dirent): boolean {
  return entry.isFile() || entry.isSymbolicLink();
}

/** A name that is no UTF-8 could not be asked for, one with line ends would tear lists; what is being written is not there yet. */
function matches(name: string, pattern: string): boolean {
  if (name === "." || name === ".." || /[/\p{Cc}\ufffd]/u.test(name) || isTemporaryName(name)) return false;
  return matchesGlob(name, pattern);
}

function tooMany({ location, maxFiles }: FileSet): AppError {
  return new AppError("conflict", `More than ${maxFiles} files match ${location.path}.`, {
    remedy: `Narrow the pattern, or set SIDECAR_CONFIG_MAX_SET_FILES=${2 * maxFiles}.`,
  });
}

function folderError(error: unknown, pattern: string): unknown {
  const folder = dirname(pattern);
  if (isErrno(error, "ENOENT", "ENOTDIR")) {
    return new AppError("not-found", `There is no folder ${folder}.`, {
      cause: error,
      remedy: `Mount it into the sidecar (volumes: …:${folder}), or correct the path in config.files.`,
    });
  }
  if (isErrno(error, "EACCES", "EPERM")) {
    return new AppError("permission-denied", `The folder ${folder} can't be listed.`, {
      cause: error,
      remedy:
        'Run the sidecar as the user of the app (compose: user: "uid:gid"), or as root with cap_add: [DAC_READ_SEARCH].',
    });
  }
  return error;
}
