import { createByteOutput } from "./byte-output.ts";
import type { JavaArray, JavaClass, JavaField, JavaObject, JavaValue, ObjectPart } from "./java-values.ts";
import { SC } from "./protocol.ts";

/** Makes values of classes of Java's own to be sent; identities of classes (`serialVersionUID`) are part of their contract. */

/**
 * Describes a class.
 * @param fields such as `I value` or `Ljava/lang/String; name`: primitives first, each by name.
 */
export function javaClass(
  name: string,
  serialVersionUid: bigint,
  fields: readonly string[] = [],
  { superClass = null, flags = SC.serializable }: { superClass?: JavaClass | null; flags?: number } = {},
): JavaClass {
  const described = fields.map((field): JavaField => {
    const [type = "", fieldName = ""] = field.split(" ");
    return { name: fieldName, typeCode: type[0] ?? "", signature: type.length > 1 ? type : null };
  });
  return { name, serialVersionUid, flags, fields: described, superClass, interfaces: [] };
}

/** Makes an object of what each of its classes writes, the uppermost first. */
export function javaObject(type: JavaClass, ...own: readonly Omit<ObjectPart, "type">[]): JavaObject {
  const classes: JavaClass[] = [];
  for (let at: JavaClass | null = type; at !== null; at = at.superClass) classes.unshift(at);
  const parts = classes.map((part, index) => ({ type: part, ...(own[index] ?? NOTHING) }));
  return { kind: "object", type, parts };
}

/** What one class writes. */
export function part(
  fields: Readonly<Record<string, JavaValue>>,
  annotation: readonly JavaValue[] = [],
): Omit<ObjectPart, "type"> {
  return { fields: new Map(Object.entries(fields)), annotation };
}

const NOTHING = part({});
/** For classes with a `writeObject` of their own. */
export const WRITES_ITSELF = { flags: SC.serializable | SC.writeMethod };

const NUMBER = javaClass("java.lang.Number", -8742448824652078965n);
const OF_NUMBER = { superClass: NUMBER };

/** The classes of boxed primitives. */
const BOXES = {
  "java.lang.Boolean": javaClass("java.lang.Boolean", -3665804199014368530n, ["Z value"]),
  "java.lang.Byte": javaClass("java.lang.Byte", -7183698231559129828n, ["B value"], OF_NUMBER),
  "java.lang.Character": javaClass("java.lang.Character", 3786198910865385080n, ["C value"]),
  "java.lang.Double": javaClass("java.lang.Double", -9172774392245257468n, ["D value"], OF_NUMBER),
  "java.lang.Float": javaClass("java.lang.Float", -2671257302660747028n, ["F value"], OF_NUMBER),
  "java.lang.Integer": javaClass("java.lang.Integer", 1360826667806852920n, ["I value"], OF_NUMBER),
  "java.lang.Long": javaClass("java.lang.Long", 4290774380558885855n, ["J value"], OF_NUMBER),
  "java.lang.Short": javaClass("java.lang.Short", 7515723908773894738n, ["S value"], OF_NUMBER),
} as const;

/** The name of a class of boxed primitives. */
export type BoxName = keyof typeof BOXES;

/** Boxes a primitive; one of `long` is a bigint, one of `char` a text of one UTF-16 unit. */
export function box(name: BoxName, value: boolean | number | bigint | string): JavaObject {
  const type = BOXES[name];
  const own = part({ value });
  return type.superClass === null ? javaObject(type, own) : javaObject(type, NOTHING, own);
}

/** Of an array's class Java checks the name alone (`ObjectStreamClass.initNonProxy`); these it computes itself. */
const ARRAY_UIDS: ReadonlyMap<string, bigint> = new Map([
  ["[B", -5984413125824719648n],
  ["[C", -5753798564021173076n],
  ["[D", 4514449696888150558n],
  ["[F", 836686056779680834n],
  ["[I", 5600894804908749477n],
  ["[J", 8655923659555304851n],
  ["[S", -1188055269542874886n],
  ["[Z", 6309297032502205922n],
  ["[Ljava.lang.Object;", -8012369246846506644n],
  ["[Ljava.lang.String;", -5921575005990323385n],
]);

/** Makes an array of a class such as `[I` or `[Ljava.lang.String;`. */
export function javaArray(className: string, elements: JavaArray["elements"]): JavaArray {
  return { kind: "array", type: javaClass(className, ARRAY_UIDS.get(className) ?? 0n), elements };
}

/** Makes a `String[]`. */
export function stringArray(texts: readonly string[]): JavaArray {
  return javaArray("[Ljava.lang.String;", texts);
}

