import { constants } from "node:fs";
import { access, open } from "node:fs/promises";
import { type AppError, isErrno } from "../base/errors.ts";
import { type PinnedFile, unreadable } from "./pinned-file.ts";
import { hasCapability, ownStatus } from "./privileges.ts";
import { readOnly, unwritable } from "./replace-file.ts";

/** What this process may do with a file, as the kernel says. Undefined stands for "it may". */
export interface FileAccess {
  readonly readProblem: AppError | undefined;
  readonly writeProblem: AppError | undefined;
}

/** Finds out whether a pinned file can be read, and written so that it keeps its owner. Nothing is changed. */
export async function accessOf(pinned: PinnedFile): Promise<FileAccess> {
  return { readProblem: await readProblemOf(pinned), writeProblem: await writeProblemOf(pinned) };
}

async function readProblemOf(pinned: PinnedFile): Promise<AppError | undefined> {
  try {
    await (await open(pinned.handlePath, constants.O_RDONLY)).close();
    return undefined;
  } catch (error) {
    return unreadable(pinned, error);
  }
}

/** Not by opening it for writing: whoever watches the file would take that for a change when it is closed again. */
async function writeProblemOf(pinned: PinnedFile): Promise<AppError | undefined> {
  // What is a mount is written itself; everything else is replaced, which its folder must allow.
  const refusal = pinned.isMount
    ? await refusalOf(pinned.handlePath, constants.W_OK)
    : await refusalOf(pinned.folderPath, constants.W_OK | constants.X_OK);
  if (isErrno(refusal, "EROFS")) return readOnly(pinned, refusal);
  const { capEffective } = await ownStatus();
  // access(2) asks for the real user, without the capabilities that a user other than root may have.
  if (refusal !== undefined && !hasCapability(capEffective, "DAC_OVERRIDE"))
    return unwritable(pinned, refusal);
  const owner = { uid: Number(pinned.stats.uid), gid: Number(pinned.stats.gid) };
  return pinned.isMount || mayGiveAway(owner, capEffective) ? undefined : unwritable(pinned);
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

/** Tells whether a new file can be given to an owner and a group (chown(2)). */
export function mayGiveAway(
  { uid, gid }: { readonly uid: number; readonly gid: number },
  capEffective: bigint,
): boolean {
  const groups = [process.getegid?.(), ...(process.getgroups?.() ?? [])];
  if (uid === process.geteuid?.() && groups.includes(gid)) return true;
  return (capEffective & CAP_CHOWN) !== 0n;
}
