import type { Socket } from "node:net";

/**
 * Closing a connection under a client that still sends. The system answers what comes to a socket that is closed
 * with a reset, and a reset takes back what the client has not read yet: our last answer (RFC 9112 section 9.6).
 */

/** How long a client may take to close, or to say anything more, when it has all. */
const LINGER_MS = 5_000;
/** How long it may take that all has gone out: a slow one is not to lose the end of its answer. */
const SLOW_MS = 60_000;
/** How long a client may go on saying something. */
const MOST_MS = 600_000;

/** Tells that the client has said something: it is still there, and reads. */
export type Lingering = () => void;

/**
 * Sends `last` and ends our side; what still comes is read and thrown away until the client has closed too, or for
 * 5 seconds after all has gone out, which may take a minute. Who listens for the data of the socket goes on getting it,
 * and must drop it; where it tells of it, the 5 seconds begin anew, for at most 10 minutes.
 */
export function closeLingering(socket: Socket, last?: Buffer): Lingering {
  if (!socket.writable) {
    socket.destroy();
    return () => undefined;
  }
  socket.on("error", () => undefined);
  const destroy = () => void socket.destroy();
  let late = setTimeout(destroy, SLOW_MS);
  let soon: NodeJS.Timeout | undefined;
  socket.once("finish", () => {
    clearTimeout(late);
    if (socket.destroyed) return;
    soon = setTimeout(destroy, LINGER_MS);
    late = setTimeout(destroy, MOST_MS);
  });
  socket.once("close", () => {
    clearTimeout(late);
    clearTimeout(soon);
  });
  if (last === undefined) socket.end();
  else socket.end(last);
  // Node's http server reads by itself: to resume a socket that it holds back would break it.
  if (socket.listenerCount("data") === 0) socket.resume();
  return () => void soon?.refresh();
}

/** Makes a connection that node:http is to close after an answer (`Connection: close`) do so lingering. */
export function lingerAfterAnswer(socket: Socket): void {
  socket.destroySoon = () => void closeLingering(socket);
}
