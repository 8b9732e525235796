import { describe, expect, test } from "vitest";
import {
  attribute,
  attributeList,
  marshalled,
  objectName,
} from "../../../../src/features/jvm/jmx/jmx-values.ts";
import {
  arrayList,
  bigDecimal,
  bigInteger,
  box,
  javaArray,
  javaDate,
  treeMap,
} from "../../../../src/features/jvm/serialization/build-values.ts";
import { createByteInput } from "../../../../src/features/jvm/serialization/byte-input.ts";
import { contentsOf } from "../../../../src/features/jvm/serialization/collections.ts";
import {
  elementsOf,
  fieldOf,
  isJavaArray,
  isJavaObject,
  type JavaValue,
} from "../../../../src/features/jvm/serialization/java-values.ts";
import {
  createObjectReader,
  WriteAbortedError,
} from "../../../../src/features/jvm/serialization/object-reader.ts";
import { createObjectWriter } from "../../../../src/features/jvm/serialization/object-writer.ts";
import { READ_LIMITS } from "../../../../src/features/jvm/serialization/read-limits.ts";
import {
  bigDecimalOf,
  bigIntegerOf,
  dateOf,
  unbox,
} from "../../../../src/features/jvm/serialization/scalars.ts";
import { readStream, recordedStreams } from "../../../support/recorded-streams.ts";

const STREAMS = recordedStreams();
const TEXT = "NUL \0, é, 世, 🐦";

/** What is built here, by the name of what Java wrote. */
const BUILT: Readonly<Record<string, JavaValue>> = {
  null: null,
  Boolean: box("java.lang.Boolean", true),
  Byte: box("java.lang.Byte", -128),
  Character: box("java.lang.Character", "世"),
  Double: box("java.lang.Double", -1.5e300),
  Float: box("java.lang.Float", 0.25),
  Integer: box("java.lang.Integer", -2_147_483_648),
  Long: box("java.lang.Long", 9_223_372_036_854_775_807n),
  Short: box("java.lang.Short", -2),
  String: TEXT,
  "long String": "é".repeat(32_768),
  BigInteger: bigInteger(-123_456_789_012_345_678_901_234_567_890n),
  "BigInteger zero": bigInteger(0n),
  BigDecimal: bigDecimal(-12_345_678n, 3),
  Date: javaDate(1_700_000_000_123),
  "String[]": javaArray("[Ljava.lang.String;", ["a", null, "b"]),
  "int[]": javaArray("[I", [1, -2, 2_147_483_647]),
  "long[]": javaArray("[J", [-9_223_372_036_854_775_808n, 1n]),
  "double[]": javaArray("[D", [0.5, Number.NEGATIVE_INFINITY]),
  "float[]": javaArray("[F", [0.5]),
  "short[]": javaArray("[S", [-1, 1]),
  "char[]": javaArray("[C", ["a", "\uffff"]),
  "boolean[]": javaArray("[Z", [true, false]),
  "byte[]": javaArray("[B", [-1, 0, 1]),
  ArrayList: arrayList([box("java.lang.Integer", 1), box("java.lang.Integer", 2)]),
  TreeMap: treeMap([
    ["b", box("java.lang.Integer", 2)],
    ["a", box("java.lang.Integer", 1)],
  ]),
  ObjectName: objectName('d:type="a,b",name=n'),
  Attribute: attribute("Name", box("java.lang.Long", 5n)),
  AttributeList: attributeList([attribute("One", box("java.lang.Integer", 1))]),
  MarshalledObject: marshalled("text"),
  "MarshalledObject of null": marshalled(null),
};

describe("a stream that is written", () => {
  test.each(Object.entries(BUILT))("is what Java writes: %s", (name, value) => {
    expect(write(value).toString("latin1")).toBe(STREAMS.get(name)?.toString("latin1"));
  });

  test.each(["enum", "Class", "LinkedHashMap", "itself", "depth 50"])(
    "again from what was read is what Java wrote: %s",
    (name) => {
      const bytes = STREAMS.get(name) ?? Buffer.alloc(0);
      const [value = null] = readStream(bytes);
      expect(write(value).toString("latin1")).toBe(bytes.toString("latin1"));
    },
  );

  test("lets an object that is in it twice be one object", () => {
    const shared = objectName("d:a=b");
    const [read] = readStream(write(javaArray("[Ljava.lang.Object;", [shared, shared])));
    const [first, second] = isJavaArray(read) ? elementsOf(read) : [];
    expect(first).toBe(second);
    expect(isJavaObject(first)).toBe(true);
  });
});

