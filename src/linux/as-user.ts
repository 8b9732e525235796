import type { FileHandle } from "node:fs/promises";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { CommandError, run } from "./spawn.ts";

/**
 * What root can do only as somebody else: whoever is connected to asks the kernel who it is that connects (SO_PEERCRED of
 * socket(7)). Threads of Node.js can't change their user, so a short-lived child does it. That other user may look into the
 * child: it gets no secret, and what it answers is no more to be believed than what it speaks with.
 */

/** Whom something is done as. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** What was done as another user has failed; `code` is that of the system. */
export class AsUserError extends Error {
  readonly code: string;

  constructor(code: string, cause: unknown) {
    super(`as another user: ${code}`, { cause });
    this.name = "AsUserError";
    this.code = code;
  }
}

/** The same extension as this file: the sources run as they are, the compiled program has no `.ts`. */
const MAIN = fileURLToPath(new URL(`as-user-main${extname(import.meta.url)}`, import.meta.url));
const TIMEOUT_MS = 10_000;
/** As much as any error has to say. */
const MESSAGE_BYTES = 4_096;

/**
 * Sends a request to the Unix socket that `socket` holds, and gives all that comes until its end, at most `maxBytes`.
 * @param signal gives it up; its reason is thrown.
 * @throws {AsUserError} where the connection can't be had, or breaks.
 */
export async function sendAs(
  user: User,
  socket: FileHandle,
  request: Buffer,
  { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<Buffer> {
  signal.throwIfAborted();
  try {
    const argv = ["send", request.toString("base64")];
    return (await runAs(user, socket, argv, signal, maxBytes)).subarray(0, maxBytes);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/**
 * Makes an empty file in a folder, which belongs to another user then; it is removed when disposed of.
 * @throws {AsUserError} where that can't be.
 */
export async function createFileAs(user: User, folder: FileHandle, name: string): Promise<AsyncDisposable> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  await runAs(user, folder, ["create", name], signal);
  return {
    async [Symbol.asyncDispose]() {
      const late = AbortSignal.timeout(TIMEOUT_MS);
      await runAs(user, folder, ["remove", name], late).catch(() => undefined);
    },
  };
}

async function runAs(
  user: User,
  held: FileHandle,
  argv: readonly string[],
  signal: AbortSignal,
  maxBytes = 0,
): Promise<Buffer> {
  try {
    const command = [process.execPath, MAIN, ...argv] as const;
    const maxOutputBytes = Math.max(maxBytes, MESSAGE_BYTES);
    const options = { user, signal, maxOutputBytes, descriptors: [held.fd], killAfterMs: 1_000 };
    return Buffer.from((await run(command, options)).stdout);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new AsUserError(error.exit.stderr.trim() || "EIO", error);
  }
}
