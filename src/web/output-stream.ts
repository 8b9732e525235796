import { Readable } from "node:stream";

/** How an {@link OutputStream} behaves towards a reader that is slow or silent. */
export interface OutputStreamOptions {
  /** What may wait for the reader. Beyond, {@link OutputStream.offer} drops. */
  readonly maxQueuedBytes: number;
  /** Written after every `heartbeatMs` of silence, so that proxies and clients know we live. */
  readonly heartbeat?: string;
  readonly heartbeatMs?: number;
}

/**
 * A response body that never waits for its reader and never grows: what the reader does not take is dropped and counted.
 * Owner: the route that made it; it ends with {@link finish}, or by `destroy` when the client goes away.
 */
export class OutputStream extends Readable {
  readonly #maxQueuedBytes: number;
  readonly #timer: NodeJS.Timeout | undefined;
  /** What came in this turn: it goes on in one piece, since each costs the same however small it is. */
  #batch = "";
  #batchBytes = 0;
  #dropped = 0;
  #isFinished = false;

  constructor(options: OutputStreamOptions) {
    super({ highWaterMark: options.maxQueuedBytes });
    this.#maxQueuedBytes = options.maxQueuedBytes;
    const { heartbeat, heartbeatMs = 15_000 } = options;
    if (heartbeat !== undefined) {
      this.#timer = setInterval(() => {
        if (this.readableLength === 0 && this.#batch === "") this.push(heartbeat);
      }, heartbeatMs);
    }
  }

  /** How many chunks were dropped because the reader was too slow. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Hands a chunk to the reader, or drops it whole; tells which. After the end it drops. */
  offer(chunk: string): boolean {
    const bytes = Buffer.byteLength(chunk);
    // A push after the end would be an error of the stream, and would cut the answer.
    const isOver = this.destroyed || this.#isFinished;
    if (isOver || this.readableLength + this.#batchBytes + bytes > this.#maxQueuedBytes) {
      this.#dropped += 1;
      return false;
    }
    if (this.#batchBytes === 0) queueMicrotask(() => this.#pushBatch());
    this.#batch += chunk;
    this.#batchBytes += bytes;
    return true;
  }

  /** Ends the body, after `last`, which is never dropped. Only the first call counts. */
  finish(last = ""): void {
    if (this.destroyed || this.#isFinished) return;
    this.#pushBatch();
    this.#isFinished = true;
    clearInterval(this.#timer);
    if (last !== "") this.push(last);
    this.push(null);
  }

  #pushBatch(): void {
    const batch = this.#batch;
    this.#batch = "";
    this.#batchBytes = 0;
    if (batch === "" || this.destroyed) return;
    this.push(batch);
    this.#timer?.refresh();
  }

  override _read(): void {
    // Nothing to fetch: the chunks are pushed when they happen.
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearInterval(this.#timer);
    callback(error);
  }
}

/** One event of a `text/event-stream` (WHATWG HTML, section 9.2). */
export function sseEvent(event: string, data: string, id?: string): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\n${lines.join("")}\n`;
}
