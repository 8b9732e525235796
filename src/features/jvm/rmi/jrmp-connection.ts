import { once } from "node:events";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { messageOf } from "../../../base/errors.ts";
import { type ByteInput, createByteInput, need, type Reading } from "../serialization/byte-input.ts";
import { createByteOutput } from "../serialization/byte-output.ts";
import { encodeModifiedUtf8 } from "../serialization/modified-utf8.ts";
import { readUtf } from "../serialization/read-context.ts";
import { RmiConnectionError } from "./rmi-error.ts";

/** What is trusted of a JVM that speaks TLS, and what it is shown (`node:tls`). */
export type RmiTls = Pick<ConnectionOptions, "ca" | "cert" | "key" | "rejectUnauthorized" | "servername">;

/** Where a connection goes. */
export interface JrmpTarget {
  readonly host: string;
  readonly port: number;
  /** Null for plain TCP. */
  readonly tls: RmiTls | null;
}

/** A connection on which one message at a time is sent, and answered. */
export interface JrmpConnection extends Disposable {
  /** Whether nothing more can be sent. */
  readonly isClosed: boolean;
  /** When the latest answer had been read, by `performance.now()`. */
  readonly idleSinceMs: number;
  /**
   * Sends a message and reads what answers it, at most so many bytes. Whatever goes wrong closes the connection, since
   * nobody could tell then where the next answer begins.
   * @throws {JavaStreamError} or {RmiConnectionError}, or what `read` throws.
   */
  exchange<T>(message: Buffer, limitBytes: number, read: Read<T>, signal: AbortSignal): Promise<T>;
}

type Read<T> = (input: ByteInput) => Reading<T>;

/** "JRMI", version 2, StreamProtocol (Java RMI Specification, section 10.2). */
const HELLO = Buffer.from([0x4a, 0x52, 0x4d, 0x49, 0, 2, 0x4b]);
const PROTOCOL_ACK = 0x4e;
const MAX_HELLO_BYTES = 1_024;

/**
 * Connects, and exchanges what a connection begins with.
 * @throws {RmiConnectionError}
 */
export async function openJrmp(target: JrmpTarget, signal: AbortSignal): Promise<JrmpConnection> {
  const connection = createConnection(await openSocket(target, signal));
  try {
    await connection.exchange(HELLO, MAX_HELLO_BYTES, readAck, signal);
  } catch (error) {
    connection[Symbol.dispose]();
    if (error instanceof RmiConnectionError && error.reason === "timeout") throw error;
    const what = `${target.host}:${target.port} does not speak RMI`;
    throw new RmiConnectionError("not-rmi", `${what}: ${messageOf(error)}`, error);
  }
  connection.write(ownEndpoint());
  return connection;
}

/** Where the JVM could call us back, if it had a reason to. */
function ownEndpoint(): Buffer {
  const output = createByteOutput();
  const host = encodeModifiedUtf8("0.0.0.0");
  output.u16(host.length);
  output.bytes(host);
  output.i32(0);
  return output.take();
}

/** The JVM says how it sees us, which nobody needs. */
function* readAck(input: ByteInput): Reading<void> {
  yield* need(input, 1);
  if (input.u8() !== PROTOCOL_ACK) throw new RmiConnectionError("not-rmi", "it does not acknowledge");
  yield* readUtf(input);
  yield* need(input, 4);
  input.i32();
}

async function openSocket({ host, port, tls }: JrmpTarget, signal: AbortSignal): Promise<Socket> {
  const named = isIP(host) === 0 ? { servername: host } : {};
  const socket =
    tls === null
      ? connectTcp({ host, port })
      : connectTls({ host, port, ...named, ...tls, ALPNProtocols: [] });
  socket.on("error", () => undefined);
  socket.setNoDelay(true);
  try {
    await once(socket, tls === null ? "connect" : "secureConnect", { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    if (signal.aborted) throw timeoutOf(signal);
    throw new RmiConnectionError(
      "unreachable",
      `${host}:${port} is not reachable: ${messageOf(error)}`,
      error,
    );
  }
}

function timeoutOf(signal: AbortSignal): RmiConnectionError {
  return new RmiConnectionError("timeout", "the JVM did not answer in time", signal.reason);
}

interface Waiting {
  onBytes(chunk: Buffer): void;
  onEnd(): void;
}

function createConnection(socket: Socket): JrmpConnection & { write(bytes: Buffer): void } {
  let waiting: Waiting | undefined;
  let idleSinceMs = performance.now();
  // What comes when nothing was asked belongs to no answer.
  socket.on("data", (chunk: Buffer) => (waiting === undefined ? socket.destroy() : waiting.onBytes(chunk)));
  socket.on("end", () => socket.destroy());
  socket.on("close", () => waiting?.onEnd());

  const answer = <T>(limitBytes: number, read: Read<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const input = createByteInput(limitBytes);
      const reading = read(input);
      const onBytes = (chunk: Buffer): void => {
        try {
          input.append(chunk);
          const step = reading.next();
          if (step.done !== true) return;
          // Bytes after an answer would be taken for the beginning of the next one.
          if (input.available > 0) socket.destroy();
          resolve(step.value);
        } catch (error) {
          reject(error);
        }
      };
      const closed = () => new RmiConnectionError("closed", "the JVM closed the connection", socket.errored);
      waiting = { onBytes, onEnd: () => reject(closed()) };
      if (socket.destroyed) waiting.onEnd();
    });

  return {
    get isClosed() {
      return socket.destroyed || !socket.writable;
    },
    get idleSinceMs() {
      return idleSinceMs;
    },
    write: (bytes) => void socket.write(bytes),
    async exchange(message, limitBytes, read, signal) {
      if (waiting !== undefined) throw new TypeError("one message at a time");
      const giveUp = () => void socket.destroy();
      signal.addEventListener("abort", giveUp, { once: true });
      try {
        if (signal.aborted) giveUp();
        socket.write(message);
        return await answer(limitBytes, read);
      } catch (error) {
        socket.destroy();
        throw signal.aborted ? timeoutOf(signal) : error;
      } finally {
        signal.removeEventListener("abort", giveUp);
        waiting = undefined;
        idleSinceMs = performance.now();
      }
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}
