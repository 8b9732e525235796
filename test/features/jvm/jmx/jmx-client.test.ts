import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromJson } from "../../../../src/features/jvm/jmx/from-json.ts";
import { connectJmx, type JmxClient } from "../../../../src/features/jvm/jmx/jmx-client.ts";
import { JmxError } from "../../../../src/features/jvm/jmx/jmx-error.ts";
import type { Json } from "../../../../src/features/jvm/jmx/json.ts";
import { jsonText } from "../../../../src/features/jvm/jmx/json.ts";
import { toJson } from "../../../../src/features/jvm/jmx/to-json.ts";
import { type RecordedJvm, startRecordedJvm } from "../../../support/recorded-jvm.ts";

const VALUES = "odd:type=Values";
const OPEN = 'odd:type=Open,name="quoted, and = \\""';

/** What each attribute is in JSON. */
const ATTRIBUTES: Readonly<Record<string, Json>> = {
  BooleanValue: true,
  ByteValue: -128,
  CharValue: "é",
  DoubleValue: 1 / 3,
  FloatValue: 0.5,
  IntValue: -2_147_483_648,
  LongValue: 9_007_199_254_740_993n,
  ShortValue: -32_768,
  BoxedBoolean: false,
  BoxedChar: "x",
  NotANumber: "NaN",
  Infinite: "-Infinity",
  SmallestLong: -9_223_372_036_854_775_808n,
  Text: "NUL \0, é, 世, 🐦",
  Nothing: null,
  LongText: "é".repeat(40_000),
  Booleans: [true, false],
  Bytes: [-1, 0, 127],
  Chars: ["a", "世"],
  Doubles: [0.1, "Infinity"],
  Floats: [0.25],
  Ints: [1, -2],
  Longs: [9_223_372_036_854_775_807n, 0n],
  Shorts: [-3],
  Texts: ["a", null, "a"],
  Matrix: [[1, 2], [], [3]],
  Mixed: [1, "two", 3n, null, [4]],
  Unit: "DAYS",
  Decimal: "12345678901234567890.25",
  TinyDecimal: "-1.2E-8",
  LargeDecimal: "1.2E+31",
  Integer: "-1267650600228229401496703205376",
  Date: "2023-11-14T22:13:20.123Z",
  Peer: { objectName: 'odd:name="a,b=c\\"d",type=Peer' },
  Type: "java.lang.String",
  Id: "00112233-4455-6677-8899-aabbccddeeff",
  File: "/tmp/a file",
  Uri: "http://localhost/a?b#c",
  Address: "192.0.2.255",
  LongAddress: "2001:db8:0:0:0:0:0:ff",
  Atomic: 1_152_921_504_606_846_976n,
  ArrayList: [1, "two"],
  LinkedList: [1, 2],
  ImmutableList: [1, 2, 3],
  UnmodifiableList: ["u"],
  ArraysAsList: ["a", null],
  Singleton: [7],
  Empty: [],
  CopyOnWrite: [1],
  Vector: [1, 2],
  Queue: ["q"],
  Deque: ["d", "e"],
  TreeSet: ["a", "b"],
  LinkedSet: [2, 1],
  EnumSet: ["HOURS", "DAYS"],
  KeySet: ["k"],
  HashMap: { a: 1, 2: "b" },
  TreeMap: { y: 2n, z: 1n },
  ImmutableMap: { m: [1] },
  UnmodifiableMap: { u: 1 },
  ConcurrentMap: { c: 1 },
  EnumMap: { DAYS: 1 },
  Properties: { key: "value" },
  Composite: { name: "one", number: 1 },
  Table: { one: { name: "one", number: 1 }, two: { name: "two", number: 2 } },
  TableOfTwo: { one: { 1: { name: "one", number: 1 } }, two: { 2: { name: "two", number: 2 } } },
  Custom: {
    javaClass: "Odd$Custom",
    number: 5,
    itself: { within: "Odd$Custom" },
    text: "only the app has this class",
  },
  Itself: [{ within: "java.util.ArrayList" }],
};
const FAILING: Readonly<Record<string, string>> = {
  NotSerializable: "not-serializable: java.io.NotSerializableException: java.lang.Object",
  NotSerializableWithin: "not-serializable: java.io.NotSerializableException: java.lang.Thread",
  Throwing: "threw: java.lang.IllegalStateException: on purpose",
  ThrowingError: "threw: java.lang.AssertionError: an error on purpose",
};

