import { closeSync, constants, openSync, read } from "node:fs";
import { promisify } from "node:util";

/** How much may still be read. Whoever reads takes from it; what is left at 0 was not read. */
export interface ReadBudget {
  bytesLeft: number;
}

/** A file that is longer is read no further. */
const MAX_BYTES = 33_554_432;
/** The kernel gives a page of most tables at a time, whatever is asked for. */
const PIECE_BYTES = 16_384;
const readFrom = promisify(read);

/**
 * The lines of a file in /proc that may be long, such as a table of sockets: read piece by piece, so that nothing else
 * has to wait for it. At most 32 MiB; throws the system error where it can't be read.
 */
export async function* linesOf(path: string): AsyncGenerator<string> {
  for await (const lines of lineBatchesOf(path, { bytesLeft: MAX_BYTES })) yield* lines;
}

/** As {@link linesOf}, with the lines of each piece together, and no more than `budget` has. */
export async function* lineBatchesOf(path: string, budget: ReadBudget): AsyncGenerator<readonly string[]> {
  // In /proc that takes microseconds, and a turn of the thread pool may take milliseconds, in which a socket is gone.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    const decoder = new TextDecoder();
    const buffer = Buffer.allocUnsafe(PIECE_BYTES);
    let rest = "";
    while (budget.bytesLeft > 0) {
      const { bytesRead } = await readFrom(file, buffer, 0, PIECE_BYTES, null);
      if (bytesRead === 0) break;
      budget.bytesLeft -= bytesRead;
      const lines = (rest + decoder.decode(buffer.subarray(0, bytesRead), { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      yield lines;
    }
    if (rest !== "") yield [rest];
  } finally {
    closeSync(file);
  }
}
