import { randomBytes } from "node:crypto";
import { stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../base/errors.ts";
import { writeFileAtomic } from "../../linux/atomic-write.ts";
import type { Logger } from "../../web/log.ts";
import { withFolderLock } from "./folder-lock.ts";
import { folderRemedy, makeFolder, readState, SECRET_MODE, setAside } from "./state-folder.ts";

/*
 * Session ticket keys (RFC 5077; RFC 8446 section 4.6.1). Kept in a file, so that a client resumes its session after a
 * restart, and with any sidecar on the same folder. The price is forward secrecy in TLS 1.2: a ticket holds the session's
 * secret, so who gets hold of the file can read recorded sessions whose tickets it sealed. (TLS 1.3 mixes a fresh key
 * exchange into every resumption, and early data is not offered.) Hence a key serves for seven days at most; the
 * tickets of the one before then lead to a full handshake. A file that is deleted is made anew.
 */

/** The keys in use. */
export interface TicketKeys {
  /** 48 bytes, as `tls.createServer` wants them. */
  current(): Buffer;
  /** Looks at the file and the age of the keys; true where {@link current} is another one now. Never rejects. */
  look(): Promise<boolean>;
}

/** What the keys need. */
export interface TicketKeyOptions {
  readonly dir: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

const FILE = "ticket.key";
const LENGTH = 48;
const MAX_AGE_MS = 7 * 86_400_000;

/** Opens the keys of the state folder, or makes some; where the folder can't be used they live in memory alone. */
export async function openTicketKeys(options: TicketKeyOptions): Promise<TicketKeys> {
  const { log, now } = options;
  let keys: Buffer = randomBytes(LENGTH);
  let takenAtMs = now();
  let isInMemory = false;
  const look = async (): Promise<boolean> => {
    const before = keys;
    try {
      keys = await keysOfFolder(options);
      isInMemory = false;
    } catch (error) {
      if (!isInMemory && !options.signal.aborted) {
        log.warn(
          { reason: messageOf(error), remedy: folderRemedy(options.dir, error) },
          "the session ticket keys can't be kept: after a restart every client needs a full handshake",
        );
      }
      isInMemory = true;
      if (isOld(takenAtMs, now())) keys = randomBytes(LENGTH);
    }
    const isChanged = !before.equals(keys);
    if (isChanged) takenAtMs = now();
    return isChanged;
  };
  await look();
  return { current: () => keys, look };
}

async function keysOfFolder(options: TicketKeyOptions): Promise<Buffer> {
  const { dir, signal } = options;
  await makeFolder(dir);
  return (
    (await readFresh(options)).keys ??
    (await withFolderLock(dir, signal, async () => {
      const { keys, reason } = await readFresh(options);
      return keys ?? (await makeKeys(options, reason));
    }))
  );
}

/** The keys of the file where they will do, or why they won't. */
async function readFresh({ dir, log, now }: TicketKeyOptions): Promise<{
  keys?: Buffer;
  reason: "missing" | "old" | "damaged";
}> {
  const keys = await readState(dir, FILE, { log, secret: true });
  if (keys === null) return { reason: "missing" };
  if (keys.length !== LENGTH) return { reason: "damaged" };
  const { mtimeMs } = await stat(join(dir, FILE));
  return isOld(mtimeMs, now()) ? { reason: "old" } : { keys, reason: "old" };
}

async function makeKeys({ dir, log, now }: TicketKeyOptions, reason: string): Promise<Buffer> {
  if (reason === "damaged") {
    log.warn({ dir }, `${FILE} is damaged: kept as ${FILE}.bad, made anew`);
    await setAside(dir, FILE);
  }
  const keys = randomBytes(LENGTH);
  const path = join(dir, FILE);
  await writeFileAtomic(path, keys, { mode: SECRET_MODE });
  // The age is counted on one clock, ours; that of a network file system may be another.
  const madeAt = new Date(now());
  await utimes(path, madeAt, madeAt);
  return keys;
}

/** Keys from the far future are old too: a clock that was wrong once must not make them live for ever. */
function isOld(sinceMs: number, nowMs: number): boolean {
  return Math.abs(nowMs - sinceMs) > MAX_AGE_MS;
}