const BIG_INTEGER_FIELDS = [
  "I bitCount",
  "I bitLength",
  "I firstNonzeroByteNum",
  "I lowestSetBit",
  "I signum",
  "[B magnitude",
];
const BIG_INTEGER = javaClass("java.math.BigInteger", -8287574255936472291n, BIG_INTEGER_FIELDS, {
  ...OF_NUMBER,
  ...WRITES_ITSELF,
});
const BIG_DECIMAL = javaClass(
  "java.math.BigDecimal",
  6108874887143696463n,
  ["I scale", "Ljava/math/BigInteger; intVal"],
  { ...OF_NUMBER, ...WRITES_ITSELF },
);

/** Makes a `BigInteger`. */
export function bigInteger(value: bigint): JavaObject {
  const digits = (value < 0n ? -value : value).toString(16);
  const hex = value === 0n ? "" : digits.padStart(digits.length + (digits.length % 2), "0");
  const magnitude = javaArray("[B", new Int8Array(Buffer.from(hex, "hex")));
  const signum = value === 0n ? 0 : value < 0n ? -1 : 1;
  // What the other fields once kept, Java computes anew from these.
  const unused = { bitCount: -1, bitLength: -1, firstNonzeroByteNum: -2, lowestSetBit: -2 };
  return javaObject(BIG_INTEGER, NOTHING, part({ ...unused, signum, magnitude }));
}

/** Makes a `BigDecimal`: `unscaled` divided by ten to the `scale`. */
export function bigDecimal(unscaled: bigint, scale: number): JavaObject {
  return javaObject(BIG_DECIMAL, NOTHING, part({ scale, intVal: bigInteger(unscaled) }));
}

const DATE = javaClass("java.util.Date", 7523967970034938905n, [], WRITES_ITSELF);
export const ARRAY_LIST = javaClass("java.util.ArrayList", 8683452581122892189n, ["I size"], WRITES_ITSELF);
const VECTOR = javaClass(
  "java.util.Vector",
  -2767605614048989439n,
  ["I capacityIncrement", "I elementCount", "[Ljava/lang/Object; elementData"],
  WRITES_ITSELF,
);
const HASH_MAP = javaClass(
  "java.util.HashMap",
  362498820763181265n,
  ["F loadFactor", "I threshold"],
  WRITES_ITSELF,
);
/** Java reads the number, and makes its own of it. */
const HASH_BUCKETS = 16;
const TREE_MAP = javaClass(
  "java.util.TreeMap",
  919286545866124006n,
  ["Ljava/util/Comparator; comparator"],
  WRITES_ITSELF,
);

/** Makes a `java.util.Date`. */
export function javaDate(timeMs: number): JavaObject {
  const output = createByteOutput();
  output.i64(BigInt(timeMs));
  return javaObject(DATE, part({}, [{ kind: "block", bytes: output.take() }]));
}

/** Makes a `java.util.ArrayList`. */
export function arrayList(elements: readonly JavaValue[]): JavaObject {
  return javaObject(ARRAY_LIST, arrayListPart(elements));
}

/** What `ArrayList` writes, for the classes below it; and {@link ARRAY_LIST} is what they are below. */
export function arrayListPart(elements: readonly JavaValue[]): Omit<ObjectPart, "type"> {
  return part({ size: elements.length }, [intBlock(elements.length), ...elements]);
}

/** Makes a `java.util.Vector`. */
export function vector(elements: readonly JavaValue[]): JavaObject {
  const elementData = javaArray("[Ljava.lang.Object;", elements);
  return javaObject(VECTOR, part({ capacityIncrement: 0, elementCount: elements.length, elementData }));
}

/** Makes a `java.util.TreeMap` with texts as keys, in their natural order. */
export function treeMap(entries: readonly (readonly [string, JavaValue])[]): JavaObject {
  const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return javaObject(TREE_MAP, part({ comparator: null }, [intBlock(sorted.length), ...sorted.flat()]));
}

/** Makes a `java.util.HashMap`, whose keys may be anything. */
export function hashMap(entries: readonly (readonly [JavaValue, JavaValue])[]): JavaObject {
  const fields = { loadFactor: 0.75, threshold: 0 };
  return javaObject(HASH_MAP, part(fields, [intBlock(HASH_BUCKETS, entries.length), ...entries.flat()]));
}

function intBlock(...values: readonly number[]): JavaValue {
  const output = createByteOutput();
  for (const value of values) output.i32(value);
  return { kind: "block", bytes: output.take() };
}
