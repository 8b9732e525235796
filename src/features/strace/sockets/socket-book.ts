import type { SocketEntry } from "../../../linux/socket-tables.ts";
import type { Argument, Target } from "../events/argument.ts";
import { targetsOf } from "../events/change-targets.ts";
import type { CallEvent } from "../events/event.ts";
import {
  inherit,
  isStale,
  isWorthALook,
  type KnownSocket,
  lacksSomething,
  nextVersion,
  settle,
  unknownSocket,
} from "./known-socket.ts";
import { isWildcardName, readSocketName } from "./socket-name.ts";

/** A socket that is to be looked for, in the network namespace of a process. */
export interface WantedSocket {
  readonly socket: KnownSocket;
  readonly pid: number | null;
}

/** As many as are remembered: some 200 bytes each. The oldest are forgotten, and looked for again where they are used. */
const MAX_SOCKETS = 32_768;
const MAX_UNTOLD = 10_000;
/** What moves data: it succeeds only where there is an address by then (ip(7), unix(7)). */
const DATA_CALL =
  /^(?:p?(?:read|write)v?|send(?:to|msg|mmsg|file)?|recv(?:from|msg|mmsg)?|splice)(?:64|v2)?$/;
/** A connect(2) that goes on after it has returned. */
const UNDER_WAY = /^(?:EINPROGRESS|EINTR|ERESTART.*)$/;

/** Follows the sockets of a trace by their inodes. */
export class SocketBook {
  readonly #sockets = new Map<number, KnownSocket>();
  readonly #untold = new Set<number>();
  #wanted: WantedSocket[] = [];

  /** Whether there is something to look for. */
  get hasWanted(): boolean {
    return this.#wanted.length > 0;
  }

  /** How many sockets have an address that could not be told; no more than 10,000 are counted. */
  get untold(): number {
    return this.#untold.size;
  }

  /**
   * Takes in what a call tells of sockets, and gives those that it names whose addresses strace could not tell, as the
   * call leaves them.
   */
  read(event: CallEvent, nowMs: number): readonly KnownSocket[] {
    this.#learn(event, nowMs);
    const named: KnownSocket[] = [];
    for (const target of targetsOf(event)) {
      if (!isInodeOnly(target)) continue;
      const { inode, protocol } = target;
      const socket = this.#known(inode, nowMs);
      socket.protocol ??= protocol;
      if (isWorthALook(socket, nowMs)) {
        socket.look = "pending";
        socket.tries += 1;
        this.#wanted.push({ socket, pid: event.pid });
      }
      named.push(socket);
    }
    if (event.call === "close" && event.result === 0) {
      for (const socket of named) socket.closedAtMs = nowMs;
    }
    return named;
  }

  /** What is to be looked for; each is given once. */
  takeWanted(): readonly WantedSocket[] {
    const wanted = this.#wanted;
    this.#wanted = [];
    return wanted;
  }

  /** Takes in what a look for them has found, by inode. */
  settle(looked: readonly WantedSocket[], found: ReadonlyMap<number, SocketEntry>, nowMs: number): void {
    // Those that listen come before those that were accepted from them.
    for (const { socket } of looked) settle(socket, found.get(socket.inode), nowMs);
    for (const { socket } of looked) {
      if (socket.isPast) continue;
      if (!lacksSomething(socket)) this.#untold.delete(socket.inode);
      else if (this.#untold.size < MAX_UNTOLD) this.#untold.add(socket.inode);
    }
  }

  #learn(event: CallEvent, nowMs: number): void {
    const { call, result, errno } = event;
    const hasWorked = result !== null && result >= 0 && errno === null;
    if (call === "connect") {
      if (hasWorked || UNDER_WAY.test(errno?.name ?? "")) this.#learnPeer(event, nowMs);
    } else if (!hasWorked) return;
    else if (call === "socket") this.#learnNew(event, nowMs);
    else if (call === "accept" || call === "accept4") this.#learnAccepted(event, nowMs);
    else if (call === "bind" || call === "getsockname") this.#learnLocal(event, nowMs);
    else if (call === "getpeername") this.#learnPeer(event, nowMs);
    else if (call === "listen") this.#change(event, { stage: "listening" }, nowMs);
    else if (DATA_CALL.test(call)) this.#learnUsed(event, nowMs);
  }

