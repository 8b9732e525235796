import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * Replaces a file whole or not at all: a temporary file beside it, fsync, rename, fsync of the folder (rename(2),
 * fsync(2)). A crash at any instant leaves the old content or the new one.
 * @param options.mode The permissions of the new file; made with them, so that a secret is never readable in between.
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: { mode: number; owner?: { uid: number; gid: number } },
): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.tickbird-${randomBytes(6).toString("hex")}.tmp`);
  try {
    const file = await open(temporary, "wx", options.mode);
    try {
      if (options.owner !== undefined) await file.chown(options.owner.uid, options.owner.gid);
      // The umask may have taken bits away from open's mode.
      await file.chmod(options.mode);
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Makes a rename in a folder durable. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
