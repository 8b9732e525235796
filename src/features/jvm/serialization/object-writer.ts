import { type ByteOutput, createByteOutput } from "./byte-output.ts";
import type {
  JavaArray,
  JavaClass,
  JavaClassValue,
  JavaEnum,
  JavaObject,
  JavaValue,
  ObjectPart,
} from "./java-values.ts";
import { encodeModifiedUtf8 } from "./modified-utf8.ts";
import { BASE_HANDLE, SC, STREAM_MAGIC, STREAM_VERSION, TC } from "./protocol.ts";

/** Writes streams of the Java object serialization protocol, from the values that the reader gives. */
export interface ObjectWriter {
  /** Writes bytes as the primitives of a `writeObject`, or of a call. */
  writeBlock(bytes: Uint8Array): void;
  writeValue(value: JavaValue): void;
  /** The stream from its beginning. */
  take(): Buffer;
}

/** What a stream is for. */
export interface WriterOptions {
  /** `rmi`: each class says where it could be loaded from, which is nowhere. `plain`: it says nothing. */
  readonly annotation: "rmi" | "plain";
}

interface WriteContext {
  readonly output: ByteOutput;
  readonly options: WriterOptions;
  /** Of what has been written; classes, objects and arrays by their identity, as Java does. */
  readonly handles: Map<JavaClass | JavaValue, number>;
  /** Of the types of fields, which Java keeps only once. */
  readonly signatures: Map<string, number>;
  next: number;
}

const MAX_SHORT = 65_535;
const MAX_BLOCK = 255;

/** Makes a writer of one stream; what every stream begins with is written already. */
export function createObjectWriter(options: WriterOptions): ObjectWriter {
  const output = createByteOutput();
  output.u16(STREAM_MAGIC);
  output.u16(STREAM_VERSION);
  const context: WriteContext = {
    output,
    options,
    handles: new Map(),
    signatures: new Map(),
    next: BASE_HANDLE,
  };
  return {
    writeBlock: (bytes) => writeBlock(context, bytes),
    writeValue: (value) => writeValue(context, value),
    take: () => output.take(),
  };
}

function writeBlock({ output }: WriteContext, bytes: Uint8Array): void {
  if (bytes.length > MAX_BLOCK) {
    output.u8(TC.blockDataLong);
    output.i32(bytes.length);
  } else {
    output.u8(TC.blockData);
    output.u8(bytes.length);
  }
  output.bytes(bytes);
}

function writeValue(context: WriteContext, value: JavaValue): void {
  if (value === null) context.output.u8(TC.null);
  else if (typeof value === "string") writeString(context, value);
  else if (typeof value !== "object") throw new TypeError("a primitive can't be written as an object");
  else if (value.kind === "block") writeBlock(context, value.bytes);
  else if (!writeReference(context, value)) writeNew(context, value);
}

function writeNew(context: WriteContext, value: JavaObject | JavaArray | JavaEnum | JavaClassValue): void {
  switch (value.kind) {
    case "object":
      writeObject(context, value);
      break;
    case "array":
      writeArray(context, value);
      break;
    case "enum":
      context.output.u8(TC.enum);
      writeClass(context, value.type);
      remember(context, value);
      writeString(context, value.constant);
      break;
    case "class":
      context.output.u8(TC.class);
      writeClass(context, value.type);
      remember(context, value);
      break;
  }
}

function writeReference({ output, handles }: WriteContext, target: JavaClass | JavaValue): boolean {
  const handle = handles.get(target);
  if (handle === undefined) return false;
  output.u8(TC.reference);
  output.i32(handle);
  return true;
}

function remember(context: WriteContext, target: JavaClass | JavaValue): void {
  context.handles.set(target, context.next);
  context.next += 1;
}

function writeString(context: WriteContext, text: string): void {
  const { output } = context;
  const bytes = encodeModifiedUtf8(text);
  if (bytes.length > MAX_SHORT) {
    output.u8(TC.longString);
    output.i64(BigInt(bytes.length));
  } else {
    output.u8(TC.string);
    output.u16(bytes.length);
  }
  output.bytes(bytes);
  // Strings have no identity here, but each takes a handle.
  context.next += 1;
}

function writeSignature(context: WriteContext, signature: string): void {
  const handle = context.signatures.get(signature);
  if (handle === undefined) {
    context.signatures.set(signature, context.next);
    writeString(context, signature);
  } else {
    context.output.u8(TC.reference);
    context.output.i32(handle);
  }
}

function writeUtf(output: ByteOutput, text: string): void {
  const bytes = encodeModifiedUtf8(text);
  output.u16(bytes.length);
  output.bytes(bytes);
}

function writeClass(context: WriteContext, type: JavaClass | null): void {
  const { output } = context;
  if (type === null) {
    output.u8(TC.null);
    return;
  }
  if (writeReference(context, type)) return;
  if (type.interfaces.length > 0) throw new TypeError("a proxy can't be written");
  output.u8(TC.classDesc);
  writeUtf(output, type.name);
  output.i64(type.serialVersionUid);
  remember(context, type);
  output.u8(type.flags);
  output.u16(type.fields.length);
  for (const { typeCode, name, signature } of type.fields) {
    output.u8(typeCode.charCodeAt(0));
    writeUtf(output, name);
    if (signature !== null) writeSignature(context, signature);
  }
  if (context.options.annotation === "rmi") output.u8(TC.null);
  output.u8(TC.endBlockData);
  writeClass(context, type.superClass);
}

function writeObject(context: WriteContext, object: JavaObject): void {
  context.output.u8(TC.object);
  writeClass(context, object.type);
  remember(context, object);
  for (const part of object.parts) writePart(context, part);
}

function writePart(context: WriteContext, { type, fields, annotation }: ObjectPart): void {
  for (const { name, typeCode } of type.fields) {
    const value = fields.get(name);
    if (value === undefined) throw new TypeError(`${type.name} without its field ${name}`);
    writePrimitive(context, typeCode, value);
  }
  if ((type.flags & (SC.writeMethod | SC.externalizable)) === 0) return;
  for (const value of annotation) writeValue(context, value);
  context.output.u8(TC.endBlockData);
}

function writeArray(context: WriteContext, array: JavaArray): void {
  const { output } = context;
  output.u8(TC.array);
  writeClass(context, array.type);
  remember(context, array);
  output.i32(array.elements.length);
  const typeCode = array.type.name[1] ?? "";
  for (const element of array.elements) writePrimitive(context, typeCode, element);
}

/** Writes a field or an element: a primitive by the type code, anything else as an object. */
function writePrimitive(context: WriteContext, typeCode: string, value: JavaValue): void {
  const write = PRIMITIVES[typeCode];
  if (write === undefined) writeValue(context, value);
  else write(context.output, value);
}

const PRIMITIVES: Readonly<Record<string, (output: ByteOutput, value: JavaValue) => void>> = {
  B: (output, value) => output.u8(Number(value)),
  C: (output, value) => output.u16(typeof value === "string" ? value.charCodeAt(0) : Number(value)),
  D: (output, value) => output.f64(Number(value)),
  F: (output, value) => output.f32(Number(value)),
  I: (output, value) => output.i32(Number(value)),
  J: (output, value) => output.i64(typeof value === "bigint" ? value : BigInt(Number(value))),
  S: (output, value) => output.u16(Number(value)),
  Z: (output, value) => output.u8(Number(value)),
};