  #learnNew({ args, resultTarget }: CallEvent, nowMs: number): void {
    const inode = inodeOf(resultTarget);
    if (inode === null) return;
    const protocol = protocolOf(args ?? []);
    this.#remember({ ...unknownSocket(inode, nowMs), stage: "unbound", protocol });
  }

  #learnAccepted({ args, resultTarget }: CallEvent, nowMs: number): void {
    const inode = inodeOf(resultTarget);
    if (inode === null) return;
    const from = inodeOf(targetOf(args?.[0]));
    const listener = from === null ? null : this.#known(from, nowMs);
    const name = readSocketName(args?.[1]);
    const peer = name?.isGiven === true ? name.text : null;
    const socket: KnownSocket = { ...unknownSocket(inode, nowMs), stage: "connected", listener, peer };
    inherit(socket);
    this.#remember(socket);
  }

  #learnLocal(event: CallEvent, nowMs: number): void {
    const name = readSocketName(event.args?.[1]);
    const local = name?.isGiven === true ? name.text : null;
    const socket = this.#first(event, nowMs);
    if (socket === undefined || (event.call === "getsockname" && local === null)) return;
    if (socket.stage !== "unbound") socket.local = local ?? socket.local;
    else this.#change(event, { stage: "bound", local }, nowMs);
  }

  #learnPeer(event: CallEvent, nowMs: number): void {
    const name = readSocketName(event.args?.[1]);
    const socket = this.#first(event, nowMs);
    if (socket === undefined || name?.isGiven !== true) return;
    if (event.call === "getpeername") {
      // It changes nothing: the socket was connected before, and is the same as in the calls before.
      socket.stage = "connected";
      socket.peer = name.text;
      return;
    }
    // Only when it is connected the kernel chooses the address among all.
    const local = socket.local === null || isWildcardName(socket.local) ? null : socket.local;
    if (socket.peer !== name.text) {
      this.#change(event, { stage: "connected", peer: name.text, local }, nowMs);
    }
  }

  /** What was bound to nothing has an address now: by this call, or by others that are not shown. */
  #learnUsed(event: CallEvent, nowMs: number): void {
    if (this.#first(event, nowMs)?.stage === "unbound") this.#change(event, { stage: "unknown" }, nowMs);
  }

  #change(event: CallEvent, change: Parameters<typeof nextVersion>[1], nowMs: number): void {
    const socket = this.#first(event, nowMs);
    if (socket !== undefined) this.#remember(nextVersion(socket, change));
  }

  /** The socket that the first argument names. */
  #first({ args }: CallEvent, nowMs: number): KnownSocket | undefined {
    const inode = inodeOf(targetOf(args?.[0]));
    return inode === null ? undefined : this.#known(inode, nowMs);
  }

  #known(inode: number, nowMs: number): KnownSocket {
    const known = this.#sockets.get(inode);
    if (known !== undefined && !isStale(known, nowMs)) return known;
    return this.#remember(unknownSocket(inode, nowMs));
  }

  #remember(socket: KnownSocket): KnownSocket {
    this.#sockets.delete(socket.inode);
    this.#sockets.set(socket.inode, socket);
    const [oldest] = this.#sockets.size > MAX_SOCKETS ? this.#sockets.keys() : [];
    if (oldest !== undefined) this.#sockets.delete(oldest);
    if (!lacksSomething(socket)) this.#untold.delete(socket.inode);
    return socket;
  }
}

/** Whether {@link SocketBook.read} has anything to do with a call: with most it has not, and they are many. */
export function namesSocket({ args, resultTarget }: CallEvent): boolean {
  if (resultTarget !== null && isInodeOnly(resultTarget)) return true;
  if (args === null) return false;
  for (const argument of args) {
    const plain = argument.kind === "named" ? argument.value : argument;
    if (plain.kind === "descriptor" && isInodeOnly(plain.target)) return true;
  }
  return false;
}

type InodeTarget = Target & { readonly kind: "socket"; readonly inode: number };

/** Whether strace could tell no more of a socket than its inode, or its inode and its name. */
export function isInodeOnly(target: Target): target is InodeTarget {
  return target.kind === "socket" && target.inode !== null && (target.local === null || target.peer === null);
}

function inodeOf(target: Target | null | undefined): number | null {
  return target?.kind === "socket" ? target.inode : null;
}

function targetOf(argument: Argument | undefined): Target | undefined {
  return argument?.kind === "descriptor" ? argument.target : undefined;
}

/** What socket(2) makes, where its arguments leave no doubt. */
function protocolOf(args: readonly Argument[]): string | null {
  const [domain, type, protocol] = args.map((argument) =>
    argument.kind === "symbols" ? (argument.names[0] ?? "") : "",
  );
  if (domain === "AF_UNIX") return type === undefined ? null : type.replace(/^SOCK_/, "UNIX-");
  if (domain === "AF_NETLINK") return "NETLINK";
  const version = domain === "AF_INET6" ? "v6" : "";
  if (domain !== "AF_INET" && domain !== "AF_INET6") return null;
  if (type === "SOCK_STREAM" && isOneOf(protocol, "IPPROTO_IP", "IPPROTO_TCP")) return `TCP${version}`;
  if (type === "SOCK_DGRAM" && isOneOf(protocol, "IPPROTO_IP", "IPPROTO_UDP")) return `UDP${version}`;
  return null;
}

function isOneOf(text: string | undefined, ...names: readonly string[]): boolean {
  return text !== undefined && names.includes(text);
}