describe("a JMX client", () => {
  let jvm: RecordedJvm;
  let client: JmxClient;

  beforeAll(async () => {
    jvm = await startRecordedJvm("client");
    client = await connectJmx({ host: "127.0.0.1", port: jvm.port, credentials: null });
  });
  afterAll(async () => {
    await client?.[Symbol.asyncDispose]();
    await jvm?.[Symbol.asyncDispose]();
  });

  test("finds domains and names", async () => {
    expect(await client.domains()).toContain("odd");
    expect((await client.names("odd:*")).toSorted()).toEqual([OPEN, VALUES]);
    expect(await client.names(null)).toContain("java.lang:type=Runtime");
  });

  test("describes an MBean", async () => {
    const info = await client.info(VALUES);
    expect(info.className).toBe("Odd$Values");
    expect(info.attributes.find(({ name }) => name === "Writable")).toMatchObject({
      type: "int",
      isReadable: true,
      isWritable: true,
      isIs: false,
      openType: null,
    });
    expect(
      info.operations
        .filter(({ name }) => name === "overloaded")
        .map(({ parameters }) => parameters[0]?.type)
        .toSorted(),
    ).toEqual(["int", "java.lang.String"]);
    expect(info.notifications).toEqual([]);
    expect((await client.info("java.lang:type=Memory")).notifications).toMatchObject([
      {
        name: "javax.management.Notification",
        types: [expect.stringContaining("memory"), expect.anything()],
      },
    ]);
  });

  test("reads all attributes, although some fail", async () => {
    const info = await client.info(VALUES);
    const names = info.attributes
      .map(({ name }) => name)
      .filter((name) => name !== "Writable" && name !== "Throwable");
    const before = jvm.connections;
    const outcomes = await client.attributes(VALUES, names);
    const values = [...outcomes].flatMap(([name, { error, value = null }]) =>
      error ? [] : [[name, toJson(value)]],
    );
    expect(Object.fromEntries(values)).toEqual(ATTRIBUTES);
    const errors = [...outcomes].flatMap(([name, { error }]) =>
      error ? [[name, `${error.failure}: ${error.message}`]] : [],
    );
    expect(Object.fromEntries(errors)).toEqual(FAILING);
    // All together, and the two that can't be serialized: each costs the connection.
    expect(jvm.connections - before).toBeLessThanOrEqual(3);
  });

  test("reads a throwable with its cause", async () => {
    const json = toJson(await client.attribute(VALUES, "Throwable"));
    expect(json).toMatchObject({ javaClass: "java.lang.IllegalStateException", detailMessage: "outer" });
    expect(json).toMatchObject({
      cause: { javaClass: "java.lang.RuntimeException", detailMessage: "inner" },
    });
  });

  test("reads what MXBeans make of their types", async () => {
    const outcomes = await client.attributes(OPEN, ["Point", "Points", "NamedPoints", "Numbered", "Unit"]);
    const point = { label: "p", x: 1, y: 1_152_921_504_606_846_976n };
    expect(
      Object.fromEntries([...outcomes].map(([name, { value = null }]) => [name, toJson(value)])),
    ).toEqual({
      Point: point,
      Points: [point, { label: null, x: 2, y: 3n }],
      NamedPoints: { a: point, b: point },
      Numbered: { 1: "one", 2: "two" },
      Unit: "HOURS",
    });
  });

  test("sets an attribute", async () => {
    await client.setAttribute(VALUES, "Writable", fromJson(7, "int", null));
    expect(toJson(await client.attribute(VALUES, "Writable"))).toBe(7);
  });

  test.each<[string, readonly string[], readonly Json[], Json]>([
    ["echo", ["java.lang.String"], ["NUL \0, é, 🐦"], "NUL \0, é, 🐦"],
    ["overloaded", ["int"], [5], "int 5"],
    ["overloaded", ["java.lang.String"], ["5"], "String 5"],
    [
      "describe",
      ["byte", "short", "int", "long", "float", "double", "char", "boolean"],
      [-1, 2, 3, 9_223_372_036_854_775_807n, 0.5, 1e100, "c", true],
      "-1 2 3 9223372036854775807 0.5 1.0E100 c true",
    ],
    [
      "describe",
      ["byte", "short", "int", "long", "float", "double", "char", "boolean"],
      ["-1", "2", "3", "4", "0.5", "1", "c", "true"],
      "-1 2 3 4 0.5 1.0 c true",
    ],
    ["unit", ["java.util.concurrent.TimeUnit"], ["DAYS"], "DAYS true"],
    ["sum", ["[J"], [[1, 2n, "3"]], 6n],
    [
      "same",
      ["java.lang.Object"],
      [{ a: [1, 9_007_199_254_740_993n, 0.5, true, null, "t"] }],
      { a: [1, 9_007_199_254_740_993n, 0.5, true, null, "t"] },
    ],
  ])("calls %s(%s)", async (operation, signature, args, result) => {
    const values = args.map((arg, index) => fromJson(arg, signature[index] ?? "", null));
    expect(toJson(await client.invoke(VALUES, operation, values, signature))).toEqual(result);
  });

  test.each<[string, Json]>([
    ["java.math.BigDecimal", "12345.678"],
    ["java.math.BigInteger", "-123456789012345678901234567890"],
    ["java.util.Date", "2023-11-14T22:13:20.123Z"],
    ["javax.management.ObjectName", { objectName: "a:b=c" }],
    ["[Ljava.lang.String;", ["a", null]],
    ["[[I", [[1], []]],
    ["[Ljava.lang.Long;", [1n, null]],
    ["[Z", [true, false]],
    ["[C", ["a", "b"]],
    ["java.util.List", [1, "a", null]],
    ["java.util.Map", { b: 1, a: { c: [] } }],
  ])("sends a %s that comes back the same", async (type, json) => {
    const result = await client.invoke(VALUES, "same", [fromJson(json, type, null)], ["java.lang.Object"]);
    expect(toJson(result)).toEqual(json);
  });

  test("sends CompositeData as the MBean describes it", async () => {
    const { operations } = await client.info(OPEN);
    const call = async (name: string, json: Json) => {
      const [parameter] = operations.find((operation) => operation.name === name)?.parameters ?? [];
      if (parameter === undefined) throw new Error(`no parameter of ${name}`);
      return toJson(
        await client.invoke(
          OPEN,
          name,
          [fromJson(json, parameter.type, parameter.openType)],
          [parameter.type],
        ),
      );
    };
    expect(await call("draw", { x: 5, y: 9_007_199_254_740_993n, label: "l" })).toBe("5/9007199254740993/l");
    expect(
      await call("drawAll", [
        { x: 5, y: 6 },
        { x: 1, y: 1 },
      ]),
    ).toBe("2 5/6/null");
    expect(await call("unit", "DAYS")).toBe("DAYS");
    await expect(call("draw", { x: 1, z: 2 })).rejects.toThrow("there is no item z, but label, x, y");
    await expect(call("draw", { x: "one" })).rejects.toThrow(
      "x: an integer from -2147483648 to 2147483647 is expected",
    );
  });

  test("asks what an MBean is", async () => {
    expect(await client.isInstanceOf(VALUES, "javax.management.NotificationBroadcaster")).toBe(true);
    expect(await client.isInstanceOf(VALUES, "java.util.List")).toBe(false);
  });

  test.each<[string, () => Promise<unknown>, string, string]>([
    ["an MBean that is not there", () => client.info("no:such=MBean"), "no-such-mbean", "no:such=MBean"],
    ["an attribute of none", () => client.attribute("no:such=MBean", "A"), "no-such-mbean", "no:such=MBean"],
    ["an attribute that is not there", () => client.attribute(VALUES, "None"), "no-such-attribute", "None"],
    [
      "setting what can only be read",
      () => client.setAttribute(VALUES, "Text", "t"),
      "no-such-attribute",
      "Text",
    ],
    [
      "setting a value of another type",
      () => client.setAttribute(VALUES, "Writable", "t"),
      "invalid-value",
      "Writable",
    ],
    [
      "a value that the MBean refuses",
      () => client.setAttribute(VALUES, "Writable", fromJson(-1, "int", null)),
      "threw",
      "below zero",
    ],
    [
      "an operation that is not there",
      () => client.invoke(VALUES, "none", [], []),
      "no-such-operation",
      "none",
    ],
    [
      "another number of parameters",
      () => client.invoke(VALUES, "echo", [], []),
      "no-such-operation",
      "echo",
    ],
    [
      "an operation that throws",
      () => client.invoke(VALUES, "fail", ["as asked"], ["java.lang.String"]),
      "threw",
      "java.lang.Exception: as asked",
    ],
    [
      "an enum's constant that is none",
      () =>
        client.invoke(
          VALUES,
          "unit",
          [fromJson("NONE", "java.util.concurrent.TimeUnit", null)],
          ["java.util.concurrent.TimeUnit"],
        ),
      "threw",
      "NONE",
    ],
    ["a name that is none", () => client.info("d:"), "threw", "Key properties cannot be empty"],
  ])("says why for %s", async (_what, ask, failure, message) => {
    const error = await ask().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(JmxError);
    expect(error instanceof JmxError && error.failure).toBe(failure);
    expect(error instanceof JmxError && error.message).toContain(message);
  });

  test("tells of notifications in order, and of those that can't leave the JVM", async () => {
    const seen: Json[] = [];
    await using listener = client.listen();
    await listener.add(VALUES, []);
    await client.invoke(VALUES, "sendNotifications", [fromJson(2, "int", null)], ["int"]);
    while (seen.length < 3) {
      for (const event of await listener.next(AbortSignal.timeout(5_000))) {
        if (event.kind === "lost") seen.push({ lost: event.count });
        else
          seen.push({
            type: event.type,
            message: event.message,
            data: toJson(event.userData),
            source: toJson(event.source),
          });
      }
      if (seen.length === 2) await client.invoke(VALUES, "sendUnserializable", [], []);
    }
    const notification = { type: "odd.counted", source: { objectName: VALUES } };
    expect(seen).toEqual([
      { ...notification, message: "number 1", data: 0 },
      { ...notification, message: "number 2", data: 1 },
      { lost: 1 },
    ]);
  });

  test("tells who notified of what, and hears only what is wanted, and no more what is not any more", async () => {
    await using listener = client.listen();
    const none = await listener.add(VALUES, ["odd.other"]);
    const some = await listener.add(VALUES, ["nothing", "odd.c"]);
    const all = await listener.add(VALUES, []);
    await listener.remove(all);
    await client.invoke(VALUES, "sendNotifications", [fromJson(1, "int", null)], ["int"]);
    const events = await listener.next(AbortSignal.timeout(5_000));
    expect(new Set([none, some, all]).size).toBe(3);
    expect(events).toMatchObject([{ kind: "notification", key: some, type: "odd.counted" }]);
    await expect(listener.add("odd:type=None", [])).rejects.toMatchObject({ failure: "no-such-mbean" });
  });
});

test("JSON keeps all digits of a long", () => {
  expect(jsonText({ a: [9_007_199_254_740_993n, 0.5, "t", null, true] })).toBe(
    '{"a":[9007199254740993,0.5,"t",null,true]}',
  );
});
