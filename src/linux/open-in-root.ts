import { constants } from "node:fs";
import { type FileHandle, open, readlink } from "node:fs/promises";
import { AppError, isErrno } from "../base/errors.ts";
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
    await using place = await walk(pid, path);
    const stats = await place.stat();
    if (!stats.isFile()) {
      throw new AppError("conflict", `${path} of process ${pid} is no regular file.`, {
        remedy: "Name a regular file.",
      });
    }
    return await open(`/proc/self/fd/${place.fd}`, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw explained(error, pid, path);
  }
}

/**
 * Opens a folder as a mere place, whose `/proc/self/fd/<fd>` can be listed. Whoever opened it closes it.
 * @param path absolute, as the process sees it.
 * @throws {AppError} `not-found`, `permission-denied`, or `conflict` where it is no folder.
 */
export async function openFolderInRoot(pid: number, path: string): Promise<FileHandle> {
  try {
    await using place = await walk(pid, `${path}/.`);
    return await open(`/proc/self/fd/${place.fd}`, O_PATH | constants.O_DIRECTORY);
  } catch (error) {
    throw explained(error, pid, path);
  }
}

/** Where the way stands: the folders from the root to it. */
class Way implements AsyncDisposable {
  readonly #folders: FileHandle[] = [];

  get here(): string {
    return `/proc/self/fd/${this.#folders.at(-1)?.fd}`;
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

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#folders.map((folder) => folder.close()));
  }
}

async function walk(pid: number, path: string): Promise<FileHandle> {
  await using way = new Way();
  way.enter(await open(`/proc/${pid}/root`, O_PATH | constants.O_DIRECTORY));
  const isFolder = path.endsWith("/.");
  const left = stepsOf(path);
  let links = 0;
  for (let step = left.shift(); step !== undefined; step = left.shift()) {
    if (step === "..") {
      await way.leave();
      continue;
    }
    const next = await open(`${way.here}/${step}`, O_PATH | constants.O_NOFOLLOW);
    if ((await next.stat()).isSymbolicLink()) {
      await next.close();
      links += 1;
      if (links > MAX_LINKS) throw new AppError("conflict", `${path} leads in a circle.`);
      left.unshift(...(await followed(way, step)));
      continue;
    }
    if (left.length === 0 && !isFolder) return next;
    way.enter(next);
  }
  if (isFolder) return await open(way.here, O_PATH | constants.O_DIRECTORY);
  throw new AppError("conflict", `${path} is a folder.`, { remedy: "Name a regular file." });
}

/** The steps that a link stands for; an absolute one begins at the root again. */
async function followed(way: Way, step: string): Promise<string[]> {
  const target = await readlink(`${way.here}/${step}`);
  if (target.startsWith("/")) await way.toRoot();
  return stepsOf(target);
}

function stepsOf(path: string): string[] {
  return path.split("/").filter((step) => step !== "" && step !== ".");
}

function explained(error: unknown, pid: number, path: string): unknown {
  if (isErrno(error, "ENOENT", "ENOTDIR", "ESRCH")) {
    return new AppError("not-found", `There is no file ${path} in the root of process ${pid}.`, {
      cause: error,
      remedy: "Correct the path in the settings: it is as the app itself sees it.",
    });
  }
  if (isErrno(error, "EACCES", "EPERM")) {
    return new AppError("permission-denied", `The sidecar may not reach ${path} of process ${pid}.`, {
      cause: error,
      remedy:
        'cap_add: [SYS_PTRACE, DAC_READ_SEARCH], or run the sidecar as the app\'s own user (compose: user: "uid:gid")',
    });
  }
  return error;
}
