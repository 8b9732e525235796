import { chmod, mkdir, readFile, rename, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isErrno, messageOf, StartError } from "../../base/errors.ts";
import type { Logger } from "../../web/log.ts";

/** The permissions of what only this sidecar may read. */
export const SECRET_MODE = 0o600;

/** What mends a state folder that can't be read or written, where `error` says why. */
export function folderRemedy(dir: string, error?: unknown): string {
  if (isErrno(error, "ENOSPC", "EDQUOT")) return `Make room on the volume of ${resolve(dir)}.`;
  const uid = process.getuid?.() ?? 0;
  return `In compose.yaml, volumes: ["certs:${resolve(dir)}"], a folder that uid ${uid} may read and write; or SIDECAR_CERTS_DIR=/another/folder`;
}

/** Makes the state folder where it is missing (0700). What it throws is a system error. */
export async function makeFolder(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
}

/**
 * Reads a state file; null where there is none.
 * A secret that others may read is closed to them, as far as we may.
 * @throws {StartError} where it exists and can't be read: what can't be read must not be replaced.
 */
export async function readState(
  dir: string,
  name: string,
  { secret = false, log }: { secret?: boolean; log: Logger },
): Promise<Buffer | null> {
  const path = join(dir, name);
  try {
    const data = await readFile(path);
    if (secret) await closeToOthers(path, log);
    return data;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return null;
    throw new StartError(`The state file ${path} can't be read: ${messageOf(error)}.`, {
      cause: error,
      remedy: folderRemedy(dir, error),
    });
  }
}

/** Puts a file that is of no use beside its place as `<name>.bad`, so that nothing a person may want is lost. */
export async function setAside(dir: string, name: string): Promise<void> {
  try {
    await rename(join(dir, name), join(dir, `${name}.bad`));
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

async function closeToOthers(path: string, log: Logger): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o077) === 0) return;
  try {
    await chmod(path, SECRET_MODE);
    log.warn({ path }, "a key file was open to other users; its mode is 0600 now");
  } catch (error) {
    log.warn({ path, err: error }, "a key file is open to other users and its mode can't be changed");
  }
}
