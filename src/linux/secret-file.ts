import { open, readFile } from "node:fs/promises";
import { isErrno } from "../base/errors.ts";

/**
 * Reads a secret from a file, or makes one there that only its owner can read (mode 0600).
 * Two starters at once agree: the file is made exclusively, and the second reads what the first wrote.
 */
export async function readOrCreateSecret(
  path: string,
  make: () => string,
): Promise<{ readonly secret: string; readonly created: boolean }> {
  try {
    const file = await open(path, "wx", 0o600);
    const secret = make();
    try {
      await file.writeFile(`${secret}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    return { secret, created: true };
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
    return { secret: await readSecret(path), created: false };
  }
}

/** Reads a secret from a file; white space around it does not count. */
export async function readSecret(path: string): Promise<string> {
  return (await readFile(path, "utf8")).trim();
}
