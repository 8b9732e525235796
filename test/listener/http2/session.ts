import { connect, type TLSSocket } from "node:tls";
import { expect } from "vitest";
import { HpackDecoder } from "../../../src/listener/http2/hpack/decoder.ts";
import { poll } from "../../support/poll.ts";
import { errorCodeOf, FLAG, FRAME, type Frame, frame, headerBlock, type RawHttp2 } from "../raw-http2.ts";

/** What tests of HTTP/2 say and hear, frame by frame (RFC 9113); numbers are those of the RFC, not of our code. */

/** Error codes (section 7). */
export const CODE = {
  NO_ERROR: 0,
  PROTOCOL_ERROR: 1,
  INTERNAL_ERROR: 2,
  FLOW_CONTROL_ERROR: 3,
  STREAM_CLOSED: 5,
  FRAME_SIZE_ERROR: 6,
  REFUSED_STREAM: 7,
  CANCEL: 8,
  COMPRESSION_ERROR: 9,
  ENHANCE_YOUR_CALM: 11,
} as const;

/** Types of frames, with those that a client has no use for. */
export const TYPE = { ...FRAME, PRIORITY: 2, PUSH_PROMISE: 5, UNKNOWN: 0xee } as const;

/** Flags, with those of padding and priority. */
export const BIT = { ...FLAG, PADDED: 8, PRIORITY: 0x20 } as const;

/** Settings (section 6.5.2; RFC 8441 section 3). */
export const SETTING = {
  HEADER_TABLE_SIZE: 1,
  ENABLE_PUSH: 2,
  INITIAL_WINDOW_SIZE: 4,
  MAX_FRAME_SIZE: 5,
  ENABLE_CONNECT_PROTOCOL: 8,
} as const;

/** What every client says first (section 3.4). */
export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** The largest payload of a frame before any settings. */
export const FRAME_BYTES = 16_384;
/** What we let a client send on one stream, and on all together. */
export const STREAM_WINDOW = 262_144;
export const CONNECTION_WINDOW = 2_097_152;
/** The windows before any settings (section 6.9.2), and the largest (section 6.9.1). */
export const DEFAULT_WINDOW = 65_535;
export const MAX_WINDOW = 2_147_483_647;

/** A number of four bytes. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** HEADERS that hold a whole block. */
export function headers(
  streamId: number,
  fields: readonly (readonly [string, string])[],
  { ends = false } = {},
): Buffer {
  return frame(TYPE.HEADERS, BIT.END_HEADERS | (ends ? BIT.END_STREAM : 0), streamId, headerBlock(fields));
}

/** DATA; `padding` undefined: without the flag for it. */
export function data(
  streamId: number,
  body: Buffer | string,
  { ends = false, padding }: { readonly ends?: boolean; readonly padding?: number } = {},
): Buffer {
  const bytes = Buffer.from(body as string, "latin1");
  const flags = ends ? BIT.END_STREAM : 0;
  if (padding === undefined) return frame(TYPE.DATA, flags, streamId, bytes);
  const padded = Buffer.concat([Buffer.from([padding]), bytes, Buffer.alloc(padding)]);
  return frame(TYPE.DATA, flags | BIT.PADDED, streamId, padded);
}

/** So many bytes of DATA, in frames as large as may be. */
export function manyData(streamId: number, bytes: number): Buffer {
  const frames: Buffer[] = [];
  for (let left = bytes; left > 0; left -= FRAME_BYTES)
    frames.push(data(streamId, Buffer.alloc(Math.min(left, FRAME_BYTES), 0x78)));
  return Buffer.concat(frames);
}

/** RST_STREAM. */
export function reset(streamId: number, code: number = CODE.CANCEL): Buffer {
  return frame(TYPE.RST_STREAM, 0, streamId, uint32(code));
}

/** WINDOW_UPDATE. */
export function windowUpdate(streamId: number, bytes: number): Buffer {
  return frame(TYPE.WINDOW_UPDATE, 0, streamId, uint32(bytes));
}

/** SETTINGS. */
export function settings(...entries: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = entries.map(([id, value]) =>
    Buffer.concat([Buffer.from([id >>> 8, id & 0xff]), uint32(value)]),
  );
  return frame(TYPE.SETTINGS, 0, 0, Buffer.concat(payload));
}

/** PING. */
export function ping(payload = "12345678"): Buffer {
  return frame(TYPE.PING, 0, 0, Buffer.from(payload, "latin1"));
}

/** Sends a PING and waits for its answer: all that was sent before has then been read. */
export async function settled(client: RawHttp2): Promise<void> {
  const payload = `p${String(client.frames.length).padStart(7, "0")}`;
  client.send(ping(payload));
  const isAnswer = (it: Frame) =>
    it.type === TYPE.PING && it.flags === BIT.ACK && it.payload.toString() === payload;
  await poll("the answer to a PING", () => client.isClosed || client.frames.some(isAnswer), SOON);
  expectOpen(client);
}

/** Expects that the server has not ended the connection. */
export function expectOpen(client: RawHttp2): void {
  const reasons = client.frames.filter(({ type }) => type === TYPE.GOAWAY);
  expect(reasons.map(({ payload }) => payload.toString("latin1", 8))).toEqual([]);
  expect(client.isClosed).toBe(false);
}

/** Asked again often: most of it comes in the same moment. */
export const SOON = { intervalMs: 2 };

