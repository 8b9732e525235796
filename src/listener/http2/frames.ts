/** The frames of HTTP/2 (RFC 9113 sections 4 and 6): their numbers, and how those that we send are written. */

/** Types of frames. */
export const FRAME = {
  data: 0x0,
  headers: 0x1,
  priority: 0x2,
  rstStream: 0x3,
  settings: 0x4,
  pushPromise: 0x5,
  ping: 0x6,
  goaway: 0x7,
  windowUpdate: 0x8,
  continuation: 0x9,
} as const;

/** Flags of frames; which of them a frame has depends on its type. */
export const FLAG = { ack: 0x1, endStream: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

/** Settings (RFC 9113 section 6.5.2, RFC 8441 section 3, RFC 9218 section 2.1). */
export const SETTING = {
  headerTableSize: 0x1,
  enablePush: 0x2,
  maxConcurrentStreams: 0x3,
  initialWindowSize: 0x4,
  maxFrameSize: 0x5,
  maxHeaderListSize: 0x6,
  enableConnectProtocol: 0x8,
  noRfc7540Priorities: 0x9,
} as const;

/** Why a stream or a connection ends (RFC 9113 section 7). */
export const ERROR_CODE = {
  noError: 0x0,
  protocolError: 0x1,
  internalError: 0x2,
  flowControlError: 0x3,
  streamClosed: 0x5,
  frameSizeError: 0x6,
  refusedStream: 0x7,
  cancel: 0x8,
  compressionError: 0x9,
  enhanceYourCalm: 0xb,
} as const;

/** One of {@link ERROR_CODE}. */
export type ErrorCode = (typeof ERROR_CODE)[keyof typeof ERROR_CODE];

/** The client broke the rules in a way that ends the connection (RFC 9113 section 5.4.1). */
export class ConnectionError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What stands before the payload of every frame. */
export const FRAME_HEAD_BYTES = 9;
/** The largest payload that both sides take before any settings, and that we take always. */
export const FRAME_BYTES = 16_384;
/** The largest that a client may ask us to send. */
export const MAX_FRAME_BYTES = 16_777_215;
/** The window of streams and connections before any settings. */
export const INITIAL_WINDOW_BYTES = 65_535;
/** The largest window (RFC 9113 section 6.9.1). */
export const MAX_WINDOW_BYTES = 2_147_483_647;
/** The highest number of a stream. */
export const MAX_STREAM_ID = 2_147_483_647;

/** The head of a frame, as latin1 text, as are all that follow here. */
export function frameHead(type: number, flags: number, streamId: number, length: number): string {
  return String.fromCharCode(
    length >>> 16,
    (length >>> 8) & 0xff,
    length & 0xff,
    type,
    flags,
    streamId >>> 24,
    (streamId >>> 16) & 0xff,
    (streamId >>> 8) & 0xff,
    streamId & 0xff,
  );
}

/** SETTINGS (RFC 9113 section 6.5). */
export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): string {
  const payload = settings.map(([id, value]) => String.fromCharCode(id >>> 8, id & 0xff) + uint32(value));
  return frameHead(FRAME.settings, 0, 0, 6 * settings.length) + payload.join("");
}

/** The acknowledgement of the client's SETTINGS. */
export const SETTINGS_ACK = frameHead(FRAME.settings, FLAG.ack, 0, 0);

/** The answer to a PING (RFC 9113 section 6.7). */
export function pingAck(payload: Buffer): string {
  return frameHead(FRAME.ping, FLAG.ack, 0, payload.length) + payload.toString("latin1");
}

/** RST_STREAM (RFC 9113 section 6.4). */
export function rstStream(streamId: number, code: ErrorCode): string {
  return frameHead(FRAME.rstStream, 0, streamId, 4) + uint32(code);
}

/** WINDOW_UPDATE (RFC 9113 section 6.9); stream 0 is the connection. */
export function windowUpdate(streamId: number, bytes: number): string {
  return frameHead(FRAME.windowUpdate, 0, streamId, 4) + uint32(bytes);
}

/** GOAWAY (RFC 9113 section 6.8). @param reason for people, in ASCII. */
export function goaway(lastStreamId: number, code: ErrorCode, reason = ""): string {
  return frameHead(FRAME.goaway, 0, 0, 8 + reason.length) + uint32(lastStreamId) + uint32(code) + reason;
}

/** HEADERS, and CONTINUATION for what is more than one frame may hold (RFC 9113 sections 6.2 and 6.10). */
export function headersFrames(
  streamId: number,
  block: string,
  { endsStream, maxBytes }: { readonly endsStream: boolean; readonly maxBytes: number },
): string {
  const flags = endsStream ? FLAG.endStream : 0;
  if (block.length <= maxBytes)
    return frameHead(FRAME.headers, flags | FLAG.endHeaders, streamId, block.length) + block;
  let text = frameHead(FRAME.headers, flags, streamId, maxBytes) + block.slice(0, maxBytes);
  for (let from = maxBytes; from < block.length; from += maxBytes) {
    const part = block.slice(from, from + maxBytes);
    const isLast = from + maxBytes >= block.length;
    text += frameHead(FRAME.continuation, isLast ? FLAG.endHeaders : 0, streamId, part.length) + part;
  }
  return text;
}

function uint32(value: number): string {
  return String.fromCharCode(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}
