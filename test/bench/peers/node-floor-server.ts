import { connect, type Socket } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { announce, SERVER_OPTIONS } from "./node-server.ts";

/**
 * The program of the peer `node-floor`: what Node's TLS and sockets cost with nothing done in between. It understands
 * of an answer only where it ends, so that connections to the core are used again, and of requests nothing: it is no
 * proxy that anybody should run.
 */

const CORE_PORT = Number(process.argv[2]);
const READ_BUFFER = Buffer.allocUnsafeSlow(65_536);

/** A connection to the core, lent to one client at a time. */
interface Lent {
  readonly socket: Socket;
  client: TLSSocket | undefined;
  /** Bytes of the answer that are still to come; undefined before its head. */
  leftBytes: number | undefined;
}

const idle: Lent[] = [];

function open(): Lent {
  const lent: Lent = {
    client: undefined,
    leftBytes: undefined,
    socket: connect({
      ...{ host: "127.0.0.1", port: CORE_PORT },
      onread: {
        buffer: READ_BUFFER,
        callback(bytes) {
          pass(lent, Buffer.from(READ_BUFFER.subarray(0, bytes)));
          return true;
        },
      },
    }),
  };
  lent.socket.setNoDelay(true);
  lent.socket.on("drain", () => lent.client?.resume());
  lent.socket.on("close", () => lent.client?.destroy());
  lent.socket.on("error", () => undefined);
  return lent;
}

function pass(lent: Lent, piece: Buffer): void {
  const { client } = lent;
  if (client === undefined) return;
  lent.leftBytes ??= lengthOf(piece);
  lent.leftBytes -= piece.length;
  const goesOn = client.write(piece);
  if (lent.leftBytes > 0) {
    if (!goesOn) lent.socket.pause();
    return;
  }
  lent.client = undefined;
  lent.leftBytes = undefined;
  idle.push(lent);
}

/** Bytes of the answer whose head this is: without end where it switches protocols. */
function lengthOf(piece: Buffer): number {
  const headEnd = piece.indexOf("\r\n\r\n") + 4;
  const length = /^content-length: (\d+)/im.exec(piece.latin1Slice(0, headEnd))?.[1];
  return length === undefined ? Number.POSITIVE_INFINITY : headEnd + Number(length);
}

const server = createServer({ ...SERVER_OPTIONS, noDelay: true }, (client) => {
  let lent: Lent | undefined;
  client.on("error", () => undefined);
  client.on("data", (piece: Buffer) => {
    if (lent?.client !== client) {
      lent = idle.pop() ?? open();
      lent.client = client;
    }
    if (!lent.socket.write(piece)) client.pause();
  });
  client.on("drain", () => lent?.client === client && lent.socket.resume());
  client.on("close", () => lent?.client === client && lent.socket.destroy());
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 }, () => {
  const address = server.address();
  if (address !== null && typeof address === "object") announce(address.port);
});