/** What came on a stream. */
export interface Heard {
  /** Each header block: interim, final, trailers. */
  readonly blocks: readonly (readonly string[])[];
  readonly body: Buffer;
  readonly hasEnded: boolean;
  /** The code of the RST_STREAM that came. */
  readonly resetCode: number | undefined;
}

/** Puts together what has come on a stream so far. */
export function heard(frames: readonly Frame[], streamId: number): Heard {
  const mine = frames.filter((it) => it.streamId === streamId);
  const decoder = new HpackDecoder({ tableBytes: 4_096, listBytes: 1_000_000, listFields: 1_000 });
  const blocks: (readonly string[])[] = [];
  let block: Buffer[] = [];
  for (const { type, flags, payload } of mine) {
    if (type !== TYPE.HEADERS && type !== TYPE.CONTINUATION) continue;
    block.push(payload);
    if ((flags & BIT.END_HEADERS) === 0) continue;
    blocks.push(decoder.decode(Buffer.concat(block)).list);
    block = [];
  }
  const broken = mine.find(({ type }) => type === TYPE.RST_STREAM);
  return {
    blocks,
    body: Buffer.concat(mine.filter(({ type }) => type === TYPE.DATA).map(({ payload }) => payload)),
    hasEnded: mine.some(
      ({ type, flags }) => (type === TYPE.DATA || type === TYPE.HEADERS) && (flags & BIT.END_STREAM) !== 0,
    ),
    resetCode: broken && errorCodeOf(broken),
  };
}

/** A field of a block. */
export function fieldOf(block: readonly string[] | undefined, name: string): string | undefined {
  const index = block?.findIndex((it, at) => at % 2 === 0 && it === name) ?? -1;
  return index === -1 ? undefined : block?.[index + 1];
}

/** Waits until a stream has been answered whole. */
export async function answered(client: RawHttp2, streamId: number): Promise<Heard> {
  return await poll(
    `the whole answer on stream ${streamId}`,
    () => {
      const it = heard(client.frames, streamId);
      return it.hasEnded && it;
    },
    SOON,
  );
}

/** Waits until a stream has been answered whole, or reset. */
export async function over(client: RawHttp2, streamId: number): Promise<Heard> {
  return await poll(
    `the end of stream ${streamId}`,
    () => {
      const it = heard(client.frames, streamId);
      return (it.hasEnded || it.resetCode !== undefined) && it;
    },
    SOON,
  );
}

/** Waits until a stream is reset; gives the code. */
export async function resetCode(client: RawHttp2, streamId: number): Promise<number> {
  const isReset = ({ type, streamId: its }: Frame) => type === TYPE.RST_STREAM && its === streamId;
  return errorCodeOf(await poll(`RST_STREAM of ${streamId}`, () => client.frames.find(isReset), SOON));
}

/** Expects that the connection ends by a GOAWAY with this code, and is closed. */
export async function expectEnd(client: RawHttp2, code: number): Promise<void> {
  const last = await client.frame("GOAWAY", (it) => it.type === TYPE.GOAWAY);
  expect(errorCodeOf(last)).toBe(code);
  expect(client.frames.at(-1)).toBe(last);
  await client.closed();
}

/** What our windows leave a client to send, as it knows them. */
export class Windows {
  readonly #client: RawHttp2;
  readonly #sent = new Map<number, number>();

  constructor(client: RawHttp2) {
    this.#client = client;
  }

  /** Bytes that may be sent on a stream now. */
  left(streamId: number): number {
    return Math.min(this.#of(streamId, STREAM_WINDOW), this.#of(0, DEFAULT_WINDOW));
  }

  /** So many were sent. */
  note(streamId: number, bytes: number): void {
    for (const id of new Set([0, streamId])) this.#sent.set(id, (this.#sent.get(id) ?? 0) + bytes);
  }

  #of(id: number, atFirst: number): number {
    const more = this.#client.frames.filter((it) => it.type === TYPE.WINDOW_UPDATE && it.streamId === id);
    const given = more.reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 0);
    return atFirst + given - (this.#sent.get(id) ?? 0);
  }
}

/** A connection on which nothing was said yet. */
export interface Bare extends Disposable {
  readonly socket: TLSSocket;
  readonly isClosed: boolean;
  /** All that came, as frames. */
  frames(): Frame[];
}

/** Connects, and says nothing. */
export async function connectBare(front: { readonly port: number; readonly ca: string }): Promise<Bare> {
  const socket = connect({ host: "127.0.0.1", port: front.port, ca: front.ca, ALPNProtocols: ["h2"] });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("secureConnect", resolve);
  socket.once("error", reject);
  await promise;
  const pieces: Buffer[] = [];
  let isClosed = false;
  socket.on("error", () => undefined);
  socket.on("data", (piece: Buffer) => pieces.push(piece));
  socket.once("close", () => {
    isClosed = true;
  });
  return {
    socket,
    get isClosed() {
      return isClosed;
    },
    frames: () => framesOf(Buffer.concat(pieces)),
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

/** The frames that are there whole. */
export function framesOf(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  let at = 0;
  while (at + 9 <= bytes.length && at + 9 + bytes.readUIntBE(at, 3) <= bytes.length) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    const [type = 0, flags = 0] = bytes.subarray(at + 3, at + 5);
    frames.push({ type, flags, streamId: bytes.readUInt32BE(at + 5), payload: bytes.subarray(at + 9, end) });
    at = end;
  }
  return frames;
}
