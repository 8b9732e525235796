import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { closest } from "../../base/closest.ts";
import { AppError, StartError } from "../../base/errors.ts";
import { type CoreProcessFinder, mainPid } from "../../linux/core-process.ts";
import { type GrowingFile, growingFile, inodeAt, openGrowingFile } from "../../linux/growing-file.ts";
import { openFolderInRoot, openInRoot } from "../../linux/open-in-root.ts";
import type { Settings } from "../../settings/schema.ts";

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
  open(): Promise<GrowingFile>;
}

const SETTING = "logs.files";
const CORE = "core:";

/**
 * The files of the settings, by name.
 * @throws {StartError} where two have the same name.
 */
export function nameLogs(
  settings: Settings["logs"],
  coreProcess: CoreProcessFinder,
): ReadonlyMap<string, LogFile> {
  const logs = new Map<string, LogFile>();
  for (const { name: given, path } of settings.files) {
    const name = given ?? basename(path);
    const other = logs.get(name);
    if (other !== undefined) {
      throw new StartError(`Two logs are named ${name}: ${other.path} and ${path}.`, {
        remedy: `Give one of them a name of its own in ${SETTING}: {name: other-${name}, path: ${path}}`,
      });
    }
    logs.set(name, path.startsWith(CORE) ? inCore(name, path, coreProcess) : ofOurs(name, resolve(path)));
  }
  return logs;
}

/** The log of this name. @throws {AppError} `not-found` */
export function logNamed(logs: ReadonlyMap<string, LogFile>, name: string): LogFile {
  const log = logs.get(name);
  if (log !== undefined) return log;
  const near = closest(name, logs.keys());
  throw new AppError("not-found", `No log is named ${name}.`, {
    remedy: near === undefined ? `SIDECAR_LOGS_FILES=/path/of/${name}` : `Did you mean ${near}?`,
  });
}

function ofOurs(name: string, path: string): LogFile {
  const folder = dirname(path);
  return {
    ...{ name, path },
    open: () => openGrowingFile(path, SETTING),
    currentInode: () => inodeAt(path),
    predecessors: () =>
      predecessorsIn(folder, basename(path), (file) => openGrowingFile(join(folder, file), SETTING)),
  };
}

function inCore(name: string, path: string, coreProcess: CoreProcessFinder): LogFile {
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
      return await predecessorsIn(`/proc/self/fd/${opened.fd}`, basename(inside), (file) =>
        open(join(folder, file)),
      );
    },
  };
}

async function predecessorsIn(
  folder: string,
  name: string,
  open: (file: string) => Promise<GrowingFile>,
): Promise<readonly Predecessor[]> {
  const names = (await readdir(folder).catch(() => [])).filter((file) => isPredecessor(file, name));
  const found = await Promise.all(
    names.map(async (file): Promise<Predecessor | undefined> => {
      const stats = await stat(join(folder, file)).catch(() => undefined);
      if (stats?.isFile() !== true) return undefined;
      const isGzip = file.endsWith(".gz");
      return { name: file, isGzip, modifiedAtMs: stats.mtimeMs, open: () => open(file) };
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
