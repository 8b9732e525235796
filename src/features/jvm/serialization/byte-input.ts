import { JavaStreamError } from "./stream-error.ts";

/** Bytes that come in pieces and are read in order; what has been read is let go. */

/** Reads big-endian values. Whoever reads has made sure that enough is there: see {@link need}. */
export interface ByteInput {
  /** How many bytes have been read. */
  readonly offset: number;
  /** How many bytes are there to be read. */
  readonly available: number;
  /** How many more may ever be read. */
  readonly allowance: number;
  /** @throws {JavaStreamError} where more has come than is allowed. */
  append(chunk: Uint8Array): void;
  /** The next byte, which stays. */
  peek(): number;
  u8(): number;
  i8(): number;
  u16(): number;
  i16(): number;
  i32(): number;
  i64(): bigint;
  f32(): number;
  f64(): number;
  /** A view of the next bytes, good until the next `append`. */
  view(count: number): Buffer;
}

/** Reads something in steps: it yields whenever it must wait for more bytes. */
export type Reading<T> = Generator<undefined, T, undefined>;

const FIRST_BYTES = 4_096;

/** Makes an input that takes at most so many bytes. */
export function createByteInput(limitBytes: number): ByteInput {
  let buffer = Buffer.allocUnsafe(FIRST_BYTES);
  let start = 0;
  let end = 0;
  let passed = 0;
  const move = (count: number): number => {
    const at = start;
    start += count;
    return at;
  };
  const makeRoom = (count: number): void => {
    if (end + count <= buffer.length) return;
    const kept = end - start;
    const size = Math.max(FIRST_BYTES, 2 ** Math.ceil(Math.log2(kept + count)));
    // Never into itself: a view of what was there must stay what it is until it is copied.
    const larger = Buffer.allocUnsafe(size);
    buffer.copy(larger, 0, start, end);
    buffer = larger;
    passed += start;
    start = 0;
    end = kept;
  };
  return {
    get offset() {
      return passed + start;
    },
    get available() {
      return end - start;
    },
    get allowance() {
      return limitBytes - passed - start;
    },
    append(chunk) {
      if (passed + end + chunk.length > limitBytes) {
        throw new JavaStreamError(`more than the ${limitBytes} bytes that are allowed`, passed + end);
      }
      makeRoom(chunk.length);
      buffer.set(chunk, end);
      end += chunk.length;
    },
    peek: () => buffer.readUInt8(start),
    u8: () => buffer.readUInt8(move(1)),
    i8: () => buffer.readInt8(move(1)),
    u16: () => buffer.readUInt16BE(move(2)),
    i16: () => buffer.readInt16BE(move(2)),
    i32: () => buffer.readInt32BE(move(4)),
    i64: () => buffer.readBigInt64BE(move(8)),
    f32: () => buffer.readFloatBE(move(4)),
    f64: () => buffer.readDoubleBE(move(8)),
    view(count) {
      const at = move(count);
      return buffer.subarray(at, at + count);
    },
  };
}

/**
 * Waits until so many bytes are there.
 * @throws {JavaStreamError} at once where that can never be: what is announced is more than is allowed.
 */
export function* need(input: ByteInput, count: number): Reading<void> {
  if (count > input.allowance) {
    throw new JavaStreamError(`${count} bytes are announced, ${input.allowance} are allowed`, input.offset);
  }
  while (input.available < count) yield;
}

/**
 * Reads what is complete already.
 * @throws {JavaStreamError} where bytes are missing.
 */
export function readWhole<T>(input: ByteInput, reading: Reading<T>): T {
  const step = reading.next();
  if (step.done !== true) throw new JavaStreamError("it ends too early", input.offset + input.available);
  return step.value;
}
