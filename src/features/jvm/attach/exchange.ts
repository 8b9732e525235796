import type { FileHandle } from "node:fs/promises";
import { createConnection, type Socket } from "node:net";
import { AppError, isErrno } from "../../../base/errors.ts";
import { sendAs, type User } from "../../../linux/as-user.ts";

/** The most that a JVM may answer: the threads of an app with 10,000 of them. */
const MAX_ANSWER_BYTES = 33_554_432;

/** How a request is sent. */
export interface ExchangeOptions {
  /** Fires when it has taken long enough; its reason is thrown. */
  readonly signal: AbortSignal;
  /** Whom it is sent as, where the JVM would not obey us. */
  readonly asUser: User | undefined;
}

/**
 * Sends a request to the socket that `place` holds, and gives all that comes until its end. Undefined where nobody
 * listens there any more: the socket is of a JVM that has ended.
 * @throws {AppError} `core-reset` where the connection breaks before its end, `limit-reached` for a flood.
 */
export async function exchange(
  place: FileHandle,
  request: Buffer,
  { signal, asUser }: ExchangeOptions,
): Promise<Buffer | undefined> {
  signal.throwIfAborted();
  try {
    const answer =
      asUser === undefined
        ? await exchangeOurselves(place, request, signal)
        : await sendAs(asUser, place, request, { maxBytes: MAX_ANSWER_BYTES + 1, signal });
    if (answer.length > MAX_ANSWER_BYTES) throw tooMuch();
    // A JVM that ends after it has read the question ends the connection in order.
    if (answer.length === 0) throw reset();
    return answer;
  } catch (error) {
    if (isErrno(error, "ECONNREFUSED", "ENOENT")) return undefined;
    throw explained(error);
  }
}

async function exchangeOurselves(place: FileHandle, request: Buffer, signal: AbortSignal): Promise<Buffer> {
  // The descriptor itself, not its name: what lies there by that name may be another one by now.
  const socket = createConnection({ path: `/proc/self/fd/${place.fd}` });
  const onAbort = () => void socket.destroy(asError(signal.reason));
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    // Not end(): the JVM takes a half-closed connection for one that is over.
    socket.write(request);
    return await readAll(socket);
  } finally {
    signal.removeEventListener("abort", onAbort);
    socket.destroy();
  }
}

function explained(error: unknown): unknown {
  if (isErrno(error, "ECONNRESET", "EPIPE")) return reset(error);
  if (isErrno(error, "EACCES", "EPERM")) {
    return new AppError("jvm-not-attachable", "The sidecar may not connect to the JVM's attach socket.", {
      cause: error,
      remedy:
        "Run the sidecar as the app's own user (compose: user), or as root with cap_add: [DAC_OVERRIDE].",
    });
  }
  return error;
}

function reset(cause?: unknown): AppError {
  return new AppError("core-reset", "The JVM closed the connection before it had answered.", {
    cause,
    remedy: "GET jvm says whether it is still there.",
  });
}

async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw tooMuch();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooMuch(): AppError {
  return new AppError("limit-reached", `The JVM answered more than ${MAX_ANSWER_BYTES} bytes.`, {
    headers: { "Retry-After": "60" },
    extra: { maxBytes: MAX_ANSWER_BYTES },
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
