import { close, constants, open, read } from "node:fs";
import { promisify } from "node:util";

/**
 * A file of the kernel that is read again and again: opened once, since opening costs several times what reading does.
 * What is read is made anew each time (a read at the position 0 begins a new look).
 */
export interface HeldFile {
  /** Its text now. Rejects where what it tells of is gone (ENODEV, ESRCH). */
  read(): Promise<string>;
  close(): Promise<void>;
}

const openFile = promisify(open);
const closeFile = promisify(close);
const BUFFER_BYTES = 65_536;
/** The kernel gives whole records, up to a page of them: less than this much comes only at the end. */
const MORE_MAY_FOLLOW_BYTES = 3_072;

/** Opens a file of /proc or of a cgroup. */
export async function holdFile(path: string): Promise<HeldFile> {
  const descriptor = await openFile(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  // Grows to what the file needs, and stays: most need less than a page.
  let buffer = Buffer.allocUnsafeSlow(4_096);
  let open = true;
  let reading: Promise<string> | undefined;

  const readAll = async (): Promise<string> => {
    let length = 0;
    for (;;) {
      const bytes = await readAt(descriptor, buffer, length);
      length += bytes;
      if (bytes < MORE_MAY_FOLLOW_BYTES || length >= BUFFER_BYTES)
        return buffer.toString("latin1", 0, length);
      if (length + MORE_MAY_FOLLOW_BYTES > buffer.length) {
        buffer = Buffer.concat([buffer.subarray(0, length)], Math.min(buffer.length * 2, BUFFER_BYTES));
      }
    }
  };
  return {
    read() {
      if (!open) return Promise.reject(new Error(`${path} is closed`));
      reading ??= readAll().finally(() => {
        reading = undefined;
      });
      return reading;
    },
    async close() {
      if (!open) return;
      open = false;
      // A descriptor that is closed under a read may be another file's by the time the read begins.
      await reading?.catch(() => {});
      await closeFile(descriptor);
    },
  };
}

function readAt(descriptor: number, buffer: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, buffer, position, buffer.length - position, position, (error, bytes) =>
      error === null ? resolve(bytes) : reject(error),
    );
  });
}
