import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";

/** One stretch of a {@link RecordLog}, as it is read. */
export interface RecordBatch {
  /** The number of the first of them. */
  readonly firstIndex: number;
  readonly records: readonly string[];
}

/** What is compressed together: large enough to compress well, small enough to be read at once. */
const CHUNK_BYTES = 262_144;
/** Measured on strace's lines: a seventh is left, at 250 MB/s; higher levels save little more. */
const LEVEL = 1;

const compress = promisify(gzip);
const decompress = promisify(gunzip);

interface Chunk {
  readonly firstIndex: number;
  count: number;
  earliest: number;
  latest: number;
  plainBytes: number;
  held:
    | { readonly kind: "plain"; readonly records: string[] }
    | { readonly kind: "packed"; readonly bytes: Buffer };
}

/**
 * Records of one line each, numbered from 0, kept compressed in memory. Appending never waits. Any number of readers
 * may read it while it grows, each at its own pace. Each chunk is a gzip member of its own (RFC 1952, section 2.2), so
 * that all of them, one after the other, are a file that gunzip reads.
 */
export class RecordLog {
  readonly #chunks: Chunk[] = [];
  /** Complete, and not compressed yet. One after the other is: what is dropped before its turn is gone at once. */
  readonly #sealed = new Set<Chunk>();
  #packing: Promise<void> | undefined;
  #waiting: PromiseWithResolvers<void> | undefined;
  #open: Chunk | undefined;
  #count = 0;
  #bytes = 0;
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
    return this.#bytes;
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
    this.#open ??= this.#addChunk(time);
    const chunk = this.#open;
    const bytes = record.length + 1;
    if (chunk.held.kind === "plain") chunk.held.records.push(record);
    chunk.count += 1;
    chunk.plainBytes += bytes;
    chunk.earliest = Math.min(chunk.earliest, time);
    chunk.latest = Math.max(chunk.latest, time);
    this.#bytes += bytes;
    this.#count += 1;
    if (chunk.plainBytes >= CHUNK_BYTES) this.#seal();
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

  /** Drops the oldest chunk, unless it is the only one. */
  dropOldest(): void {
    if (this.#chunks.length < 2) return;
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return;
    this.#sealed.delete(chunk);
    this.#bytes -= bytesOf(chunk);
  }

  /** What is there at this moment, as a log that has ended. */
  copy(): RecordLog {
    const copy = new RecordLog();
    for (const chunk of this.#chunks) {
      const { held } = chunk;
      // Those of the open chunk become more.
      const own = held.kind === "plain" ? { kind: "plain" as const, records: [...held.records] } : held;
      copy.#chunks.push({ ...chunk, held: own });
    }
    copy.#count = this.#count;
    copy.#bytes = this.#bytes;
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
      const end = chunk.firstIndex + chunk.count;
      if (end <= fromIndex) continue;
      if (chunk.latest < since || chunk.earliest > until) {
        yield { firstIndex: end, records: [] };
        continue;
      }
      const records = await recordsOf(chunk);
      const skipped = Math.max(0, fromIndex - chunk.firstIndex);
      yield { firstIndex: chunk.firstIndex + skipped, records: records.slice(skipped) };
    }
  }

  /** All that is there at this moment as one file of gzip, piece by piece. */
  async *packed(): AsyncGenerator<Buffer> {
    for (const { held } of [...this.#chunks]) {
      yield held.kind === "packed" ? held.bytes : await pack(held.records);
    }
  }

  #addChunk(time: number): Chunk {
    const chunk: Chunk = {
      ...{ firstIndex: this.#count, count: 0, earliest: time, latest: time, plainBytes: 0 },
      held: { kind: "plain", records: [] },
    };
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
      await this.#pack(chunk).catch(() => undefined);
      this.#sealed.delete(chunk);
    }
    this.#packing = undefined;
  }

  async #pack(chunk: Chunk): Promise<void> {
    if (chunk.held.kind !== "plain") return;
    const bytes = await pack(chunk.held.records);
    // It may have been dropped meanwhile, and is not counted then.
    if (this.#sealed.has(chunk)) this.#bytes += bytes.length - chunk.plainBytes;
    chunk.held = { kind: "packed", bytes };
  }

  #announce(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}

function bytesOf({ held, plainBytes }: Chunk): number {
  return held.kind === "packed" ? held.bytes.length : plainBytes;
}

async function recordsOf({ held }: Chunk): Promise<readonly string[]> {
  if (held.kind === "plain") return held.records;
  const records = (await decompress(held.bytes)).toString("utf8").split("\n");
  records.pop();
  return records;
}

function pack(records: readonly string[]): Promise<Buffer> {
  return compress(`${records.join("\n")}\n`, { level: LEVEL });
}
