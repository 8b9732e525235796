import { createHash } from "node:crypto";

/** A WebSocket server that echoes: RFC 6455, by hand, without extensions. */

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const MAX_MESSAGE_BYTES = 1_048_576;
const CONTINUATION = 0x0;
const TEXT = 0x1;
const BINARY = 0x2;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;

/**
 * Answers an upgrade request and echoes every message until either side closes.
 * @returns {(() => void) | undefined} closes the connection with 1001 (going away); undefined where it was refused
 */
export function echo(request, socket, head) {
  socket.on("error", () => socket.destroy());
  const key = request.headers["sec-websocket-key"];
  const isWebSocket = request.headers.upgrade?.toLowerCase() === "websocket" && key !== undefined;
  if (!isWebSocket || request.headers["sec-websocket-version"] !== "13") {
    socket.end("HTTP/1.1 400 Bad Request\r\nSec-WebSocket-Version: 13\r\nConnection: close\r\n\r\n");
    return undefined;
  }
  const accept = createHash("sha1")
    .update(key + GUID)
    .digest("base64");
  socket.write(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  const conversation = { socket, pending: head, message: { opcode: TEXT, parts: [], bytes: 0 } };
  socket.on("data", (chunk) => read(conversation, chunk));
  socket.on("end", () => socket.end());
  read(conversation, Buffer.alloc(0));
  return () => close(socket, 1001);
}

function read(conversation, chunk) {
  if (!conversation.socket.writable) return;
  conversation.pending = Buffer.concat([conversation.pending, chunk]);
  while (conversation.socket.writable) {
    const frame = takeFrame(conversation.pending);
    if (frame === undefined) return;
    if (frame.failure !== undefined) return close(conversation.socket, frame.failure);
    conversation.pending = frame.rest;
    answer(conversation, frame);
  }
}

/** The first whole frame of `bytes`, unmasked; undefined while it is incomplete; `failure` is a close code. */
function takeFrame(bytes) {
  if (bytes.length < 2) return undefined;
  const [first, second] = bytes;
  const isMasked = (second & 0x80) !== 0;
  // A client must mask, and no extension was agreed on that would use the reserved bits (sections 5.1 and 5.2).
  if (!isMasked || (first & 0x70) !== 0) return { failure: 1002 };
  const short = second & 0x7f;
  const lengthBytes = { 126: 2, 127: 8 }[short] ?? 0;
  const start = 2 + lengthBytes + 4;
  if (bytes.length < start) return undefined;
  const length =
    lengthBytes === 0 ? short : lengthBytes === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (length > MAX_MESSAGE_BYTES) return { failure: 1009 };
  if (bytes.length < start + length) return undefined;
  const mask = bytes.subarray(start - 4, start);
  const payload = Buffer.from(bytes.subarray(start, start + length));
  for (let index = 0; index < length; index++) payload[index] ^= mask[index % 4];
  return {
    isFinal: (first & 0x80) !== 0,
    opcode: first & 0x0f,
    payload,
    rest: bytes.subarray(start + length),
  };
}

function answer(conversation, { opcode, payload, isFinal }) {
  const { socket } = conversation;
  if (opcode === PING) return send(socket, PONG, payload);
  if (opcode === PONG) return undefined;
  if (opcode === CLOSE) return close(socket, payload.length >= 2 ? payload.readUInt16BE(0) : 1000);
  if (opcode > BINARY) return close(socket, 1002);
  const message = opcode === CONTINUATION ? conversation.message : { opcode, parts: [], bytes: 0 };
  message.parts.push(payload);
  message.bytes += payload.length;
  conversation.message = message;
  if (message.bytes > MAX_MESSAGE_BYTES) return close(socket, 1009);
  if (!isFinal) return undefined;
  conversation.message = { opcode: TEXT, parts: [], bytes: 0 };
  return send(socket, message.opcode, Buffer.concat(message.parts));
}

function close(socket, code) {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  send(socket, CLOSE, payload);
  socket.end();
}

function send(socket, opcode, payload) {
  if (!socket.writable) return;
  const length = payload.length;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = 0x80 | opcode;
  header[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (header.length === 4) header.writeUInt16BE(length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
  socket.write(Buffer.concat([header, payload]));
}
