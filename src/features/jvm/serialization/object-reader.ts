import { type ByteInput, need, type Reading } from "./byte-input.ts";
import type { JavaArray, JavaBlock, JavaEnum, JavaObject, JavaValue } from "./java-values.ts";
import { STREAM_MAGIC, STREAM_VERSION, TC } from "./protocol.ts";
import { readLength, readObjects, readPrimitives } from "./read-array.ts";
import { readRequiredClass } from "./read-class.ts";
import { createReadContext, type ReadContext, readUtf, readUtfBytes } from "./read-context.ts";
import type { ReadLimits } from "./read-limits.ts";
import { readObject } from "./read-object.ts";
import { JavaStreamError } from "./stream-error.ts";

/** Reads streams of the Java object serialization protocol, as the bytes come: such a stream does not say how long it is. */
export interface ObjectReader {
  /** Reads what every stream begins with. */
  readHeader(): Reading<void>;
  /** Reads one value: an object, or a block of bytes. */
  readValue(): Reading<JavaValue>;
}

/** Whoever wrote the stream failed in the midst of it, and says why; nothing that follows can be read. */
export class WriteAbortedError extends Error {
  override readonly name = "WriteAbortedError";
  /** The `Throwable`, such as a `java.io.NotSerializableException`. */
  readonly throwable: JavaValue;

  constructor(throwable: JavaValue) {
    super("the stream was given up by who wrote it");
    this.throwable = throwable;
  }
}

/**
 * Makes a reader of one stream. All that it reads throws a {@link JavaStreamError} where it is malformed or more than
 * the limits allow, and a {@link WriteAbortedError} where the writer gave up.
 */
export function createObjectReader(input: ByteInput, limits: ReadLimits): ObjectReader {
  const context: ReadContext = createReadContext(input, limits, () => readContent(context));
  return {
    *readHeader() {
      yield* need(input, 4);
      const { offset } = input;
      if (input.u16() !== STREAM_MAGIC || input.u16() !== STREAM_VERSION) {
        throw new JavaStreamError("it is no stream of Java objects", offset);
      }
    },
    readValue: () => readContent(context),
  };
}

function* readContent(context: ReadContext): Reading<JavaValue> {
  const { input } = context;
  if (input.available === 0) yield* need(input, 1);
  let tag = input.u8();
  while (tag === TC.reset) {
    if (context.depth > 0) context.fail("a reset within an object");
    context.reset();
    yield* need(input, 1);
    tag = input.u8();
  }
  context.enter();
  const read = CONTENTS.get(tag);
  const value =
    read === undefined ? context.fail(`0x${tag.toString(16)} begins nothing`) : yield* read(context);
  context.leave();
  return value;
}

const CONTENTS: ReadonlyMap<number, (context: ReadContext) => Reading<JavaValue>> = new Map<
  number,
  (context: ReadContext) => Reading<JavaValue>
>([
  [TC.null, readNull],
  [TC.reference, readReference],
  [TC.object, readObject],
  [TC.string, readString],
  [TC.longString, readLongString],
  [TC.array, readArray],
  [TC.class, readClassValue],
  [TC.enum, readEnum],
  [TC.blockData, readBlock],
  [TC.blockDataLong, readLongBlock],
  [TC.exception, readException],
]);

// biome-ignore lint/correctness/useYield: one of the readers of contents, and null has none.
function* readNull(): Reading<null> {
  return null;
}

function* readReference(context: ReadContext): Reading<JavaValue> {
  yield* need(context.input, 4);
  const target = context.resolve(context.input.i32());
  return target.isClass ? context.fail("a reference to a class where an object is needed") : target.value;
}

function* readString(context: ReadContext): Reading<string> {
  const handle = context.reserve();
  const value = yield* readUtf(context.input);
  context.set(handle, { isClass: false, value });
  return value;
}

function* readLongString(context: ReadContext): Reading<string> {
  const { input } = context;
  const handle = context.reserve();
  yield* need(input, 8);
  const length = input.i64();
  if (length < 0n || length > input.allowance) context.fail(`a string of ${length} bytes is announced`);
  const value = yield* readUtfBytes(input, Number(length));
  context.set(handle, { isClass: false, value });
  return value;
}

function* readArray(context: ReadContext): Reading<JavaArray> {
  const type = yield* readRequiredClass(context);
  const handle = context.reserve();
  const length = yield* readLength(context);
  const typeCode = type.name[1] ?? "";
  if (!type.name.startsWith("[")) context.fail("an array whose class is none of arrays");
  if (typeCode !== "L" && typeCode !== "[") {
    const elements = yield* readPrimitives(context, typeCode, length);
    const array: JavaArray = { kind: "array", type, elements };
    context.set(handle, { isClass: false, value: array });
    return array;
  }
  const elements: JavaValue[] = [];
  const array: JavaArray = { kind: "array", type, elements };
  context.set(handle, { isClass: false, value: array });
  yield* readObjects(context, length, elements);
  return array;
}

function* readClassValue(context: ReadContext): Reading<JavaValue> {
  const type = yield* readRequiredClass(context);
  const value: JavaValue = { kind: "class", type };
  context.set(context.reserve(), { isClass: false, value });
  return value;
}

function* readEnum(context: ReadContext): Reading<JavaEnum> {
  const type = yield* readRequiredClass(context);
  const handle = context.reserve();
  const constant = yield* context.readContent();
  if (typeof constant !== "string") return context.fail("an enum's constant without a name");
  const value: JavaEnum = { kind: "enum", type, constant };
  context.set(handle, { isClass: false, value });
  return value;
}

function* readBlock(context: ReadContext): Reading<JavaBlock> {
  yield* need(context.input, 1);
  return yield* readBytes(context, context.input.u8());
}

function* readLongBlock(context: ReadContext): Reading<JavaBlock> {
  yield* need(context.input, 4);
  const length = context.input.i32();
  return length < 0 ? context.fail("a block of a negative length") : yield* readBytes(context, length);
}

function* readBytes(context: ReadContext, length: number): Reading<JavaBlock> {
  yield* need(context.input, length);
  return { kind: "block", bytes: Buffer.from(context.input.view(length)) };
}

/** Both sides begin anew with the handles before the exception, and after it. */
function* readException(context: ReadContext): Reading<never> {
  context.reset();
  const throwable: JavaObject | JavaValue = yield* context.readContent();
  throw new WriteAbortedError(throwable);
}
