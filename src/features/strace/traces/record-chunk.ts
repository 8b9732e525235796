import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";

/** Measured on strace's lines: a seventh is left, at 250 MB/s; higher levels save little more. */
const LEVEL = 1;

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Some records, one after the other: as they are while they become more, and compressed once they are complete. */
export class RecordChunk {
  /** The number of its first record. */
  readonly firstIndex: number;
  /** When it was begun, by the clock of `performance.now()`. */
  readonly beganAtMs = performance.now();
  #plain: string[] = [];
  #packed: Buffer | undefined;
  #count = 0;
  #plainBytes = 0;
  #earliest = Number.POSITIVE_INFINITY;
  #latest = Number.NEGATIVE_INFINITY;

  constructor(firstIndex: number) {
    this.firstIndex = firstIndex;
  }

  /** The number of the first record after it. */
  get endIndex(): number {
    return this.firstIndex + this.#count;
  }

  /** What it holds in memory. */
  get bytes(): number {
    return this.#packed?.length ?? this.#plainBytes;
  }

  /** The earliest time of a record. */
  get earliest(): number {
    return this.#earliest;
  }

  /** The latest time of a record. */
  get latest(): number {
    return this.#latest;
  }

  /** Adds a record; to be called before {@link pack} only. */
  append(record: string, time: number): void {
    this.#plain.push(record);
    this.#count += 1;
    this.#plainBytes += record.length + 1;
    this.#earliest = Math.min(this.#earliest, time);
    this.#latest = Math.max(this.#latest, time);
  }

  /** Gives its records. */
  async records(): Promise<readonly string[]> {
    if (this.#packed === undefined) return this.#plain;
    const records = (await decompress(this.#packed)).toString("utf8").split("\n");
    records.pop();
    return records;
  }

  /** Gives it as a member of a file of gzip. */
  async packed(): Promise<Buffer> {
    return this.#packed ?? (await compress(`${this.#plain.join("\n")}\n`, { level: LEVEL }));
  }

  /** Compresses what it holds. */
  async pack(): Promise<void> {
    this.#packed = await this.packed();
    this.#plain = [];
  }
}
