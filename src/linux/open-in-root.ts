import { constants } from "node:fs";
import { type FileHandle, open, readlink } from "node:fs/promises";
import { AppError, isErrno } from "../base/errors.ts";
import { whyUnreadable } from "./look-into.ts";
import { O_PATH } from "./open-flags.ts";

/**
 * Files of another process's root (`/proc/<pid>/root`, proc_pid_root(5)), opened so that no symbolic link leads out of it.
 * The kernel would follow an absolute link from our own root; so the way is gone step by step, each from the descriptor
 * of the last, and links are followed by us, as RESOLVE_IN_ROOT of openat2(2) would, which Node.js does not have.
 */

/** As the kernel follows, path_resolution(7). */
const MAX_LINKS = 40;

/**
 * Opens a regular file for reading. Whoever opened it closes it.
 * @param path absolute, as the process sees it.
 * @throws {AppError} `not-found`, `permission-denied`, or `conflict` where it is no regular file.
 */
export async function openInRoot(pid: number, path: string): Promise<FileHandle> {
  try {
    await using walked = await walk(pid, path);
    const { place } = walked;
    const stats = await place.stat();
    if (!stats.isFile()) {
      throw new AppError("conflict", `${path} of process ${pid} is no regular file.`, {
        remedy: "Name a regular file.",
      });
    }
    return await open(`/proc/self/fd/${place.fd}`, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw await explained(error, pid, path);
  }
}

/**
 * Opens what lies at a path as a mere place, with the folder in which it really lies. Whoever opened it disposes of it.
 * @param path absolute, as the process sees it.
 * @throws {AppError} `not-found`, `permission-denied`, or `conflict` where it is a folder.
 */
export async function openPlaceInRoot(pid: number, path: string): Promise<PlaceInRoot> {
  try {
    return await walk(pid, path);
  } catch (error) {
    throw await explained(error, pid, path);
  }
}

/**
 * Opens a folder as a mere place, whose `/proc/self/fd/<fd>` can be listed. Whoever opened it closes it.
 * @param path absolute, as the process sees it.
 * @throws {AppError} `not-found`, `permission-denied`, or `conflict` where it is no folder.
 */
export async function openFolderInRoot(pid: number, path: string): Promise<FileHandle> {
  try {
    await using way = await walkToFolder(pid, path);
    return await open(way.here, O_PATH | constants.O_DIRECTORY);
  } catch (error) {
    throw await explained(error, pid, path);
  }
}

/** What a path of another root leads to, behind all links, held by descriptors (O_PATH). */
export interface PlaceInRoot extends AsyncDisposable {
  readonly place: FileHandle;
  readonly folder: FileHandle;
  /** Its name in that folder. */
  readonly name: string;
  /** Whether it lies below the folder that the path names. */
  readonly isBelowNamed: boolean;
}

/** Where the way stands: the folders from the root to it. */
class Way implements AsyncDisposable {
  readonly #folders: FileHandle[] = [];

  get folder(): FileHandle {
    const last = this.#folders.at(-1);
    if (last === undefined) throw new Error("the way has no beginning");
    return last;
  }

  get here(): string {
    return `/proc/self/fd/${this.folder.fd}`;
  }

  enter(folder: FileHandle): void {
    this.#folders.push(folder);
  }

  /** Above the root is the root. */
  async leave(): Promise<void> {
    if (this.#folders.length > 1) await this.#folders.pop()?.close();
  }

  async toRoot(): Promise<void> {
    while (this.#folders.length > 1) await this.leave();
  }

  /** Whether the way leads through a folder. */
  async passes(id: string): Promise<boolean> {
    const ids = await Promise.all(this.#folders.map(idOf));
    return ids.includes(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#folders.map((folder) => folder.close()));
  }
}

async function walk(pid: number, path: string): Promise<PlaceInRoot> {
  await using opened = new AsyncDisposableStack();
  const way = opened.use(new Way());
  let named: string | undefined;
  for await (const { next, step, isLast } of stepsInto(way, pid, path)) {
    if (!isLast) continue;
    if (next !== undefined) opened.use(next);
    named ??= await idOf(way.folder);
    if (next === undefined) continue;
    const isBelowNamed = await way.passes(named);
    const kept = opened.move();
    return {
      ...{ place: next, folder: way.folder, name: step, isBelowNamed },
      [Symbol.asyncDispose]: () => kept.disposeAsync(),
    };
  }
  throw new AppError("conflict", `${path} is a folder.`, { remedy: "Name a regular file." });
}

async function walkToFolder(pid: number, path: string): Promise<Way> {
  await using opened = new AsyncDisposableStack();
  const way = opened.use(new Way());
  for await (const { next, isLast } of stepsInto(way, pid, path)) {
    if (isLast && next !== undefined) way.enter(next);
  }
  opened.move();
  return way;
}

interface Step {
  /** What lies there; undefined where it is a link, which is followed next. The last one is the taker's. */
  readonly next: FileHandle | undefined;
  readonly step: string;
  /** Whether the path ends here. */
  readonly isLast: boolean;
}

/** Goes from the root on, name by name, into every folder but what lies at the end. */
async function* stepsInto(way: Way, pid: number, path: string): AsyncGenerator<Step> {
  way.enter(await open(`/proc/${pid}/root`, O_PATH | constants.O_DIRECTORY));
  const left = stepsOf(path);
  let links = 0;
  for (let step = left.shift(); step !== undefined; step = left.shift()) {
    if (step === "..") {
      await way.leave();
      continue;
    }
    const isLast = left.length === 0;
    const next = await open(`${way.here}/${step}`, O_PATH | constants.O_NOFOLLOW);
    if ((await next.stat()).isSymbolicLink()) {
      await next.close();
      yield { next: undefined, step, isLast };
      links += 1;
      if (links > MAX_LINKS) throw new AppError("conflict", `${path} leads in a circle.`);
      left.unshift(...(await followed(way, step)));
      continue;
    }
    if (!isLast) way.enter(next);
    yield { next, step, isLast };
  }
}

/** The steps that a link stands for; an absolute one begins at the root again. */
async function followed(way: Way, step: string): Promise<string[]> {
  const target = await readlink(`${way.here}/${step}`).catch((error: unknown) => {
    // Another program has just put something else in the place of the link: that is looked at next.
    if (isErrno(error, "EINVAL")) return step;
    throw error;
  });
  if (target.startsWith("/")) await way.toRoot();
  return stepsOf(target);
}

function stepsOf(path: string): string[] {
  return path.split("/").filter((step) => step !== "" && step !== ".");
}

async function idOf(handle: FileHandle): Promise<string> {
  const { dev, ino } = await handle.stat({ bigint: true });
  return `${dev}:${ino}`;
}

async function explained(error: unknown, pid: number, path: string): Promise<unknown> {
  if (isErrno(error, "ENOENT", "ENOTDIR", "ESRCH")) {
    return new AppError("not-found", `There is no file ${path} in the root of process ${pid}.`, {
      cause: error,
      remedy: "Correct the path in the settings: it is as the app itself sees it.",
    });
  }
  if (isErrno(error, "EACCES", "EPERM")) {
    const { reason, remedy } = await whyUnreadable(pid, error);
    const detail = `The sidecar may not reach ${path} of process ${pid}: ${reason}.`;
    return new AppError("permission-denied", detail, {
      cause: error,
      ...(remedy === null ? {} : { remedy }),
    });
  }
  return error;
}
