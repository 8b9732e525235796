import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isErrno } from "../../base/errors.ts";

const RETRY_MS = 25;
/** The holder shows by the file's time that it lives. */
const HEARTBEAT_MS = 250;
/** Who has shown no life for this long was killed. Seen with our own clock: that of a network file system may be another. */
const STALE_MS = 3_000;
/** So old a time needs no waiting, whatever the clocks. */
const LONG_AGO_MS = 60_000;

/**
 * Runs `work` while no other sidecar on the same folder does: a file made with O_EXCL (open(2)) is the lock.
 * One that a killed process left behind is broken after three seconds.
 * @throws The system error where the folder can't be written; an AbortError when `signal` fires while it waits.
 */
export async function withFolderLock<T>(
  dir: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const path = join(dir, ".lock");
  const token = randomUUID();
  await acquire(path, token, signal);
  const heartbeat = setInterval(() => {
    const now = new Date();
    // It fails where the lock was taken from us, which the end of the work sees for itself.
    utimes(path, now, now).catch(() => {});
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    // Whoever took us for dead holds the lock now: theirs stays.
    if ((await contentOf(path)) === token) await rm(path, { force: true });
  }
}

async function acquire(path: string, token: string, signal: AbortSignal): Promise<void> {
  let seen = "";
  let seenAtMs = 0;
  for (;;) {
    try {
      await writeFile(path, token, { flag: "wx", mode: 0o600 });
      return;
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
    }
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    const holder = await contentOf(path);
    const sign = `${holder} ${mtimeMs}`;
    if (sign !== seen) {
      seen = sign;
      seenAtMs = performance.now();
    }
    if (performance.now() - seenAtMs > STALE_MS || Date.now() - mtimeMs > LONG_AGO_MS)
      await breakLock(path, holder);
    else await delay(RETRY_MS, undefined, { signal });
  }
}

/** Two may want to break the same lock: the slower one finds a fresh lock in its hand, and puts it back. */
async function breakLock(path: string, holder: string | undefined): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
    if ((await contentOf(aside)) !== holder) await link(aside, path);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "EEXIST")) throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
