import type { Socket } from "node:net";
import type { ConnectionEnds } from "../../web/traffic/traffic.ts";

/** The two ends of a connection, as the system names them; undefined where it is not connected. */
export function endsOf(socket: Socket): ConnectionEnds | undefined {
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  if (localAddress === undefined || localPort === undefined) return undefined;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return { localAddress, localPort, remoteAddress, remotePort };
}
