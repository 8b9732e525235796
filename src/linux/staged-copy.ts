import { constants } from "node:fs";
import { access, type FileHandle, open, rm } from "node:fs/promises";
import { extname, join } from "node:path";
import { setOwnerAndMode, temporaryName } from "./atomic-write.ts";
import { copyAttributes } from "./file-attributes.ts";
import { creationError, isVacant, type VacantPlace } from "./new-file.ts";
import type { PinnedFile } from "./pinned-file.ts";
import { writeError } from "./replace-file.ts";

/** A new content beside the file that it is for, so that a program can look at it. Gone when it is disposed of. */
export interface StagedCopy extends AsyncDisposable {
  /** Its name in the folder of the file; it ends as that of the file does. */
  readonly name: string;
  /** Whether nobody else has removed it meanwhile. */
  isThere(): Promise<boolean>;
}

/**
 * Writes one, with the owner, mode and access control lists of the file: a check that runs as the app may read it just
 * where the app may read the file. Of a file that is yet to be made: with those that it will have.
 * @throws {AppError} as `replacePinned` and `createFile` do.
 */
export async function stageCopy(place: PinnedFile | VacantPlace, data: Uint8Array): Promise<StagedCopy> {
  const { folderPath } = place;
  const name = temporaryName(extname(place.name));
  const path = join(folderPath, name);
  const remove = () => rm(path, { force: true });
  try {
    await using file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    if (isVacant(place)) await setOwnerAndMode(file, place.rights);
    else await copyRights(place, file);
    await file.writeFile(data);
  } catch (error) {
    await remove();
    throw isVacant(place) ? creationError(place, error) : writeError(place, error);
  }
  const isThere = () =>
    access(path).then(
      () => true,
      () => false,
    );
  return { name, isThere, [Symbol.asyncDispose]: remove };
}

async function copyRights({ handlePath, stats }: PinnedFile, file: FileHandle): Promise<void> {
  await using old = await open(handlePath, constants.O_RDONLY);
  await copyAttributes(old, file);
  await setOwnerAndMode(file, {
    mode: Number(stats.mode) & 0o7777,
    owner: { uid: Number(stats.uid), gid: Number(stats.gid) },
  });
}
