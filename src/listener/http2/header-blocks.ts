import { type Frame, withoutPadding } from "./frame-reader.ts";
import { ConnectionError, ERROR_CODE, FLAG, FRAME, MAX_STREAM_ID } from "./frames.ts";
import { HeldBytes } from "./held-bytes.ts";
import { type DecodedBlock, HpackDecoder, HpackError } from "./hpack/decoder.ts";

/** Puts the header blocks of a connection together, and decodes them, all of them: their order keeps the table right. */

/** A block that is whole. */
export interface HeaderBlock {
  readonly streamId: number;
  readonly endsStream: boolean;
  /** The stream on which the client says that this one depends, which is of no meaning any more. */
  readonly dependsOn: number | undefined;
  readonly decoded: DecodedBlock;
}

/** How large blocks may be. */
export interface BlockLimits {
  /** Of all names and values, as HTTP/1.1 has them. */
  readonly headerBytes: number;
  readonly headerCount: number;
}

/** What SETTINGS_HEADER_TABLE_SIZE is where nothing else was said (RFC 9113 section 6.5.2). */
const TABLE_BYTES = 4_096;
/** Of each field beside its name and value (RFC 9113 section 6.5.2). */
const FIELD_OVERHEAD_BYTES = 32;
const PRIORITY_BYTES = 5;
const MOST_PARTS = 1_000;

/** A block of which more is to come. */
interface OpenBlock {
  readonly streamId: number;
  readonly endsStream: boolean;
  readonly dependsOn: number | undefined;
  readonly bytes: HeldBytes;
  parts: number;
}

/** The blocks of one connection. */
export class HeaderBlocks {
  readonly #decoder: HpackDecoder;
  readonly #maxBytes: number;
  #open: OpenBlock | undefined;

  constructor({ headerBytes, headerCount }: BlockLimits) {
    // More is read than is allowed, so that a client that exceeds the limits is told so by a 431. A cookie comes in crumbs.
    const listFields = headerCount * 4;
    const listBytes = 2 * headerBytes + listFields * FIELD_OVERHEAD_BYTES;
    this.#decoder = new HpackDecoder({ tableBytes: TABLE_BYTES, listBytes, listFields });
    this.#maxBytes = listBytes;
  }

  /** What SETTINGS_MAX_HEADER_LIST_SIZE says: less than is read. */
  static announcedBytes({ headerBytes, headerCount }: BlockLimits): number {
    return headerBytes + headerCount * FIELD_OVERHEAD_BYTES;
  }

  /** The stream whose block is not whole: nothing else may come before the rest of it (RFC 9113 section 4.3). */
  get openStreamId(): number | undefined {
    return this.#open?.streamId;
  }

  /**
   * Takes HEADERS or CONTINUATION.
   * @returns the block, where it is whole.
   * @throws {ConnectionError} for what breaks the rules, can't be decoded, or is far beyond the limits.
   */
  take(frame: Frame): HeaderBlock | undefined {
    const { type, flags, streamId, payload } = frame;
    const isWhole = (flags & FLAG.endHeaders) !== 0;
    if (type === FRAME.continuation) return this.#goOn(streamId, payload, isWhole);
    const endsStream = (flags & FLAG.endStream) !== 0;
    const { part, dependsOn } = beginningOf(frame);
    if (isWhole) return { streamId, endsStream, dependsOn, decoded: this.#decode(part) };
    const bytes = new HeldBytes();
    bytes.add(part);
    this.#open = { streamId, endsStream, dependsOn, bytes, parts: 1 };
    return undefined;
  }

  #goOn(streamId: number, part: Buffer, isWhole: boolean): HeaderBlock | undefined {
    const open = this.#open;
    if (open?.streamId !== streamId)
      throw new ConnectionError(ERROR_CODE.protocolError, "CONTINUATION continues nothing");
    open.bytes.add(part);
    open.parts += 1;
    // CVE-2024-27316 and its like are made of many, which may be small or empty.
    if (open.bytes.length > this.#maxBytes || open.parts > MOST_PARTS)
      throw new ConnectionError(ERROR_CODE.enhanceYourCalm, "a header is far larger than is allowed");
    if (!isWhole) return undefined;
    this.#open = undefined;
    const { endsStream, dependsOn, bytes } = open;
    return { streamId, endsStream, dependsOn, decoded: this.#decode(bytes.takeAll()) };
  }

  #decode(block: Buffer): DecodedBlock {
    try {
      return this.#decoder.decode(block);
    } catch (error) {
      if (!(error instanceof HpackError)) throw error;
      throw new ConnectionError(ERROR_CODE.compressionError, error.message);
    }
  }
}

/** The part of the block that HEADERS has, behind what was once a priority (RFC 9113 section 6.2). */
function beginningOf(frame: Frame): { readonly part: Buffer; readonly dependsOn: number | undefined } {
  const payload = withoutPadding(frame);
  if ((frame.flags & FLAG.priority) === 0) return { part: payload, dependsOn: undefined };
  if (payload.length < PRIORITY_BYTES)
    throw new ConnectionError(ERROR_CODE.frameSizeError, "HEADERS is too short for its priority");
  return {
    part: payload.subarray(PRIORITY_BYTES),
    dependsOn: payload.readUInt32BE(0) & MAX_STREAM_ID,
  };
}
