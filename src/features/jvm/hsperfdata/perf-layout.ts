/**
 * The format of HotSpot's performance data (perfMemory.hpp of OpenJDK, the same from Java 6 to 25): 32 bytes of head,
 * then entries, each with the name, the kind and the value of a counter. The JVM changes values in place while it runs,
 * so that what is read is of about one moment. The bytes belong to the app: nothing in them is taken on trust.
 */

/** A region is larger nowhere (`PerfDataMemorySize` ends there). */
export const MAX_PERF_BYTES = 2_097_152;
/** What stands before the entries. */
export const PERF_HEAD_BYTES = 32;
const MAX_COUNTERS = 4_096;
const MAX_NAME_BYTES = 256;
const MAX_TEXT_BYTES = 16_384;
const ENTRY_HEAD_BYTES = 20;
const MAGIC = 0xcafec0c0;
const MAJOR_VERSION = 2;
const LONG = "J".charCodeAt(0);
const BYTE = "B".charCodeAt(0);

/** The bytes are no performance data, or no longer whole. */
export class PerfDataError extends Error {
  override readonly name = "PerfDataError";
}

/** Where the value of a counter stands. */
interface Place {
  readonly offset: number;
  /** The most bytes of a text; 0: it is a number. */
  readonly textBytes: number;
}

/** Where everything is in a region, for as long as its head stays as it is. */
export interface PerfLayout {
  readonly head: Buffer;
  readonly isLittleEndian: boolean;
  readonly places: ReadonlyMap<string, Place>;
  /** The texts that were read last: what is still the same is not decoded again. */
  readonly texts: Map<string, KnownText>;
}

/** A text, and the bytes that it was read from, with the NUL that ends them. */
interface KnownText {
  readonly bytes: Buffer;
  readonly text: string;
  words?: readonly string[];
}

/** Tells whether bytes begin as performance data that is in use does. */
export function beginsPerfData(bytes: Buffer): boolean {
  return (
    bytes.length >= PERF_HEAD_BYTES &&
    bytes.readUInt32BE(0) === MAGIC &&
    bytes[5] === MAJOR_VERSION &&
    bytes[7] === 1
  );
}

/**
 * Finds all counters of a region.
 * @throws {PerfDataError} with the reason.
 */
export function parseLayout(bytes: Buffer): PerfLayout {
  if (bytes.length < PERF_HEAD_BYTES || bytes.readUInt32BE(0) !== MAGIC) {
    throw new PerfDataError("it does not begin as performance data does");
  }
  if (bytes[5] !== MAJOR_VERSION) throw new PerfDataError(`its version ${bytes[5]} is not known`);
  if (bytes[7] !== 1) throw new PerfDataError("the JVM is still making it");
  const isLittleEndian = bytes[4] === 1;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const int = (at: number) => view.getInt32(at, isLittleEndian);
  const end = Math.min(int(8), bytes.length);
  const count = int(28);
  if (count < 0 || count > MAX_COUNTERS) throw new PerfDataError(`it is said to have ${count} counters`);
  const places = new Map<string, Place>();
  let at = int(24);
  for (let index = 0; index < count; index++) {
    if (at < PERF_HEAD_BYTES || at + ENTRY_HEAD_BYTES > end)
      throw new PerfDataError("it ends within a counter");
    const length = int(at);
    if (length < ENTRY_HEAD_BYTES || at + length > end)
      throw new PerfDataError(`a counter has ${length} bytes`);
    const name = nameAt(bytes, at + int(at + 4), at + length);
    const place = placeOf({ type: bytes[at + 12], vector: int(at + 8), data: int(at + 16), at, length });
    if (place !== undefined) places.set(name, place);
    at += length;
  }
  return { head: Buffer.from(bytes.subarray(0, PERF_HEAD_BYTES)), isLittleEndian, places, texts: new Map() };
}

function nameAt(bytes: Buffer, start: number, end: number): string {
  const stop = start < 0 || start >= end ? -1 : bytes.indexOf(0, start);
  if (stop === -1 || stop >= end || stop - start > MAX_NAME_BYTES) {
    throw new PerfDataError("the name of a counter has no end");
  }
  return bytes.toString("latin1", start, stop);
}

interface Entry {
  readonly type: number | undefined;
  readonly vector: number;
  readonly data: number;
  readonly at: number;
  readonly length: number;
}

/** HotSpot has numbers of 64 bits and texts; of another kind there is none that is known. */
function placeOf({ type, vector, data, at, length }: Entry): Place | undefined {
  const bytes = vector === 0 ? 8 : vector;
  if (bytes < 0 || data < 0 || data + bytes > length)
    throw new PerfDataError("a value lies outside of its counter");
  if (vector === 0 && type === LONG) return { offset: at + data, textBytes: 0 };
  if (vector > 0 && type === BYTE) return { offset: at + data, textBytes: Math.min(vector, MAX_TEXT_BYTES) };
  return undefined;
}

/** The counters of one moment. */
export interface PerfSample {
  /** A number; null where there is no such counter. Above 2^53 to the next that a double has. */
  number(name: string): number | null;
  /** A text; null where there is no such counter. */
  text(name: string): string | null;
  /** What a function makes of a text, which it is asked for again only when the text is another one. */
  words(name: string, split: (text: string) => readonly string[]): readonly string[] | null;
}

const TWO_TO_32 = 4_294_967_296;

/** Gives access to the counters of a region by its layout, whose head must be that of `bytes`. */
export function sampleOf(bytes: Buffer, { places, isLittleEndian, texts }: PerfLayout): PerfSample {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [high, low] = isLittleEndian ? [4, 0] : [0, 4];
  const known = (name: string): KnownText | null => {
    const place = places.get(name);
    if (place === undefined || place.textBytes === 0) return null;
    const before = texts.get(name);
    if (before !== undefined && stands(bytes, place.offset, before.bytes)) return before;
    const read = textAt(bytes, place);
    texts.set(name, read);
    return read;
  };
  return {
    number(name) {
      const place = places.get(name);
      if (place === undefined || place.textBytes !== 0 || place.offset + 8 > bytes.length) return null;
      const { offset } = place;
      // Rounded once, as Number() does with a bigint, which costs several times as much.
      return (
        view.getInt32(offset + high, isLittleEndian) * TWO_TO_32 +
        view.getUint32(offset + low, isLittleEndian)
      );
    },
    text: (name) => known(name)?.text ?? null,
    words(name, split) {
      const found = known(name);
      if (found === null) return null;
      found.words ??= split(found.text);
      return found.words;
    },
  };
}

function stands(bytes: Buffer, offset: number, wanted: Buffer): boolean {
  const end = offset + wanted.length;
  return end <= bytes.length && wanted.compare(bytes, offset, end) === 0;
}

function textAt(bytes: Buffer, { offset, textBytes }: Place): KnownText {
  const whole = bytes.subarray(offset, offset + textBytes);
  const stop = whole.indexOf(0);
  const end = stop === -1 ? whole.length : stop;
  // A copy: the sample itself is soon gone.
  return { bytes: Buffer.from(whole.subarray(0, end + 1)), text: whole.toString("utf8", 0, end) };
}
