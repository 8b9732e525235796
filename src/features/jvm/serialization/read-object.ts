import { type ByteInput, need, type Reading } from "./byte-input.ts";
import type { JavaClass, JavaField, JavaObject, JavaValue, ObjectPart } from "./java-values.ts";
import { SC, TC } from "./protocol.ts";
import { readRequiredClass } from "./read-class.ts";
import type { ReadContext } from "./read-context.ts";

/** What the classes of an object have written (Java Object Serialization Specification, section 6.4, `classdata`). */

const PRIMITIVES: Readonly<Record<string, { bytes: number; read(input: ByteInput): JavaValue }>> = {
  B: { bytes: 1, read: (input) => input.i8() },
  C: { bytes: 2, read: (input) => String.fromCharCode(input.u16()) },
  D: { bytes: 8, read: (input) => input.f64() },
  F: { bytes: 4, read: (input) => input.f32() },
  I: { bytes: 4, read: (input) => input.i32() },
  J: { bytes: 8, read: (input) => input.i64() },
  S: { bytes: 2, read: (input) => input.i16() },
  Z: { bytes: 1, read: (input) => input.u8() !== 0 },
};
const NO_FIELDS: ReadonlyMap<string, JavaValue> = new Map();
const NO_ANNOTATION: readonly JavaValue[] = [];

/** Reads an object, whose tag has been read. */
export function* readObject(context: ReadContext): Reading<JavaObject> {
  const type = yield* readRequiredClass(context);
  const parts: ObjectPart[] = [];
  const object: JavaObject = { kind: "object", type, parts };
  context.set(context.reserve(), { isClass: false, value: object });
  for (const part of fromAbove(type)) {
    context.spend(1);
    const fields = yield* readFields(context, part);
    parts.push({ type: part, fields, annotation: yield* readAnnotation(context, part) });
  }
  return object;
}

/** The classes of a hierarchy that write something, the uppermost first. */
function fromAbove(type: JavaClass): JavaClass[] {
  const classes: JavaClass[] = [];
  for (let at: JavaClass | null = type; at !== null; at = at.superClass) classes.push(at);
  return classes.reverse();
}

function* readFields(
  context: ReadContext,
  { flags, fields }: JavaClass,
): Reading<ReadonlyMap<string, JavaValue>> {
  if ((flags & SC.serializable) === 0 || fields.length === 0) return NO_FIELDS;
  context.spend(fields.length);
  const values = new Map<string, JavaValue>();
  for (const field of fields) values.set(field.name, yield* readField(context, field));
  return values;
}

function* readField(context: ReadContext, { typeCode }: JavaField): Reading<JavaValue> {
  const primitive = PRIMITIVES[typeCode];
  if (primitive === undefined) return yield* context.readContent();
  if (context.input.available < primitive.bytes) yield* need(context.input, primitive.bytes);
  return primitive.read(context.input);
}

function* readAnnotation(context: ReadContext, { name, flags }: JavaClass): Reading<readonly JavaValue[]> {
  if ((flags & (SC.externalizable | SC.writeMethod)) === 0) return NO_ANNOTATION;
  if ((flags & SC.externalizable) !== 0 && (flags & SC.blockData) === 0) {
    // Version 1 of the protocol: only the class itself knows where it ends.
    context.fail(`${name} writes itself in a way that only Java can read`);
  }
  const { input } = context;
  const annotation: JavaValue[] = [];
  for (;;) {
    if (input.available === 0) yield* need(input, 1);
    if (input.peek() === TC.endBlockData) break;
    context.spend(1);
    annotation.push(yield* context.readContent());
  }
  input.u8();
  return annotation;
}
