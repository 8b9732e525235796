/** Bytes that are written in order, big-endian. */
export interface ByteOutput {
  u8(value: number): void;
  u16(value: number): void;
  i32(value: number): void;
  i64(value: bigint): void;
  f32(value: number): void;
  f64(value: number): void;
  bytes(value: Uint8Array): void;
  /** A copy of all that was written. */
  take(): Buffer;
}

const FIRST_BYTES = 256;

/** Makes an output. */
export function createByteOutput(): ByteOutput {
  let buffer = Buffer.allocUnsafe(FIRST_BYTES);
  let length = 0;
  const grow = (count: number): number => {
    const at = length;
    length += count;
    if (length > buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, buffer.length * 2));
      buffer.copy(larger, 0, 0, at);
      buffer = larger;
    }
    return at;
  };
  return {
    u8(value) {
      const at = grow(1);
      buffer[at] = value;
    },
    u16(value) {
      const at = grow(2);
      buffer.writeUInt16BE(value & 0xffff, at);
    },
    i32(value) {
      const at = grow(4);
      buffer.writeInt32BE(value, at);
    },
    i64(value) {
      const at = grow(8);
      buffer.writeBigInt64BE(value, at);
    },
    f32(value) {
      const at = grow(4);
      buffer.writeFloatBE(value, at);
    },
    f64(value) {
      const at = grow(8);
      buffer.writeDoubleBE(value, at);
    },
    bytes(value) {
      const at = grow(value.length);
      buffer.set(value, at);
    },
    take: () => Buffer.from(buffer.subarray(0, length)),
  };
}
