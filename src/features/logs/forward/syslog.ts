import { once } from "node:events";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import type { Destination, DestinationParts, Sent } from "./destination.ts";
import { failureOfConnection } from "./send-error.ts";
import { createSyslogWriter } from "./syslog-message.ts";

/**
 * Syslog over TCP and TLS. It has no acknowledgement. What tells that a receiver has read everything is that it ends the
 * connection after we have ended our half of it: a receiver that dies before, or leaves something unread, resets it
 * (RFC 1122 section 4.2.2.13). So each batch has a connection of its own (`confirm: close`). Where a receiver does not end
 * connections, only the kernel's word is left, and that no reset came for a while (`confirm: written`).
 */

/** How long a connection must have lived after the last byte was handed over. */
const GRACE_MS = 500;
/** The bounds of what is longer than the way there and back, which is judged by how long connecting took. */
const MIN_CLOSE_GRACE_MS = 20;
const LATE = "Raise timeoutMs; for a receiver that does not end connections: confirm: written.";
const ALL: Sent = { rejected: 0, reason: null };

/** Makes the destination. */
export function createSyslog({ settings, tls, file, hostname, appName }: DestinationParts): Destination {
  const { url, facility, labels, confirm, timeoutMs } = settings;
  const write = createSyslogWriter({ facility, hostname, appName, labels: { file, ...labels } });
  const { hostname: host, port, protocol } = new URL(url);
  const bare = host.replace(/^\[|\]$/g, "");
  let kept: Socket | undefined;

  const open = async (signal: AbortSignal): Promise<Socket> => {
    const target = { host: bare, port: Number(port) };
    const named = isIP(bare) === 0 ? { servername: bare } : {};
    const socket =
      protocol === "tls:"
        ? connectTls({ ...target, ...named, ...tls, ALPNProtocols: [] })
        : connectTcp(target);
    // What breaks later is looked for when something is sent.
    socket.on("error", () => undefined);
    socket.resume();
    try {
      await once(socket, protocol === "tls:" ? "secureConnect" : "connect", { signal });
    } catch (error) {
      socket.destroy();
      throw error;
    }
    return socket;
  };
  return {
    async send(records, signal) {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      let socket: Socket | undefined;
      const beganMs = performance.now();
      try {
        socket = kept !== undefined && isAlive(kept) ? kept : await open(limit);
        kept = undefined;
        const bytes = Buffer.concat(records.map(write));
        if (confirm === "close") {
          const graceMs = Math.max(MIN_CLOSE_GRACE_MS, Math.min(GRACE_MS, 2 * (performance.now() - beganMs)));
          await sendAndClose(socket, bytes, graceMs, limit);
        } else {
          await sendAndWait(socket, bytes, GRACE_MS, limit);
          kept = socket;
        }
        return ALL;
      } catch (error) {
        socket?.destroy();
        throw signal.aborted ? error : failureOfConnection(error, url, limit.aborted, LATE);
      }
    },
    async [Symbol.asyncDispose]() {
      kept?.destroy();
    },
  };
}

/** Hands it to the kernel, ends our half, and waits until the receiver has ended its own. */
async function sendAndClose(
  socket: Socket,
  bytes: Buffer,
  graceMs: number,
  signal: AbortSignal,
): Promise<void> {
  // An end that was on its way already when the bytes came would be taken for the answer to ours: it comes by now.
  await sendAndWait(socket, bytes, graceMs, signal);
  const ended = once(socket, "end", { signal });
  socket.end();
  await Promise.race([ended, broken(socket)]);
}

/** Hands it to the kernel, and looks whether the connection lives on for a while. */
async function sendAndWait(
  socket: Socket,
  bytes: Buffer,
  graceMs: number,
  signal: AbortSignal,
): Promise<void> {
  const written = Promise.withResolvers<void>();
  socket.write(bytes, (error) => (error ? written.reject(error) : written.resolve()));
  await Promise.race([written.promise, broken(socket), aborted(signal)]);
  const patience = new AbortController();
  const grace = delay(graceMs, undefined, { signal: AbortSignal.any([signal, patience.signal]) });
  try {
    await Promise.race([grace, broken(socket)]);
  } finally {
    patience.abort();
    await grace.catch(() => undefined);
  }
  if (!isAlive(socket)) throw socket.errored ?? new Error("the receiver ended the connection");
}

function isAlive(socket: Socket): boolean {
  return !socket.destroyed && !socket.readableEnded && socket.writable;
}

async function broken(socket: Socket): Promise<never> {
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
  throw socket.errored ?? new Error("the receiver ended the connection before it had read everything");
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
