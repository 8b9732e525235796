import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
} from "node:http2";
import type { TLSSocket } from "node:tls";
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws";
import { connectRaw, type Front, listenLocally, type RawConnection } from "../../support/front.ts";
import { poll } from "../../support/poll.ts";

/** WebSockets in tests: a core that echoes, and a client over HTTP/2, where no library has one. */

export const OPCODE = { TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

/** A frame (RFC 6455 section 5.2). */
export interface WebSocketFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Writes a frame, masked as a client's has to be, unless told otherwise. */
export function frameOf(opcode: number, data: Buffer | string, { isMasked = true } = {}): Buffer {
  const payload = Buffer.from(data);
  const maskBit = isMasked ? 0x80 : 0;
  const head = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  if (head.length === 2) head[1] = maskBit | payload.length;
  else if (head.length === 4) {
    head[1] = maskBit | 126;
    head.writeUInt16BE(payload.length, 2);
  } else {
    head[1] = maskBit | 127;
    head.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  if (!isMasked) return Buffer.concat([head, payload]);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, payload.map((byte, index) => byte ^ (mask[index & 3] ?? 0))]);
}

/** Gathers the frames, masked or not, of what comes in pieces. */
export function frameReader(): { readonly frames: readonly WebSocketFrame[]; take(piece: Buffer): void } {
  const frames: WebSocketFrame[] = [];
  let pieces: Buffer[] = [];
  let bytes = 0;
  /** Less is no frame. */
  let needed = 2;
  return {
    frames,
    take(piece) {
      pieces.push(piece);
      bytes += piece.length;
      while (bytes >= needed) {
        const all = Buffer.concat(pieces);
        const { start, end } = extentOf(all);
        needed = end;
        if (bytes >= end) {
          frames.push({ opcode: (all[0] ?? 0) & 0x0f, payload: unmasked(all, start, end) });
          needed = 2;
        }
        const rest = bytes >= end ? all.subarray(end) : all;
        bytes = rest.length;
        pieces = [rest];
      }
    },
  };
}

/** Where the payload of a frame begins and ends; where its head is not whole, how much more must be there to tell. */
function extentOf(frame: Buffer): { start: number; end: number } {
  const short = (frame[1] ?? 0) & 0x7f;
  const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
  const start = 2 + lengthBytes + (isMasked(frame) ? 4 : 0);
  if (frame.length < start) return { start, end: start };
  if (lengthBytes === 0) return { start, end: start + short };
  return { start, end: start + Number(BigInt(`0x${frame.toString("hex", 2, 2 + lengthBytes)}`)) };
}

const isMasked = (frame: Buffer) => ((frame[1] ?? 0) & 0x80) !== 0;

function unmasked(frame: Buffer, start: number, end: number): Buffer {
  const payload = Buffer.from(frame.subarray(start, end));
  if (!isMasked(frame)) return payload;
  const mask = frame.subarray(start - 4, start);
  return Buffer.from(payload.map((byte, index) => byte ^ (mask[index & 3] ?? 0)));
}

/** A WebSocket over HTTP/2 (RFC 8441). */
export interface StreamSocket {
  readonly stream: ClientHttp2Stream;
  /** The answer to its opening. */
  readonly answered: Promise<IncomingHttpHeaders & { ":status"?: number }>;
  /** What came, as frames. */
  readonly frames: readonly WebSocketFrame[];
  /** What came, as bytes. */
  received(): Buffer;
  send(opcode: number, data: Buffer | string): void;
  /** The code that the stream was closed with, when it is. */
  readonly closed: Promise<number>;
}

/** A connection that WebSockets are opened on. */
export interface StreamClient extends Disposable {
  readonly session: ClientHttp2Session;
  dial(path: string, headers?: Record<string, string | string[]>): StreamSocket;
}

