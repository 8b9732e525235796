import { connect, type TLSSocket } from "node:tls";
import { poll } from "../support/poll.ts";

/** An HTTP/2 client that sends what it is told to, and keeps to no rule by itself (RFC 9113). */

/** Types of frames (RFC 9113 section 6). */
export const FRAME = {
  DATA: 0,
  HEADERS: 1,
  RST_STREAM: 3,
  SETTINGS: 4,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

/** Flags of frames. */
export const FLAG = { ACK: 1, END_STREAM: 1, END_HEADERS: 4 } as const;

/** A frame that came. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** The client. */
export interface RawHttp2 extends Disposable {
  readonly socket: TLSSocket;
  send(...frames: readonly Buffer[]): void;
  /** Every frame so far. */
  readonly frames: readonly Frame[];
  /** Waits for a frame. */
  frame(what: string, matches: (frame: Frame) => boolean): Promise<Frame>;
  /** Waits until the server has closed the connection. */
  closed(): Promise<void>;
  readonly isClosed: boolean;
}

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const HEAD_BYTES = 9;

/** Connects, and sends the preface with empty settings; acknowledges the server's where `acknowledges`. */
export async function connectRawHttp2(
  front: { readonly port: number; readonly ca: string },
  { acknowledges = true } = {},
): Promise<RawHttp2> {
  const socket = connect({ host: "127.0.0.1", port: front.port, ca: front.ca, ALPNProtocols: ["h2"] });
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
  });
  const state = { isClosed: false };
  const frames: Frame[] = [];
  let rest = Buffer.alloc(0);
  socket.on("error", () => undefined);
  socket.once("close", () => {
    state.isClosed = true;
  });
  socket.on("data", (piece: Buffer) => {
    rest = Buffer.concat([rest, piece]);
    while (rest.length >= HEAD_BYTES && rest.length >= HEAD_BYTES + rest.readUIntBE(0, 3)) {
      const end = HEAD_BYTES + rest.readUIntBE(0, 3);
      const [type = 0, flags = 0] = rest.subarray(3, 5);
      const streamId = rest.readUInt32BE(5);
      frames.push({ type, flags, streamId, payload: Buffer.from(rest.subarray(HEAD_BYTES, end)) });
      rest = rest.subarray(end);
      if (type === FRAME.SETTINGS && flags === 0 && acknowledges)
        socket.write(frame(FRAME.SETTINGS, FLAG.ACK, 0));
    }
  });
  socket.write(Buffer.concat([PREFACE, frame(FRAME.SETTINGS, 0, 0)]));
  return {
    socket,
    frames,
    get isClosed() {
      return state.isClosed;
    },
    send: (...more) => void (socket.writable && socket.write(Buffer.concat(more))),
    frame: (what, matches) => poll(what, () => frames.find(matches)),
    closed: () => poll("the connection to close", () => state.isClosed).then(() => undefined),
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

/** A frame. */
export function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** The number in the payload of RST_STREAM (the first) or GOAWAY (the second). */
export function errorCodeOf({ type, payload }: Frame): number {
  return payload.readUInt32BE(type === FRAME.GOAWAY ? 4 : 0);
}

/** Header fields as literals that no table keeps (RFC 7541 section 6.2.2). */
export function headerBlock(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([name, value]) => [Buffer.from([0]), stringLiteral(name), stringLiteral(value)]),
  );
}

/** The HEADERS of a GET that has no body, for a path. */
export function get(
  streamId: number,
  path: string,
  more: readonly (readonly [string, string])[] = [],
): Buffer {
  const block = headerBlock([...requestFields("GET", path), ...more]);
  return frame(FRAME.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, streamId, block);
}

/** The pseudo-header fields of a request. */
export function requestFields(method: string, path: string): [string, string][] {
  return [
    [":method", method],
    [":scheme", "https"],
    [":authority", "app"],
    [":path", path],
  ];
}

function stringLiteral(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  return Buffer.concat([integer(bytes.length), bytes]);
}

/** With a prefix of seven bits (RFC 7541 section 5.1). */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