describe("a stream that is read", () => {
  test("has longs as bigints, and chars as text", () => {
    expect(unbox(readOne("Long"))).toBe(9_223_372_036_854_775_807n);
    expect(unbox(readOne("Character"))).toBe("世");
    expect(unbox(readOne("Double"))).toBe(-1.5e300);
    expect(elements("long[]")).toEqual([-9_223_372_036_854_775_808n, 1n]);
    expect(elements("char[]")).toEqual(["a", "\uffff"]);
    expect(elements("boolean[]")).toEqual([true, false]);
    expect(readOne("String")).toBe(TEXT);
    expect(readOne("long String")).toBe("é".repeat(32_768));
  });

  test("has numbers of any size, and dates", () => {
    expect(bigIntegerOf(readOne("BigInteger"))).toBe(-123_456_789_012_345_678_901_234_567_890n);
    expect(bigDecimalOf(readOne("BigDecimal"))).toBe("-12345.678");
    expect(dateOf(readOne("Date"))).toBe(1_700_000_000_123);
  });

  test("has proxies by their interfaces", () => {
    const proxy = readOne("proxy");
    expect(isJavaObject(proxy) && proxy.type.interfaces).toEqual(["java.lang.Comparable"]);
    expect(isJavaObject(proxy) && isJavaObject(fieldOf(proxy, "h"))).toBe(true);
  });

  test("may have an object within itself", () => {
    const node = readOne("itself");
    expect(isJavaObject(node) && fieldOf(node, "next")).toBe(node);
  });

  test("begins anew after a reset", () => {
    const lists = readStream(STREAMS.get("reset") ?? Buffer.alloc(0), 2).map(
      (value) => isJavaObject(value) && contentsOf(value),
    );
    expect(lists).toEqual([
      { kind: "elements", elements: ["a"] },
      { kind: "elements", elements: ["b"] },
    ]);
  });

  test("may have bytes between its objects", () => {
    const [head, object, long, rest] = readStream(STREAMS.get("block") ?? Buffer.alloc(0), 4);
    expect(head).toEqual({ kind: "block", bytes: Buffer.from("\0\0\0\u0007\0\u0004text") });
    expect(object).toBe("object");
    expect([long, rest].map((block) => (isBlock(block) ? block.bytes.length : 0))).toEqual([1_024, 1_024]);
  });

  test("says why whoever wrote it gave up", () => {
    const read = () => readOne("not serializable");
    expect(read).toThrow(WriteAbortedError);
    try {
      read();
    } catch (error) {
      const throwable = error instanceof WriteAbortedError ? error.throwable : null;
      expect(isJavaObject(throwable) && throwable.type.name).toBe("java.io.NotSerializableException");
      expect(isJavaObject(throwable) && fieldOf(throwable, "detailMessage")).toBe("java.lang.Object");
    }
  });

  test.each(
    [...STREAMS.keys()].filter((name) => !["not serializable", "depth 1000", "block"].includes(name)),
  )("byte by byte is the same as at once: %s", (name) => {
    const bytes = STREAMS.get(name) ?? Buffer.alloc(0);
    expect(readByteByByte(bytes)).toEqual(readStream(bytes)[0]);
  });
});

function write(value: JavaValue): Buffer {
  const writer = createObjectWriter({ annotation: "plain" });
  writer.writeValue(value);
  return writer.take();
}

function readOne(name: string): JavaValue {
  return readStream(STREAMS.get(name) ?? Buffer.alloc(0))[0] ?? null;
}

function elements(name: string): readonly JavaValue[] {
  const array = readOne(name);
  return isJavaArray(array) ? elementsOf(array) : [];
}

function isBlock(value: JavaValue | undefined) {
  return typeof value === "object" && value !== null && value.kind === "block";
}

function readByteByByte(bytes: Buffer): JavaValue | undefined {
  const input = createByteInput(READ_LIMITS.bytes);
  const reader = createObjectReader(input, READ_LIMITS);
  const readings = [reader.readHeader(), reader.readValue()];
  let reading = readings.shift();
  for (const byte of bytes) {
    input.append(Buffer.of(byte));
    let step = reading?.next();
    while (step?.done === true) {
      reading = readings.shift();
      if (reading === undefined) return step.value ?? null;
      step = reading.next();
    }
  }
  return undefined;
}
