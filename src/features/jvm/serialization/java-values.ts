/**
 * What a stream holds, as plain values: classes are known only by how the stream describes them, and so a class that
 * nobody here has heard of is as good as any other. What is read can be written again (`write-object.ts`).
 */

/** A field as a class descriptor has it. */
export interface JavaField {
  readonly name: string;
  /** One of `BCDFIJSZ` for a primitive, `L` for an object, `[` for an array. */
  readonly typeCode: string;
  /** Of objects and arrays: `Ljava/lang/String;`, `[I`. */
  readonly signature: string | null;
}

/** A class as the stream describes it. */
export interface JavaClass {
  /** As `Class.getName` gives it: `java.lang.Integer`, `[I`, `[Ljava.lang.String;`. */
  readonly name: string;
  readonly serialVersionUid: bigint;
  /** The `SC_` bits of the protocol. */
  readonly flags: number;
  readonly fields: readonly JavaField[];
  readonly superClass: JavaClass | null;
  /** Of the class of a dynamic proxy, which has no name; otherwise empty. */
  readonly interfaces: readonly string[];
}

/** What one class of an object's hierarchy has written. */
export interface ObjectPart {
  readonly type: JavaClass;
  readonly fields: ReadonlyMap<string, JavaValue>;
  /** What its own `writeObject` or `writeExternal` has written beside the fields: objects, and raw bytes. */
  readonly annotation: readonly JavaValue[];
}

/** An object; the parts go from the uppermost serializable class down to its own. */
export interface JavaObject {
  readonly kind: "object";
  readonly type: JavaClass;
  readonly parts: readonly ObjectPart[];
}

/** The elements of an array of primitives; of `boolean` as 0 and 1, of `char` as UTF-16 units. */
export type PrimitiveElements =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** An array. */
export interface JavaArray {
  readonly kind: "array";
  readonly type: JavaClass;
  readonly elements: readonly JavaValue[] | PrimitiveElements;
}

/** A constant of an enum. */
export interface JavaEnum {
  readonly kind: "enum";
  readonly type: JavaClass;
  readonly constant: string;
}

/** A `java.lang.Class`. */
export interface JavaClassValue {
  readonly kind: "class";
  readonly type: JavaClass;
}

/** Bytes that a `writeObject` has written as primitives. */
export interface JavaBlock {
  readonly kind: "block";
  readonly bytes: Buffer;
}

/**
 * Any value. A string is a `java.lang.String`, or a `char` where the field is one; a number is a primitive of up to 32
 * bits, `float` or `double`; a bigint is a `long`. Boxed values are objects. Values may refer to themselves.
 */
export type JavaValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | JavaObject
  | JavaArray
  | JavaEnum
  | JavaClassValue
  | JavaBlock;

/** Tells whether it is an object (no array, enum, string…). */
export function isJavaObject(value: JavaValue | undefined): value is JavaObject {
  return typeof value === "object" && value !== null && value.kind === "object";
}

/** Tells whether it is an array. */
export function isJavaArray(value: JavaValue | undefined): value is JavaArray {
  return typeof value === "object" && value !== null && value.kind === "array";
}

/** A field's value, looked for from the object's own class upwards; undefined where there is none of that name. */
export function fieldOf(object: JavaObject, name: string): JavaValue | undefined {
  for (let index = object.parts.length - 1; index >= 0; index -= 1) {
    const value = object.parts[index]?.fields.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** A field that holds text; undefined where it holds anything else. */
export function textFieldOf(object: JavaObject, name: string): string | undefined {
  const value = fieldOf(object, name);
  return typeof value === "string" ? value : undefined;
}

/** What the class of that name has written of the object; undefined where it is none of its classes. */
export function partOf(object: JavaObject, className: string): ObjectPart | undefined {
  return object.parts.find(({ type }) => type.name === className);
}

/** The names of an object's class and of those above it, its own first. */
export function classNamesOf(type: JavaClass): string[] {
  const names: string[] = [];
  for (let at: JavaClass | null = type; at !== null; at = at.superClass) names.push(at.name);
  return names;
}

/** Tells whether an object is of that class, or of one below it. */
export function isInstance(value: JavaValue | undefined, className: string): value is JavaObject {
  let at = isJavaObject(value) ? value.type : null;
  while (at !== null && at.name !== className) at = at.superClass;
  return at !== null;
}

/** The elements of an array as values, at most so many. */
export function elementsOf(array: JavaArray, limit = Number.POSITIVE_INFINITY): readonly JavaValue[] {
  const { elements, type } = array;
  const count = Math.min(elements.length, limit);
  if (!ArrayBuffer.isView(elements)) return count === elements.length ? elements : elements.slice(0, count);
  if (elements instanceof BigInt64Array) return [...elements.subarray(0, count)];
  const values = [...elements.subarray(0, count)];
  if (type.name === "[Z") return values.map((value) => value === 1);
  if (type.name === "[C") return values.map((value) => String.fromCharCode(Number(value)));
  return values;
}
