import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { type AppError, isErrno } from "../base/errors.ts";
import { type PinnedFile, unreadable } from "./pinned-file.ts";
import { ownStatus } from "./privileges.ts";
import { readOnly, unwritable } from "./replace-file.ts";

/** What this process may do with a file, asked of the kernel (access(2)). Undefined stands for "it may". */
export interface FileAccess {
  readonly readProblem: AppError | undefined;
  readonly writeProblem: AppError | undefined;
}

/** Finds out whether a pinned file can be read, and written so that it keeps its owner. Nothing is changed. */
export async function accessOf(pinned: PinnedFile): Promise<FileAccess> {
  const readError = await refusalOf(pinned.handlePath, constants.R_OK);
  const readProblem = readError === undefined ? undefined : unreadable(pinned, readError);
  return { readProblem, writeProblem: await writeProblemOf(pinned) };
}

async function writeProblemOf(pinned: PinnedFile): Promise<AppError | undefined> {
  // What is a mount is written itself; everything else is replaced, which its folder must allow.
  const refusal = pinned.isMount
    ? await refusalOf(pinned.handlePath, constants.W_OK)
    : await refusalOf(pinned.folderPath, constants.W_OK | constants.X_OK);
  if (isErrno(refusal, "EROFS")) return readOnly(pinned, refusal);
  if (refusal !== undefined) return unwritable(pinned, refusal);
  return pinned.isMount || (await mayGiveAway(pinned)) ? undefined : unwritable(pinned);
}

async function refusalOf(path: string, mode: number): Promise<unknown> {
  try {
    await access(path, mode);
    return undefined;
  } catch (error) {
    return error;
  }
}

const CAP_CHOWN = 1n;

/** Whether a new file can be given the owner and group of this one (chown(2)). */
async function mayGiveAway({ stats }: PinnedFile): Promise<boolean> {
  const groups = [process.getegid?.(), ...(process.getgroups?.() ?? [])];
  if (Number(stats.uid) === process.geteuid?.() && groups.includes(Number(stats.gid))) return true;
  return ((await ownStatus()).capEffective & CAP_CHOWN) !== 0n;
}
