import { randomBytes } from "node:crypto";
import { close, fstatSync, openSync, read, readSync, statfsSync, unlinkSync, watch } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { isInMemory } from "./memory-file-system.ts";
import { CommandError, run } from "./spawn.ts";

/**
 * A nameless file: a program of ours appends to it, and we read what has come, which then takes no room any more.
 * Whoever opened it disposes of it.
 */
export interface Scratch extends AsyncDisposable {
  /** Which a child opens by its path in `/proc/<our pid>/fd`. */
  readonly descriptor: number;
  /**
   * What has come since the last call, at most {@link SCRATCH_PIECE_BYTES} of it; empty where nothing has. The bytes are
   * there until the next call.
   */
  readMore(): Promise<Buffer>;
  /** Where more than so many bytes wait to be read, passes over all but the last half of so many. Gives how many. */
  passOver(mostBytes: number): number;
  /**
   * Calls `onWrite` when something is written, until it is disposed of; undefined where the system does not tell (inotify(7)).
   * Each write costs the writer more meanwhile.
   */
  watch(onWrite: () => void): Disposable | undefined;
}

/** What is read at once. Of strace's lines it takes some ten milliseconds to read that: nobody else has the loop meanwhile. */
export const SCRATCH_PIECE_BYTES = 131_072;
/** What may lie about that was read already. */
const DISCARD_BYTES = 4_194_304;
/** What of the file takes room while it is read as fast as it is written, with what comes while room is made. */
export const SCRATCH_ROOM_BYTES = 4 * DISCARD_BYTES;
const DISCARD_TIMEOUT_MS = 5_000;
const readFrom = promisify(read);
const closeIt = promisify(close);

/**
 * Makes a file in `dir` that loses its name at once: so nothing is left behind whatever happens to us, and nobody
 * else can open it.
 * @throws the system error where `dir` can't be written to.
 */
export function openScratch(dir: string): Scratch {
  const path = join(dir, `.tickbird-${process.pid}-${randomBytes(6).toString("hex")}`);
  // Both calls in one go: no tick in between in which we could be stopped.
  const descriptor = openSync(path, "ax+", 0o600);
  unlinkSync(path);
  const piece = Buffer.allocUnsafe(SCRATCH_PIECE_BYTES);
  const discard = createDiscarder(descriptor);
  const isMemory = isInMemory(statfsSync(dir));
  let position = 0;
  return {
    descriptor,
    async readMore() {
      // Of memory at once: to ask another thread, and to be woken by it, costs many times of what there is to copy.
      const bytesRead = isMemory
        ? readSync(descriptor, piece, 0, SCRATCH_PIECE_BYTES, position)
        : (await readFrom(descriptor, piece, 0, SCRATCH_PIECE_BYTES, position)).bytesRead;
      position += bytesRead;
      discard(position);
      return piece.subarray(0, bytesRead);
    },
    passOver(mostBytes) {
      const waitingBytes = fstatSync(descriptor).size - position;
      if (waitingBytes <= mostBytes) return 0;
      const passedBytes = waitingBytes - Math.floor(mostBytes / 2);
      position += passedBytes;
      discard(position);
      return passedBytes;
    },
    watch: (onWrite) => (isMemory ? watchWrites(`/proc/self/fd/${descriptor}`, onWrite) : undefined),
    [Symbol.asyncDispose]: () => closeIt(descriptor),
  };
}

function watchWrites(path: string, onWrite: () => void): Disposable | undefined {
  try {
    const watcher = watch(path, { persistent: false }, onWrite);
    // Whoever waits looks by itself, too.
    watcher.on("error", () => watcher.close());
    return { [Symbol.dispose]: () => watcher.close() };
  } catch {
    // The user has as many as it may have (inotify(7), max_user_watches).
    return undefined;
  }
}

/**
 * Gives the room of what was read back to the file system. Not by ftruncate(2): what the writer appends between our
 * read and that would be lost. A hole (fallocate(2), FALLOC_FL_PUNCH_HOLE) leaves its place, and Node.js can't make one.
 */
function createDiscarder(descriptor: number): (readBytes: number) => void {
  let discardedBytes = 0;
  let isBusy = false;
  /** Not before so much is read: a machine that can start no program now can perhaps later. */
  let fromBytes = DISCARD_BYTES;
  return (readBytes) => {
    const length = readBytes - discardedBytes;
    if (isBusy || readBytes < fromBytes) return;
    isBusy = true;
    const range = ["--offset", String(discardedBytes), "--length", String(length)];
    run(["fallocate", "--punch-hole", ...range, "/proc/self/fd/3"], {
      descriptors: [descriptor],
      timeoutMs: DISCARD_TIMEOUT_MS,
    }).then(
      () => {
        discardedBytes = readBytes;
        fromBytes = readBytes + DISCARD_BYTES;
        isBusy = false;
      },
      (error: unknown) => {
        fromBytes = readBytes + DISCARD_BYTES;
        // A file system without holes: then it stays, and is gone with the file.
        isBusy = error instanceof CommandError && error.exit.stderr.includes("not supported");
      },
    );
  };
}
