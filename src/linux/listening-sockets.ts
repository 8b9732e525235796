import { isIPv4, isIPv6 } from "node:net";
import { endianness } from "node:os";
import { readIfThere } from "./proc.ts";

/** A TCP socket that waits for connections. */
export interface ListeningSocket {
  /** In the canonical form of its family; `0.0.0.0` and `::` are all addresses. */
  readonly address: string;
  readonly port: number;
  /** As in the link `socket:[<inode>]` of the descriptor that holds it. */
  readonly inode: string;
}

/**
 * The local address and port, and the inode, of a line whose state is TCP_LISTEN (include/net/tcp_states.h). A machine
 * with many short connections has tens of thousands of other lines: to take each of them apart would hold up the traffic.
 */
const LISTENING_LINE = /^ *\d+: ([\dA-F]+):([\dA-F]{4}) [\dA-F]+:[\dA-F]{4} 0A (?:\S+ +){5}(\d+)/gm;

/** The listening TCP sockets of the network namespace that a process lives in (proc_pid_net(5)). */
export async function readListeningSockets(pid: number | "self"): Promise<ListeningSocket[]> {
  const tables = await Promise.all(["tcp", "tcp6"].map((table) => readIfThere(`/proc/${pid}/net/${table}`)));
  return tables.flatMap((table) => parseListeningSockets(table ?? ""));
}

/** Parses `/proc/<pid>/net/tcp` or `tcp6`, and keeps what listens. */
export function parseListeningSockets(table: string): ListeningSocket[] {
  return Array.from(table.matchAll(LISTENING_LINE), ([, hexAddress = "", hexPort = "", inode = ""]) => ({
    address: formatAddress(hexAddress),
    port: Number.parseInt(hexPort, 16),
    inode,
  }));
}

/** Tells whether an address is one of loopback (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3). */
export function isLoopback(address: string): boolean {
  if (isIPv6(address)) return address === "::1" || address.toLowerCase().startsWith("::ffff:7f");
  return isIPv4(address) && address.startsWith("127.");
}

/** Tells whether an address stands for all addresses of the machine. */
export function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

/** Formats an address of `/proc/<pid>/net/tcp` and its like: the kernel prints it as 32-bit words in the byte order of the machine. */
export function formatAddress(hex: string): string {
  const bytes = Buffer.from(hex, "hex");
  if (endianness() === "LE") bytes.swap32();
  if (bytes.length === 4) return [...bytes].join(".");
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  // The URL parser writes IPv6 addresses as RFC 5952 wants them.
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}
