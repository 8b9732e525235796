import type { TLSSocket } from "node:tls";
import { clientAddressOf } from "../../web/client-address.ts";
import { createIdleSweep } from "../idle-sweep.ts";
import { LeanConnection, type LeanHandlers } from "./lean-connection.ts";

/** The connections that our own parser reads. */
export interface Lean extends Disposable {
  accept(socket: TLSSocket): void;
  /** Ends idle connections after a moment, and the others with the answer that is under way or the next. */
  drain(): void;
}

/** How long a connection may be without a request. */
export interface LeanLimits {
  readonly headMs: number;
  readonly keepAliveMs: number;
}

/** Makes the lean side of the listener. */
export function createLean(
  handlers: Omit<LeanHandlers, "handOver">,
  handOver: (socket: TLSSocket) => void,
  limits: LeanLimits,
): Lean {
  const connections = new Map<TLSSocket, LeanConnection>();
  const forget = (socket: TLSSocket) => connections.delete(socket);
  const all: LeanHandlers = {
    ...handlers,
    handOver(socket, unread) {
      forget(socket);
      // Paused before anything is put back: what a flowing stream is given without a listener is lost.
      socket.pause();
      if (unread.length > 0) socket.unshift(unread);
      handOver(socket);
      socket.resume();
    },
  };
  const sweep = createIdleSweep(() => connections.values(), limits.keepAliveMs);
  return {
    accept(socket) {
      connections.set(socket, new LeanConnection(socket, clientAddressOf(socket), all));
      socket.once("close", () => forget(socket));
    },
    drain: () => sweep.drain(),
    [Symbol.dispose]() {
      sweep[Symbol.dispose]();
      for (const socket of connections.keys()) socket.destroy();
    },
  };
}
