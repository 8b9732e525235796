import { constants } from "node:fs";
import { open } from "node:fs/promises";

/** A file that is longer is read no further. */
const MAX_BYTES = 33_554_432;

/**
 * The lines of a file in /proc that may be long, such as a table of sockets: read piece by piece, so that nothing else
 * has to wait for it. At most 32 MiB; throws the system error where it can't be read.
 */
export async function* linesOf(path: string): AsyncGenerator<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    const decoder = new TextDecoder();
    let rest = "";
    for (let bytes = 0; bytes < MAX_BYTES; ) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(65_536));
      if (bytesRead === 0) break;
      bytes += bytesRead;
      const lines = (rest + decoder.decode(buffer.subarray(0, bytesRead), { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
    if (rest !== "") yield rest;
  } finally {
    await file.close();
  }
}
