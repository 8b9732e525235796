import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { AppError, isErrno } from "../../../base/errors.ts";
import { removeLeftovers, writeFileAtomic } from "../../../linux/atomic-write.ts";
import { cursorOf, type Place, placeOf } from "../cursor.ts";

/**
 * How far a log has been taken by a destination. Where it was empty, or not there yet, there is no place in it: then all
 * that was written since this time, in milliseconds since 1970, is to be sent.
 */
export type Position = Place | { readonly emptySinceMs: number };

/** The position, kept on disk. */
export interface PositionFile {
  /** Undefined where none is kept. @throws {AppError} `conflict` where what is kept is none. */
  read(): Promise<Position | undefined>;
  /** When it resolves the position is on disk, and lasts. */
  write(position: Position): Promise<void>;
}

const FOLDER = "log-positions";
const schema = z.union([z.object({ cursor: z.string() }), z.object({ emptySinceMs: z.number() })]);

/**
 * The position of a log for a destination, in the state folder.
 * @param destination its name: where it stays, the position does too, whatever else is changed.
 * @param path of the log, as the settings have it.
 */
export function positionFile(stateDir: string, destination: string, path: string): PositionFile {
  const folder = join(stateDir, FOLDER);
  const key = createHash("sha256").update(`${destination}\n${path}`).digest("hex").slice(0, 16);
  const file = join(folder, `${key}.json`);
  return {
    async read() {
      await removeLeftovers(folder);
      const text = await readFile(file, "utf8").catch((error: unknown) => {
        if (isErrno(error, "ENOENT")) return undefined;
        throw error;
      });
      if (text === undefined) return undefined;
      const position = parsed(text);
      if (position !== undefined) return position;
      throw new AppError("conflict", `${file} holds no position.`, {
        remedy: `Remove it: ${path} is then sent to ${destination} as at the first start.`,
      });
    },
    async write(position) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const kept = "content" in position ? { cursor: cursorOf(position) } : position;
      const text = `${JSON.stringify({ destination, path, ...kept })}\n`;
      await writeFileAtomic(file, text, { mode: 0o600 });
    },
  };
}

function parsed(text: string): Position | undefined {
  try {
    const kept = schema.parse(JSON.parse(text));
    return "cursor" in kept ? placeOf(kept.cursor) : kept;
  } catch {
    return undefined;
  }
}