/** Connects, and waits for what the server offers. */
export async function connectStreams(front: Pick<Front, "port" | "ca">): Promise<StreamClient> {
  const session = connect(`https://127.0.0.1:${front.port}`, { ca: front.ca });
  session.on("error", () => undefined);
  await once(session, "remoteSettings");
  return {
    session,
    dial(path, headers = {}) {
      const stream = session.request(
        {
          ":method": "CONNECT",
          ":protocol": "websocket",
          ":path": path,
          ":scheme": "https",
          ":authority": "app",
          "sec-websocket-version": "13",
          ...headers,
        },
        { endStream: false },
      );
      const reader = frameReader();
      const pieces: Buffer[] = [];
      stream.on("error", () => undefined);
      stream.on("end", () => stream.end());
      stream.on("data", (piece: Buffer) => {
        pieces.push(piece);
        reader.take(piece);
      });
      return {
        stream,
        answered: once(stream, "response").then(([answer]) => answer),
        frames: reader.frames,
        received: () => Buffer.concat(pieces),
        send: (opcode, data) => void stream.write(frameOf(opcode, data)),
        closed: new Promise((resolve) => stream.once("close", () => resolve(stream.rstCode ?? 0))),
      };
    },
    [Symbol.dispose]: () => session.destroy(),
  };
}

/** A core that sends every message back. */
export interface EchoCore extends AsyncDisposable {
  readonly port: number;
  /** Its ends of the WebSockets so far. */
  readonly sockets: readonly WebSocket[];
  /** How each that is closed was: the code it was given. */
  readonly codes: readonly number[];
  /** Its end of the last that was opened with this target. */
  socketOf(target: string): WebSocket | undefined;
  /** The fields of the request that opened it. */
  fieldsOf(target: string): IncomingMessage["headers"] | undefined;
  /** How many connections it has open. */
  connections(): Promise<number>;
}

/** Starts an {@link EchoCore}. */
export async function startEchoCore(options: ServerOptions = {}): Promise<EchoCore> {
  const server = createServer((_request, answer) => {
    answer.setHeader("Content-Type", "text/html").end("plain");
  });
  const sockets: WebSocket[] = [];
  const codes: number[] = [];
  const byTarget = new Map<string | undefined, { socket: WebSocket; fields: IncomingMessage["headers"] }>();
  const echo = new WebSocketServer({ server, ...options });
  echo.on("connection", (socket, request) => {
    sockets.push(socket);
    byTarget.set(request.url, { socket, fields: request.headers });
    socket.on("error", () => undefined);
    socket.on("close", (code) => codes.push(code));
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  const port = await listenLocally(server);
  return {
    ...{ port, sockets, codes },
    socketOf: (target) => byTarget.get(target)?.socket,
    fieldsOf: (target) => byTarget.get(target)?.fields,
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
      ),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The code of a Close frame, and why. */
export function closeOf(frame: WebSocketFrame | undefined): { code: number; reason: string } | undefined {
  if (frame?.opcode !== OPCODE.CLOSE) return undefined;
  return { code: frame.payload.readUInt16BE(0), reason: frame.payload.toString("utf8", 2) };
}

/** Waits until so many frames have come. */
export function framesOf(
  socket: Pick<StreamSocket, "frames">,
  count: number,
): Promise<readonly WebSocketFrame[]> {
  return poll(`${count} frames`, () => socket.frames.length >= count && socket.frames);
}

/** The core's consent to what it was sent. */
export function consentTo(request: string, lines = ""): string {
  const key = /^Sec-WebSocket-Key: (.*)\r$/m.exec(request)?.[1] ?? "";
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  return `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n${lines}\r\n`;
}

/** Answers every connection with this, once its head has come. */
export const always = (answer: string | ((request: string) => string)) => (connection: RawConnection) => {
  connection.socket.once("data", (data) =>
    connection.socket.write(typeof answer === "string" ? answer : answer(data.toString("latin1")), "latin1"),
  );
};

/** Waits until a number stands still, and gives it. */
export async function settled(read: () => number): Promise<number> {
  let before = -1;
  let same = 0;
  return poll("it to stand still", () => {
    const now = read();
    same = now === before ? same + 1 : 0;
    before = now;
    return same >= 10 && now;
  });
}

/** A WebSocket over HTTP/1.1 as a client without a library has it. */
export interface RawHandshake {
  readonly socket: TLSSocket;
  /** What came behind the 101. */
  received(): Buffer;
}

/** Opens one, and waits for the 101. */
export async function upgradeRaw(front: Pick<Front, "port" | "ca">, target: string): Promise<RawHandshake> {
  const client = await connectRaw(
    front,
    `GET ${target} HTTP/1.1\r\nHost: app\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  );
  const text = await client.wait((seen) => seen.includes("\r\n\r\n"));
  if (!text.startsWith("HTTP/1.1 101 ")) throw new Error(`it was refused: ${text}`);
  const start = text.indexOf("\r\n\r\n") + 4;
  return { socket: client.socket, received: () => Buffer.from(client.received().slice(start), "latin1") };
}
