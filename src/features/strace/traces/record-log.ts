import { gzipSync } from "node:zlib";
import type { ResultPart } from "../../../web/kept-results.ts";
import { RecordChunk } from "./record-chunk.ts";

/** One stretch of a {@link RecordLog}, as it is read. */
export interface RecordBatch {
  /** The number of the first of them. */
  readonly firstIndex: number;
  readonly records: readonly string[];
}

/** What is compressed together: large enough to compress well, small enough to be read at once. */
const CHUNK_BYTES = 262_144;

/**
 * Records of one line each, numbered from 0, kept compressed in memory. Appending never waits. Any number of readers
 * may read it while it grows, each at its own pace. Each chunk is a gzip member of its own (RFC 1952, section 2.2), so
 * that all of them, one after the other, are a file that gunzip reads.
 */
export class RecordLog {
  readonly #chunks: RecordChunk[] = [];
  /** Complete, and not compressed yet. One after the other is: what is dropped before its turn is gone at once. */
  readonly #sealed = new Set<RecordChunk>();
  #packing: Promise<void> | undefined;
  #waiting: PromiseWithResolvers<void> | undefined;
  #open: RecordChunk | undefined;
  #count = 0;
  #isEnded = false;

  /** How many were appended, those that were dropped since among them. */
  get count(): number {
    return this.#count;
  }

  /** The number of the first that is still there; {@link count} where none is. */
  get firstIndex(): number {
    return this.#chunks[0]?.firstIndex ?? this.#count;
  }

  /** What it holds in memory. */
  get bytes(): number {
    return this.#chunks.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** What it holds in memory, piece by piece: copies have the same ones. */
  get parts(): readonly ResultPart[] {
    return this.#chunks;
  }

  /**
   * When the first that is still there was appended, by the clock of `performance.now()`; undefined where none is. Its
   * own time may be that of the beginning of a call that lasted long.
   */
  get beganAtMs(): number | undefined {
    return this.#chunks[0]?.beganAtMs;
  }

  /** Whether nothing will be appended any more. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /**
   * Appends a record.
   * @param record without its line end.
   * @param time in seconds since 1970, by which {@link dropBefore} and readers choose; they need not ascend.
   */
  append(record: string, time: number): void {
    if (this.#isEnded) return;
    this.#open ??= this.#addChunk();
    this.#open.append(record, time);
    this.#count += 1;
    if (this.#open.bytes >= CHUNK_BYTES) this.#seal();
    this.#announce();
  }

  /** Takes no more records, and tells those who wait for some. */
  end(): void {
    this.#isEnded = true;
    this.#seal();
    this.#announce();
  }

  /** Drops what is wholly older than a time, in chunks. */
  dropBefore(time: number): void {
    while (this.#chunks.length > 1 && (this.#chunks[0]?.latest ?? time) < time) this.dropOldest();
  }

  /** Drops the oldest chunk, unless it is the only one, and gives what was dropped. */
  dropOldest(): ResultPart | undefined {
    if (this.#chunks.length < 2) return undefined;
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) this.#sealed.delete(chunk);
    return chunk;
  }

  /** What is there at this moment, as a log that has ended; the two share all of it. */
  copy(): RecordLog {
    // Those of an open chunk become more.
    this.#seal();
    const copy = new RecordLog();
    copy.#chunks.push(...this.#chunks);
    copy.#count = this.#count;
    copy.#isEnded = true;
    return copy;
  }

  /** Resolves with the next record, or the end. */
  changed(): Promise<void> {
    this.#waiting ??= Promise.withResolvers();
    return this.#waiting.promise;
  }

  /**
   * What is there at this moment, in stretches, from a number on; later records come with a later call.
   * @param span leaves out what lies wholly outside, by empty stretches at its end: what is given may lie outside too.
   */
  async *read(
    fromIndex = 0,
    span: { readonly since?: number; readonly until?: number } = {},
  ): AsyncGenerator<RecordBatch> {
    const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = span;
    for (const chunk of [...this.#chunks]) {
      const { firstIndex, endIndex } = chunk;
      if (endIndex <= fromIndex) continue;
      if (chunk.latest < since || chunk.earliest > until) {
        yield { firstIndex: endIndex, records: [] };
        continue;
      }
      const records = await chunk.records();
      const skipped = Math.max(0, fromIndex - firstIndex);
      yield { firstIndex: firstIndex + skipped, records: records.slice(skipped) };
    }
  }

  /** All that is there at this moment as one file of gzip, piece by piece. */
  async *packed(): AsyncGenerator<Buffer> {
    // No bytes at all are no file of gzip.
    if (this.#chunks.length === 0) yield gzipSync("");
    for (const chunk of [...this.#chunks]) yield await chunk.packed();
  }

  #addChunk(): RecordChunk {
    const chunk = new RecordChunk(this.#count);
    this.#chunks.push(chunk);
    return chunk;
  }

  #seal(): void {
    const chunk = this.#open;
    this.#open = undefined;
    if (chunk === undefined) return;
    this.#sealed.add(chunk);
    this.#packing ??= this.#packSealed();
  }

  async #packSealed(): Promise<void> {
    for (const chunk of this.#sealed) {
      // Where there is no memory for it, say, it stays as it is.
      await chunk.pack().catch(() => undefined);
      this.#sealed.delete(chunk);
    }
    this.#packing = undefined;
  }

  #announce(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}
