import type { SocketEntry } from "../../../linux/socket-tables.ts";
import type { Target } from "../events/argument.ts";
import { isWildcardName } from "./socket-name.ts";

/**
 * What is known of a socket, from what the app did with it and from the tables of the kernel. A call that changes its
 * addresses makes a new version of it, so that events tell what it was when they happened.
 */
export interface KnownSocket {
  readonly inode: number;
  /** As strace names it: `TCP`, `TCPv6`, `UDP`, `UNIX-STREAM`… */
  protocol: string | null;
  local: string | null;
  peer: string | null;
  stage: Stage;
  /** What it was accepted from, whose protocol and address it has. */
  readonly listener: KnownSocket | null;
  look: "none" | "pending" | "done";
  lookedAtMs: number;
  tries: number;
  closedAtMs: number | null;
  /** Whether a later version has taken its place. */
  isPast: boolean;
  /** What {@link tell} made of it the last time. */
  told: SocketTarget | null;
}

/** What strace says of a socket. */
export type SocketTarget = Target & { readonly kind: "socket" };

/** How far a socket has come. `unknown`: it was there before we saw it. */
export type Stage = "unknown" | "unbound" | "bound" | "listening" | "connected";

/** Where an address could not be told, it is looked for again so much later, and so often in all. */
const RETRY_MS = 1_000;
const MAX_TRIES = 5;
/** A number may be another socket's so long after its close, or after it was last looked at where closes are not seen. */
const CLOSED_MS = 10_000;
const STALE_MS = 300_000;

/** Makes a socket of which nothing else is known. */
export function unknownSocket(inode: number, nowMs: number): KnownSocket {
  return {
    ...{ inode, protocol: null, local: null, peer: null, stage: "unknown", listener: null },
    ...{ look: "none", lookedAtMs: nowMs, tries: 0, closedAtMs: null, isPast: false },
    told: null,
  };
}

/** The next version of a socket; the former is past then, and keeps what it has. */
export function nextVersion(
  socket: KnownSocket,
  change: Partial<Pick<KnownSocket, "protocol" | "local" | "peer" | "stage">>,
): KnownSocket {
  socket.isPast = true;
  return { ...socket, ...change, look: "none", tries: 0, isPast: false };
}

/** Whether the number of a socket may have become another's. */
export function isStale({ closedAtMs, lookedAtMs }: KnownSocket, nowMs: number): boolean {
  return nowMs - lookedAtMs > STALE_MS || (closedAtMs !== null && nowMs - closedAtMs > CLOSED_MS);
}

/** Whether the kernel's tables may tell more of it than is known, and it is time to look. */
export function isWorthALook(socket: KnownSocket, nowMs: number): boolean {
  if (socket.look === "pending" || !lacksSomething(socket)) return false;
  return socket.look === "none" || (socket.tries < MAX_TRIES && nowMs - socket.lookedAtMs >= RETRY_MS);
}

/** Whether anything is missing that a socket of its kind has and the tables tell. */
export function lacksSomething({ protocol, stage, local, peer }: KnownSocket): boolean {
  if (stage === "unknown" || protocol === null) return true;
  // The table of Unix sockets has no peers, and most of them no name.
  if (stage === "unbound" || !isInternet(protocol)) return false;
  return local === null || (stage === "connected" && peer === null);
}

/** Takes in what a look has found of a socket; undefined where that is nothing. */
export function settle(socket: KnownSocket, entry: SocketEntry | undefined, nowMs: number): void {
  socket.look = "done";
  socket.lookedAtMs = nowMs;
  if (entry !== undefined) {
    socket.protocol ??= protocolOf(entry);
    // What it is now it may not have been before the call that made the next version.
    if (!socket.isPast) {
      socket.local = entry.local ?? socket.local;
      socket.peer = entry.peer ?? socket.peer;
      if (socket.stage === "unknown") socket.stage = stageOf(entry);
    }
  }
  inherit(socket);
}

/** An accepted socket has the address of the one that listens, unless that is for all addresses. */
export function inherit(socket: KnownSocket): void {
  const { listener } = socket;
  if (listener === null) return;
  socket.protocol ??= listener.protocol;
  if (listener.local !== null && !isWildcardName(listener.local)) socket.local ??= listener.local;
}

/** What strace says of a socket, with what is known of it beside; the same object as long as that is the same. */
export function tell(target: SocketTarget, socket: KnownSocket): SocketTarget {
  const protocol = target.protocol ?? socket.protocol;
  const local = target.local ?? socket.local;
  const peer = target.peer ?? socket.peer;
  const { told } = socket;
  if (told !== null && told.protocol === protocol && told.local === local && told.peer === peer) return told;
  socket.told = { ...target, protocol, local, peer };
  return socket.told;
}

/** The names that strace has for the tables' types. */
function protocolOf({ family, type }: SocketEntry): string {
  if (family === "unix") return `UNIX-${type.toUpperCase()}`;
  if (family === "netlink" || family === "packet") return family.toUpperCase();
  return family === "inet6" ? `${type.toUpperCase()}v6` : type.toUpperCase();
}

/** The tables that a protocol is in; undefined for all of them. */
export function tableOf(protocol: string | null): string | undefined {
  if (protocol === null) return undefined;
  if (protocol.startsWith("UNIX")) return "unix";
  return { TCP: "tcp", TCPv6: "tcp6", UDP: "udp", UDPv6: "udp6" }[protocol];
}

function isInternet(protocol: string): boolean {
  return !/^(?:UNIX|NETLINK|PACKET)/.test(protocol);
}

function stageOf({ state, local, peer }: SocketEntry): Stage {
  if (state === "LISTEN") return "listening";
  if (peer !== null || state === "CONNECTED") return "connected";
  return local === null ? "unbound" : "bound";
}
