import type { Socket } from "node:net";

/**
 * Closing a connection under a client that still sends. The system answers what comes to a socket that is closed
 * with a reset, and a reset takes back what the client has not read yet: our last answer (RFC 9112 section 9.6).
 */

/** How long a client may take to close, or to say anything more, when it has all. */
const LINGER_MS = 5_000;
/** How long each may take at most: that all has gone out, since a slow one is not to lose the end of its answer; and the rest. */
const MOST_MS = 60_000;

/** Tells that the client has said something: it is still there, and reads. */
export type Lingering = () => void;

/**
 * Sends `last` and ends our side; what still comes is read and thrown away until the client has closed too, or for
 * 5 seconds after all has gone out, which may take a minute. Who listens for the data of the socket goes on getting it,
 * and must drop it; where it tells of it, the 5 seconds begin anew, for at most a minute.
 */
export function closeLingering(socket: Socket, last?: Buffer): Lingering {
  let soon: NodeJS.Timeout | undefined;
  const stay = () => void soon?.refresh();
  if (!socket.writable) {
    socket.destroy();
    return stay;
  }
  socket.on("error", () => undefined);
  const late = destroyIn(socket, MOST_MS);
  socket.once("finish", () => {
    late.refresh();
    soon = destroyIn(socket, LINGER_MS);
  });
  if (last === undefined) socket.end();
  else socket.end(last);
  // Node's http server reads by itself: to resume a socket that it holds back would break it.
  if (socket.listenerCount("data") === 0) socket.resume();
  return stay;
}

/** Makes a connection that node:http is to close after an answer (`Connection: close`) do so lingering. */
export function lingerAfterAnswer(socket: Socket): void {
  socket.destroySoon = () => void closeLingering(socket);
}

function destroyIn(socket: Socket, ms: number): NodeJS.Timeout {
  const timer = setTimeout(() => socket.destroy(), ms);
  socket.once("close", () => clearTimeout(timer));
  return timer;
}
