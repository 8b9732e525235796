import { need, type Reading } from "./byte-input.ts";
import type { JavaClass, JavaField } from "./java-values.ts";
import { PRIMITIVE_BYTES, SC, TC } from "./protocol.ts";
import { type ReadContext, readUtf } from "./read-context.ts";

/** Descriptors of classes (Java Object Serialization Specification, sections 4.3 and 6.4). */

/** A field costs more memory than a value. */
const FIELD_COST = 8;
/** What a class file allows (`interfaces_count`) is far more than any proxy has. */
const MAX_INTERFACES = 1_000;

/** Reads a class descriptor, or a reference to one; null where the stream has none. */
export function* readClass(context: ReadContext): Reading<JavaClass | null> {
  const { input } = context;
  yield* need(input, 1);
  const tag = input.u8();
  if (tag === TC.null) return null;
  if (tag === TC.reference) return yield* readReference(context);
  context.enter();
  const type =
    tag === TC.classDesc
      ? yield* readPlain(context)
      : tag === TC.proxyClassDesc
        ? yield* readProxy(context)
        : context.fail(`0x${tag.toString(16)} begins no class`);
  context.leave();
  return type;
}

/** Reads the class that an object must have. */
export function* readRequiredClass(context: ReadContext): Reading<JavaClass> {
  return (yield* readClass(context)) ?? context.fail("an object without a class");
}

function* readReference(context: ReadContext): Reading<JavaClass> {
  yield* need(context.input, 4);
  const target = context.resolve(context.input.i32());
  return target.isClass ? target.type : context.fail("a reference to an object where a class is needed");
}

function* readPlain(context: ReadContext): Reading<JavaClass> {
  const { input } = context;
  const name = yield* readUtf(input);
  yield* need(input, 8);
  const serialVersionUid = input.i64();
  // Its handle stands for nothing until it is complete: so no class can be above itself.
  const handle = context.reserve();
  yield* need(input, 3);
  const flags = input.u8();
  if ((flags & SC.serializable) !== 0 && (flags & SC.externalizable) !== 0) {
    context.fail("a class that is both serializable and externalizable");
  }
  const fields = yield* readFields(context, input.u16());
  yield* skipAnnotation(context);
  const superClass = yield* readClass(context);
  const type = { name, serialVersionUid, flags, fields, superClass, interfaces: [] };
  context.addClass(type);
  context.set(handle, { isClass: true, type });
  return type;
}

function* readProxy(context: ReadContext): Reading<JavaClass> {
  const { input } = context;
  const handle = context.reserve();
  yield* need(input, 4);
  const count = input.i32();
  if (count < 0 || count > MAX_INTERFACES) context.fail(`a proxy with ${count} interfaces`);
  const interfaces: string[] = [];
  for (let index = 0; index < count; index += 1) interfaces.push(yield* readUtf(input));
  yield* skipAnnotation(context);
  const superClass = yield* readClass(context);
  const name = `proxy of ${interfaces.join(", ")}`;
  const type = { name, serialVersionUid: 0n, flags: SC.serializable, fields: [], superClass, interfaces };
  context.addClass(type);
  context.set(handle, { isClass: true, type });
  return type;
}

function* readFields(context: ReadContext, count: number): Reading<readonly JavaField[]> {
  context.spend(count * FIELD_COST);
  const { input } = context;
  const fields: JavaField[] = [];
  let areObjects = false;
  for (let index = 0; index < count; index += 1) {
    yield* need(input, 1);
    const typeCode = String.fromCharCode(input.u8());
    const isObject = typeCode === "L" || typeCode === "[";
    if (!isObject && !PRIMITIVE_BYTES.has(typeCode)) context.fail("a field of no known type");
    if (!isObject && areObjects) context.fail("a primitive field after those that are objects");
    areObjects = isObject;
    const name = yield* readUtf(input);
    const signature = isObject ? yield* readSignature(context) : null;
    fields.push({ name, typeCode, signature });
  }
  return fields;
}

function* readSignature(context: ReadContext): Reading<string> {
  const value = yield* context.readContent();
  return typeof value === "string" ? value : context.fail("a field whose type is no text");
}

/** What `annotateClass` wrote: for RMI, where the class could be loaded from. Nothing is loaded here. */
function* skipAnnotation(context: ReadContext): Reading<void> {
  const { input } = context;
  for (;;) {
    yield* need(input, 1);
    if (input.peek() === TC.endBlockData) break;
    context.spend(1);
    yield* context.readContent();
  }
  input.u8();
}
