import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { AppError } from "../../base/errors.ts";
import { type CoreProcessFinder, mainPid } from "../../linux/core-process.ts";
import { type GrowingFile, growingFile, inodeAt, openGrowingFile } from "../../linux/growing-file.ts";
import { openFolderInRoot, openInRoot } from "../../linux/open-in-root.ts";

/** A log of the core that the settings name. No other file can be read. */
export interface LogFile {
  readonly name: string;
  /** As the settings have it: `core:` stands before a path in the core's own root. */
  readonly path: string;
  /**
   * Opens it; whoever did closes it.
   * @throws {AppError} `not-found`, `permission-denied`, or `conflict` where it is no regular file.
   */
  open(): Promise<GrowingFile>;
  /** What lies at its path now, undefined where nothing does. */
  currentInode(): Promise<string | undefined>;
  /** What it was before it was rotated, the oldest first. */
  predecessors(): Promise<readonly Predecessor[]>;
}

/** A rotated log. */
export interface Predecessor {
  readonly name: string;
  readonly isGzip: boolean;
  readonly modifiedAtMs: number;
  /** As {@link GrowingFile} has it: another file may have the name when it is opened. */
  readonly inode: string;
  open(): Promise<GrowingFile>;
}

const SETTING = "logs.files";
const CORE = "core:";
const GZIP = ".gz";

/** Tells which logs there are in a folder, by the names of what lies there now. They are no rotated files of another. */
export type OwnLogs = (present: readonly string[]) => readonly string[];

/** The log at a path. @param ownLogs Those in its folder. */
export function logAt(
  name: string,
  path: string,
  coreProcess: CoreProcessFinder,
  ownLogs: OwnLogs = () => [],
): LogFile {
  return path.startsWith(CORE)
    ? inCore(name, path, coreProcess, ownLogs)
    : ofOurs(name, resolve(path), ownLogs);
}

/** The folder of a path, the same for each way to write it. */
export function folderOf(path: string): string {
  return path.startsWith(CORE)
    ? CORE + dirname(resolve("/", path.slice(CORE.length)))
    : dirname(resolve(path));
}

/** The names of what lies in the folder of a path; none where it can't be read. */
export async function namesBeside(path: string, coreProcess: CoreProcessFinder): Promise<readonly string[]> {
  if (!path.startsWith(CORE)) return await readdir(dirname(resolve(path))).catch(() => []);
  try {
    const folder = dirname(path.slice(CORE.length));
    await using opened = await openFolderInRoot(await mainPid(coreProcess), folder);
    return await readdir(`/proc/self/fd/${opened.fd}`);
  } catch {
    return [];
  }
}

/** Opens a log; undefined where it is not there: it may come later. */
export async function openIfThere(log: LogFile): Promise<GrowingFile | undefined> {
  try {
    return await log.open();
  } catch (error) {
    if (error instanceof AppError && error.code === "not-found") return undefined;
    throw error;
  }
}

function ofOurs(name: string, path: string, ownLogs: OwnLogs): LogFile {
  const folder = dirname(path);
  return {
    ...{ name, path },
    open: () => openGrowingFile(path, SETTING),
    currentInode: () => inodeAt(path),
    predecessors: () =>
      predecessorsIn(folder, basename(path), ownLogs, (file) => openGrowingFile(join(folder, file), SETTING)),
  };
}

function inCore(name: string, path: string, coreProcess: CoreProcessFinder, ownLogs: OwnLogs): LogFile {
  const inside = path.slice(CORE.length);
  const open = async (file: string) => growingFile(await openInRoot(await mainPid(coreProcess), file));
  return {
    ...{ name, path },
    open: () => open(inside),
    async currentInode() {
      try {
        await using file = await open(inside);
        return file.inode;
      } catch (error) {
        // Of an app that has ended, as of a file that is away for a moment, nothing lies there.
        if (error instanceof AppError && error.status === 404) return undefined;
        throw error;
      }
    },
    async predecessors() {
      const folder = dirname(inside);
      await using opened = await openFolderInRoot(await mainPid(coreProcess), folder);
      return await predecessorsIn(`/proc/self/fd/${opened.fd}`, basename(inside), ownLogs, (file) =>
        open(join(folder, file)),
      );
    },
  };
}

async function predecessorsIn(
  folder: string,
  name: string,
  ownLogs: OwnLogs,
  open: (file: string) => Promise<GrowingFile>,
): Promise<readonly Predecessor[]> {
  const present = await readdir(folder).catch(() => []);
  const alike = present.filter((file) => isPredecessor(file, name));
  const own = alike.length === 0 ? [] : ownLogs(present).filter((other) => isPredecessor(other, name));
  // What such another one was rotated to belongs to it, too: `app-1.log.gz` to `app-1.log`, not to `app.log`.
  const all = alike.filter((file) => !own.some((other) => file === other || isPredecessor(file, other)));
  // While a file is compressed both are there, and the packed one is not whole.
  const names = all.filter((file) => !(file.endsWith(GZIP) && all.includes(file.slice(0, -GZIP.length))));
  const found = await Promise.all(
    names.map(async (file): Promise<Predecessor | undefined> => {
      const stats = await stat(join(folder, file), { bigint: true }).catch(() => undefined);
      if (stats?.isFile() !== true) return undefined;
      const [inode, modifiedAtMs] = [`${stats.dev}:${stats.ino}`, Number(stats.mtimeNs) / 1e6];
      const isGzip = file.endsWith(GZIP);
      return { name: file, isGzip, inode, modifiedAtMs, open: () => open(file) };
    }),
  );
  return found
    .filter((each) => each !== undefined)
    .toSorted((a, b) => a.modifiedAtMs - b.modifiedAtMs || ageOf(a.name) - ageOf(b.name));
}

/** For those that were changed at the same moment: dates ascend with the time, numbers descend. */
function ageOf(name: string): number {
  const digits =
    name
      .replace(/\.gz$/, "")
      .match(/\d[\d._-]*/)?.[0]
      .replace(/\D/g, "") ?? "";
  return digits.length >= 6 ? Number(digits) : -Number(digits);
}

/** `app.log.1`, `app.log-20261128.gz`, `app-2026-11-28.log`, `app.1.log`. */
export function isPredecessor(file: string, name: string): boolean {
  if (file === name) return false;
  const plain = file.replace(/\.gz$/, "");
  if (plain === name) return true;
  if (plain.startsWith(name)) return /^[.-][\d._-]*\d[\d._-]*$/.test(plain.slice(name.length));
  const dot = name.lastIndexOf(".");
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  if (ending === "" || !plain.startsWith(stem) || !plain.endsWith(ending)) return false;
  return /^[.-][\d._-]*\d[\d._-]*$/.test(plain.slice(stem.length, -ending.length));
}
