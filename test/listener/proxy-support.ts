import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { connect as connectTls, createServer, type TLSSocket } from "node:tls";
import { crc32c } from "../../src/base/crc32c.ts";
import { createEntrance, type Entrance } from "../../src/listener/proxy-protocol.ts";
import { clientAddressOf } from "../../src/web/client-address.ts";
import { createLog } from "../../src/web/log.ts";
import { makeTestCertificate } from "../support/certificate.ts";
import { listenLocally } from "../support/front.ts";
import { poll } from "../support/poll.ts";

/** Headers of the PROXY protocol as load balancers write them, and those who send and take them. */

/** What a header of version 2 says. */
export interface BinaryHeader {
  readonly command?: number;
  /** Address family and transport. */
  readonly kind: number;
  /** The addresses and ports, as bytes. */
  readonly addresses: readonly number[];
  readonly vectors?: readonly (readonly [type: number, value: Buffer])[];
  /** Whether a CRC-32C comes behind the vectors. */
  readonly hasChecksum?: boolean;
}

/** A source of 198.51.100.22:56324 and a destination of 203.0.113.7:443, as version 2 has them. */
export const TCP4 = {
  kind: 0x11,
  addresses: [198, 51, 100, 22, 203, 0, 113, 7, 0xdc, 0x04, 0x01, 0xbb],
} as const;

/** Writes a header of version 2. */
export function binaryHeader({
  command = 0x21,
  kind,
  addresses,
  vectors = [],
  hasChecksum = false,
}: BinaryHeader): Buffer {
  const parts = [Buffer.from(addresses), ...vectors.map(([type, value]) => vector(type, value))];
  if (hasChecksum) parts.push(vector(0x03, Buffer.alloc(4)));
  const body = Buffer.concat(parts);
  const head = Buffer.from([...Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1"), command, kind, 0, 0]);
  head.writeUInt16BE(body.length, 14);
  const header = Buffer.concat([head, body]);
  if (hasChecksum) header.writeUInt32BE(crc32c(header), header.length - 4);
  return header;
}

function vector(type: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type, value.length >> 8, value.length & 0xff]), value]);
}

/** An entrance on a port of loopback, with a TLS server behind it that tells each client its address. */
export interface ServedEntrance extends AsyncDisposable {
  readonly port: number;
  readonly ca: string;
  readonly entrance: Entrance;
  /** The lines of the log. */
  log(): readonly Record<string, unknown>[];
  /** The connections that have come so far. */
  accepted(): readonly Socket[];
  /** The connections whose TLS is done. */
  secured(): readonly TLSSocket[];
}

/** Starts a {@link ServedEntrance}. */
export async function serveEntrance(
  settings: { proxyProtocol: boolean; trustedPeers: string[] } = {
    proxyProtocol: true,
    trustedPeers: ["127.0.0.1"],
  },
  deadlineMs?: number,
): Promise<ServedEntrance> {
  const { certPem, keyPem } = await makeTestCertificate();
  const lines: Record<string, unknown>[] = [];
  const log = createLog(
    { level: "debug", access: false },
    { write: (line) => void lines.push(JSON.parse(line)) },
  );
  const accepted: Socket[] = [];
  const secured: TLSSocket[] = [];
  const tls = createServer({ cert: certPem, key: keyPem }, (socket) => {
    secured.push(socket);
    socket.on("error", () => undefined);
    socket.write(`${clientAddressOf(socket)}\n`);
    socket.pipe(socket);
  });
  tls.on("tlsClientError", () => undefined);
  const entrance = createEntrance(tls, settings, log, deadlineMs);
  entrance.server.on("connection", (socket: Socket) => accepted.push(socket));
  const port = await listenLocally(entrance.server);
  return {
    ...{ port, entrance },
    ca: certPem,
    log: () => lines,
    accepted: () => accepted,
    secured: () => secured,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => entrance.server.close(resolve));
      entrance[Symbol.dispose]();
      for (const socket of secured) socket.destroy();
      await closed;
    },
  };
}

/** A load balancer's connection. */
export interface Balancer extends Disposable {
  readonly socket: Socket;
  /** Waits until the other side has closed, by FIN or reset. */
  closed(timeoutMs?: number): Promise<void>;
}

/** Connects as a load balancer at an address of loopback. */
export async function connectBalancer(port: number, localAddress = "127.0.0.1"): Promise<Balancer> {
  const socket = connect({ host: "127.0.0.1", port, localAddress, noDelay: true });
  let isClosed = false;
  socket
    .on("error", () => undefined)
    .once("close", () => {
      isClosed = true;
    });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  return {
    socket,
    async closed(timeoutMs = 10_000) {
      socket.resume();
      await poll("the connection to be closed", () => isClosed, { timeoutMs });
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

/** How bytes go out: as they are, or otherwise. */
export type Pen = (socket: Socket, bytes: Buffer) => Promise<void> | void;

/** Speaks TLS through a balancer's connection; all bytes go out by `pen`. Resolves once TLS is done. */
export async function speakTls(
  { socket }: Balancer,
  { ca, pen, alpn }: { ca: string; pen?: Pen; alpn?: string[] },
): Promise<TLSSocket> {
  const secure = connectTls({
    socket: pen === undefined ? socket : throughPen(socket, pen),
    ca,
    servername: "localhost",
    ...(alpn === undefined ? {} : { ALPNProtocols: alpn }),
  });
  await new Promise((resolve, reject) => {
    secure
      .once("secureConnect", resolve)
      .once("error", reject)
      .once("close", () => reject(new Error("closed")));
  });
  secure.on("error", () => undefined);
  return secure;
}

function throughPen(socket: Socket, pen: Pen): Duplex {
  const duplex = new Duplex({
    read: () => socket.resume(),
    write: (bytes: Buffer, _encoding, done) =>
      void Promise.resolve(pen(socket, bytes)).then(() => done(), done),
    final: (done) => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on("data", (bytes) => duplex.push(bytes) || socket.pause());
  socket.on("end", () => duplex.push(null)).on("close", () => duplex.destroy());
  return duplex;
}

/** The first line that comes. */
export async function lineFrom(socket: TLSSocket): Promise<string> {
  let text = "";
  socket.on("data", (bytes) => {
    text += String(bytes);
  });
  return (await poll("a line", () => text.includes("\n") && { text }, { intervalMs: 1 })).text.trim();
}
