import { randomBytes } from "node:crypto";

/** The frames of WebSockets (RFC 6455 section 5.2), as far as a proxy must know them to end one decently. */

const CLOSE = 0x8;
const FIN = 0x80;
const MASKED = 0x80;
/** "Going away" (RFC 6455 section 7.4.1). */
const GOING_AWAY = 1001;
const REASON = "shutting down";
const MASK_BYTES = 4;
/** Two bytes, the longest length and the mask. */
const MAX_HEAD_BYTES = 2 + 8 + MASK_BYTES;

/** Follows one direction of a WebSocket: where its frames end. Nothing of it is kept. */
export class FrameTracker {
  readonly #head = Buffer.alloc(MAX_HEAD_BYTES);
  /** Bytes of the head of the present frame that have come. */
  #headBytes = 0;
  /** Bytes of its payload that have not. */
  #left = 0;
  #hasClosed = false;

  /** Whether a Close frame has begun: no frame may follow it (RFC 6455 section 5.5.1). */
  get hasClosed(): boolean {
    return this.#hasClosed;
  }

  /** Whether all frames so far are complete, so that a control frame may follow. */
  get isBetweenFrames(): boolean {
    return this.#left === 0 && this.#headBytes === 0;
  }

  /** Takes what came next. */
  take(piece: Buffer): void {
    let at = 0;
    while (at < piece.length) {
      if (this.#left === 0) {
        at = this.#takeHead(piece, at);
      } else {
        const part = Math.min(this.#left, piece.length - at);
        this.#left -= part;
        at += part;
      }
    }
  }

  #takeHead(piece: Buffer, from: number): number {
    const head = this.#head;
    let at = from;
    while (at < piece.length) {
      head[this.#headBytes] = piece[at] ?? 0;
      this.#headBytes += 1;
      at += 1;
      if (this.#headBytes === headLength(head, this.#headBytes)) {
        this.#begin();
        break;
      }
    }
    return at;
  }

  #begin(): void {
    const head = this.#head;
    this.#headBytes = 0;
    this.#left = payloadLength(head);
    if (((head[0] ?? 0) & 0x0f) === CLOSE) this.#hasClosed = true;
  }
}

const LENGTH_IN_2_BYTES = 126;
const LENGTH_IN_8_BYTES = 127;

/** How long the head is, as far as it can be told from so many bytes of it. */
function headLength(head: Buffer, bytes: number): number {
  if (bytes < 2) return 2;
  const second = head[1] ?? 0;
  const length = second & 0x7f;
  const more = length === LENGTH_IN_8_BYTES ? 8 : length === LENGTH_IN_2_BYTES ? 2 : 0;
  return 2 + more + ((second & MASKED) === 0 ? 0 : MASK_BYTES);
}

function payloadLength(head: Buffer): number {
  const length = (head[1] ?? 0) & 0x7f;
  if (length === LENGTH_IN_2_BYTES) return head.readUInt16BE(2);
  return length === LENGTH_IN_8_BYTES ? Number(head.readBigUInt64BE(2)) : length;
}

/** A Close frame that says "going away"; to the core masked, as what a client sends has to be (RFC 6455 section 5.3). */
export function goingAway(to: "client" | "core"): Buffer {
  const payload = Buffer.alloc(2 + REASON.length);
  payload.writeUInt16BE(GOING_AWAY);
  payload.write(REASON, 2, "latin1");
  if (to === "client") return Buffer.concat([Buffer.of(FIN | CLOSE, payload.length), payload]);
  const mask = randomBytes(MASK_BYTES);
  const masked = payload.map((byte, index) => byte ^ (mask[index % MASK_BYTES] ?? 0));
  return Buffer.concat([Buffer.of(FIN | CLOSE, MASKED | payload.length), mask, masked]);
}
