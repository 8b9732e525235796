import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { FLAG, FRAME, type Frame, frame } from "../../raw-http2.ts";

/** An HTTP/2 server of frames only: header blocks are given out as they came, and answered with what the test says. */

const PREFACE_BYTES = 24;
const HEAD_BYTES = 9;
const PADDED = 0x08;
const PRIORITY = 0x20;
const SETTINGS_HEADER_TABLE_SIZE = 1;
const SETTINGS_MAX_HEADER_LIST_SIZE = 6;

/** The server. */
export interface FrameServer extends AsyncDisposable {
  readonly origin: string;
  /** The header blocks of all requests so far, in order. */
  readonly blocks: readonly Buffer[];
}

/**
 * Listens.
 * @param answer gives the header block for the request with this index.
 */
export async function serveFrames(
  tableBytes: number,
  answer: (index: number) => Buffer,
): Promise<FrameServer> {
  const blocks: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.write(frame(FRAME.SETTINGS, 0, 0, settings(tableBytes)));
    readFrames(socket, (streamId, block) => {
      const headers = answer(blocks.push(block) - 1);
      socket.write(frame(FRAME.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, streamId, headers));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    origin: `http://127.0.0.1:${port}`,
    blocks,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function settings(tableBytes: number): Buffer {
  const payload = Buffer.alloc(12);
  payload.writeUInt16BE(SETTINGS_HEADER_TABLE_SIZE, 0);
  payload.writeUInt32BE(tableBytes, 2);
  payload.writeUInt16BE(SETTINGS_MAX_HEADER_LIST_SIZE, 6);
  payload.writeUInt32BE(1_000_000, 8);
  return payload;
}

function readFrames(socket: Socket, onBlock: (streamId: number, block: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  let from = PREFACE_BYTES;
  let pieces: Buffer[] = [];
  const onFrame = ({ type, flags, streamId, payload }: Frame) => {
    if (type === FRAME.SETTINGS && flags === 0) socket.write(frame(FRAME.SETTINGS, FLAG.ACK, 0));
    if (type !== FRAME.HEADERS && type !== FRAME.CONTINUATION) return;
    pieces.push(type === FRAME.HEADERS ? blockIn(payload, flags) : payload);
    if ((flags & FLAG.END_HEADERS) === 0) return;
    onBlock(streamId, Buffer.concat(pieces));
    pieces = [];
  };
  socket.on("data", (piece: Buffer) => {
    rest = Buffer.concat([rest, piece]);
    while (rest.length >= from + HEAD_BYTES && rest.length >= from + HEAD_BYTES + rest.readUIntBE(from, 3)) {
      const start = from + HEAD_BYTES;
      const end = start + rest.readUIntBE(from, 3);
      const [type = 0, flags = 0] = rest.subarray(from + 3, start);
      onFrame({ type, flags, streamId: rest.readUInt32BE(from + 5), payload: rest.subarray(start, end) });
      rest = rest.subarray(end);
      from = 0;
    }
  });
}

/** What HEADERS has beside padding and priority (RFC 9113 section 6.2). */
function blockIn(payload: Buffer, flags: number): Buffer {
  const isPadded = (flags & PADDED) !== 0;
  const start = (isPadded ? 1 : 0) + ((flags & PRIORITY) === 0 ? 0 : 5);
  return payload.subarray(start, payload.length - (isPadded ? payload.readUInt8(0) : 0));
}
