import type { Socket } from "node:net";

/**
 * Closing a connection under a client that still sends. The system answers what comes to a socket that is closed
 * with a reset, and a reset takes back what the client has not read yet: our last answer (RFC 9112 section 9.6).
 */

const LINGER_MS = 5_000;

/**
 * Sends `last` and ends our side; what still comes is read and thrown away until the client has closed too, or for
 * 5 seconds. Who listens for the data of the socket goes on getting it, and must drop it.
 */
export function closeLingering(socket: Socket, last?: Buffer): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  destroyLate(socket);
  socket.on("error", () => undefined);
  if (last === undefined) socket.end();
  else socket.end(last);
  // Node's http server reads by itself: to resume a socket that it holds back would break it.
  if (socket.listenerCount("data") === 0) socket.resume();
}

/** Makes a connection that node:http is to close after an answer (`Connection: close`) do so lingering. */
export function lingerAfterAnswer(socket: Socket): void {
  socket.destroySoon = () => closeLingering(socket);
}

/** Makes a connection whose closing node:http2 does, lingering as it should be, end though the client does not close. */
export function limitLingering(socket: Socket): void {
  socket.once("finish", () => destroyLate(socket));
}

function destroyLate(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
}
