import { type ByteInput, need, type Reading } from "../serialization/byte-input.ts";
import type { JavaValue } from "../serialization/java-values.ts";
import { createObjectReader } from "../serialization/object-reader.ts";
import type { ReadLimits } from "../serialization/read-limits.ts";
import { JavaStreamError } from "../serialization/stream-error.ts";
import { MESSAGE } from "./call.ts";
import type { RemoteMethod } from "./method.ts";

/** What a call has come to. */
export type Reply =
  | { readonly kind: "returned"; readonly value: JavaValue }
  | { readonly kind: "threw"; readonly throwable: JavaValue };

const NORMAL = 1;
const EXCEPTION = 2;
/** What kind of return it is, and an identity that only an acknowledgement would need. */
const HEAD_BYTES = 15;

/** How a result that is a primitive is read; a result of any other type is an object. */
const PRIMITIVES: Readonly<Record<string, { bytes: number; read(bytes: Buffer): JavaValue }>> = {
  Z: { bytes: 1, read: (bytes) => bytes[0] !== 0 },
  I: { bytes: 4, read: (bytes) => bytes.readInt32BE() },
  J: { bytes: 8, read: (bytes) => bytes.readBigInt64BE() },
};

/** Reads the reply to a call of a method. */
export function* readReply(input: ByteInput, limits: ReadLimits, method: RemoteMethod): Reading<Reply> {
  yield* need(input, 1);
  const message = input.u8();
  if (message !== MESSAGE.returnData) throw new JavaStreamError("it is no reply to a call", 0);
  const reader = createObjectReader(input, limits);
  yield* reader.readHeader();
  const head = yield* readBlock(reader.readValue(), input);
  const kind = head[0];
  if (head.length < HEAD_BYTES || (kind !== NORMAL && kind !== EXCEPTION)) {
    throw new JavaStreamError("the head of a reply is malformed", input.offset);
  }
  if (kind === EXCEPTION) return { kind: "threw", throwable: yield* reader.readValue() };
  if (method.result === "V") return { kind: "returned", value: null };
  const primitive = PRIMITIVES[method.result];
  if (primitive === undefined) return { kind: "returned", value: yield* reader.readValue() };
  const rest = head.subarray(HEAD_BYTES);
  if (rest.length < primitive.bytes) throw new JavaStreamError("a reply without its result", input.offset);
  return { kind: "returned", value: primitive.read(rest) };
}

/** Reads the answer to a ping. */
export function* readPingAck(input: ByteInput): Reading<void> {
  yield* need(input, 1);
  if (input.u8() !== MESSAGE.pingAck) throw new JavaStreamError("it is no answer to a ping", 0);
}

function* readBlock(reading: Reading<JavaValue>, input: ByteInput): Reading<Buffer> {
  const value = yield* reading;
  if (typeof value === "object" && value?.kind === "block") return value.bytes;
  throw new JavaStreamError("a reply without its head", input.offset);
}
