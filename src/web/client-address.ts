import type { Socket } from "node:net";
import { systemAddress } from "../base/addresses.ts";

/** Who is at the other end of a connection: the one place that knows, for the forwarder, the log and the API. */

/** The two ends of a connection; a TLSSocket has those of the socket that it wraps. */
export type Endpoints = Pick<Socket, "remoteAddress" | "remotePort" | "localAddress" | "localPort">;

/**
 * Addresses that a load balancer has told of connections that are open, by their two ends: no documented way leads
 * from a TLSSocket to the socket below it, and both have the same ends.
 */
const told = new Map<string, { readonly address: string }>();

/**
 * The address of the client at the other end: the one that the PROXY protocol told, else the peer's; IPv4 in its own
 * form also where it came to an IPv6 socket, without a zone. `unknown` (RFC 7239 section 6.2) when the connection is gone.
 */
export function clientAddressOf(socket: Endpoints): string {
  const { remoteAddress } = socket;
  if (remoteAddress === undefined) return "unknown";
  if (told.size > 0) {
    const found = told.get(keyOf(socket));
    if (found !== undefined) return found.address;
  }
  return systemAddress(remoteAddress);
}

/** Makes {@link clientAddressOf} give `address` for this connection, and for what wraps it, until it is closed. */
export function tellClientAddress(socket: Socket, address: string): void {
  const key = keyOf(socket);
  const entry = { address };
  told.set(key, entry);
  socket.once("close", () => {
    // The next connection from the same port may be here before this one's end is known.
    if (told.get(key) === entry) told.delete(key);
  });
}

function keyOf({ remoteAddress, remotePort, localAddress, localPort }: Endpoints): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
