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
  #dropped = 0;

  constructor(options: OutputStreamOptions) {
    super({ highWaterMark: options.maxQueuedBytes });
    this.#maxQueuedBytes = options.maxQueuedBytes;
    const { heartbeat, heartbeatMs = 15_000 } = options;
    if (heartbeat !== undefined) {
      this.#timer = setInterval(() => {
        if (this.readableLength === 0 && !this.readableEnded) this.push(heartbeat);
      }, heartbeatMs);
    }
  }

  /** How many chunks were dropped because the reader was too slow. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Hands a chunk to the reader, or drops it whole; tells which. */
  offer(chunk: string): boolean {
    if (this.destroyed || this.readableLength + chunk.length > this.#maxQueuedBytes) {
      this.#dropped += 1;
      return false;
    }
    this.push(chunk);
    return true;
  }

  /** Ends the body, after `last`, which is never dropped. */
  finish(last = ""): void {
    if (this.destroyed) return;
    clearInterval(this.#timer);
    if (last !== "") this.push(last);
    this.push(null);
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
