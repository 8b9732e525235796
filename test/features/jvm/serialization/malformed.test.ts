import { describe, expect, test } from "vitest";
import { createByteInput, readWhole } from "../../../../src/features/jvm/serialization/byte-input.ts";
import { createObjectReader } from "../../../../src/features/jvm/serialization/object-reader.ts";
import { READ_LIMITS } from "../../../../src/features/jvm/serialization/read-limits.ts";
import { JavaStreamError } from "../../../../src/features/jvm/serialization/stream-error.ts";
import { readStream, recordedStreams } from "../../../support/recorded-streams.ts";

const HEAD = "aced0005";
/** `Object[]`, to its flags and without fields; an array or an object begins with it. */
const OBJECTS = `720013${hex("[Ljava.lang.Object;")}90ce589f1073296c0200007870`;
const NODE =
  "720001" +
  hex("N") +
  "0000000000000001" +
  "02" +
  "0001" +
  "4c0001" +
  hex("n") +
  "740001" +
  hex("N") +
  "78" +
  "70";

describe("a malformed stream is refused with the place where it was noticed", () => {
  test.each([
    ["no magic number", "abcd0005", /no stream of Java objects \(at byte 0\)/],
    ["an unknown tag", `${HEAD}60`, /0x60 begins nothing \(at byte 5\)/],
    ["its end in the midst of a string", `${HEAD}740005${hex("abc")}`, /ends too early \(at byte 10\)/],
    [
      "a string that is no modified UTF-8",
      `${HEAD}740002c328`,
      /no modified UTF-8|not modified UTF-8 \(at byte 7\)/,
    ],
    ["a reference to what is not there", `${HEAD}71007e0000`, /a reference to what is not there/],
    [
      "a reference to a class as an object",
      `${HEAD}75${OBJECTS}0000000171007e0000`,
      /where an object is needed/,
    ],
    [
      "a reference to an object as a class",
      `${HEAD}75${OBJECTS}000000017371007e0001`,
      /where a class is needed/,
    ],
    ["an object without a class", `${HEAD}7370`, /an object without a class/],
    [
      "an array of a class that is none of arrays",
      `${HEAD}75${NODE}00000000`,
      /whose class is none of arrays/,
    ],
    [
      "a class that is above itself",
      `${HEAD}73720001${hex("N")}00000000000000010200007871007e0000`,
      /not complete/,
    ],
    [
      "a field of no known type",
      `${HEAD}73720001${hex("N")}00000000000000010200015a`.replace(/5a$/, "51"),
      /no known type/,
    ],
    [
      "a class both serializable and externalizable",
      `${HEAD}73720001${hex("N")}00000000000000010600007870`,
      /both serializable/,
    ],
    [
      "an object that only Java can read",
      `${HEAD}73720001${hex("N")}00000000000000010400007870`,
      /only Java can read/,
    ],
    ["an enum without a name", `${HEAD}7e${NODE}70`, /without a name/],
    ["a proxy with more interfaces than any has", `${HEAD}737d7fffffff`, /a proxy with 2147483647/],
    ["a reset within an object", `${HEAD}73${NODE}79`, /a reset within an object/],
    ["a negative length", `${HEAD}75${OBJECTS}ffffffff`, /a negative length/],
    ["a negative block", `${HEAD}7affffffff`, /a negative length/],
  ])("%s", (_what, stream, message) => {
    const read = () => readStream(Buffer.from(stream, "hex"));
    expect(read).toThrow(JavaStreamError);
    expect(read).toThrow(message);
  });
});

describe("what a stream announces takes no memory before it comes", () => {
  test.each([
    ["two billion objects", `75${OBJECTS}7fffffff`],
    ["two billion longs", `75720002${hex("[J")}000000000000000002000078707fffffff`],
    ["a string of eight exabytes", "7c7fffffffffffffff"],
    ["a block of two gigabytes", "7a7fffffff"],
  ])("%s", (_what, stream) => {
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    expect(() => readStream(Buffer.from(HEAD + stream, "hex"))).toThrow(/announced/);
    const after = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    expect(after - before).toBeLessThan(20_000_000);
  });
});

describe("what is more than the limits allow is refused", () => {
  test("nested a thousand deep", () => {
    const read = () => readStream(recordedStreams().get("depth 1000") ?? Buffer.alloc(0));
    expect(read).toThrow(/nested deeper than the 200 levels/);
  });

  test("nested ten thousand deep, and byte by byte", () => {
    const stream = Buffer.from(`${HEAD}73${NODE}${"7371007e0000".repeat(10_000)}`, "hex");
    expect(() => readStream(stream)).toThrow(/nested deeper/);
    const input = createByteInput(READ_LIMITS.bytes);
    const reading = createObjectReader(input, READ_LIMITS).readValue();
    const feed = () => {
      for (const byte of stream.subarray(4)) {
        input.append(Buffer.of(byte));
        reading.next();
      }
    };
    expect(feed).toThrow(/nested deeper/);
  });

  test("classes nested ten thousand deep", () => {
    const classes = `720001${hex("N")}000000000000000102000078`;
    expect(() => readStream(Buffer.from(`${HEAD}73${classes.repeat(10_000)}`, "hex"))).toThrow(
      /nested deeper/,
    );
  });

  test("classes one below the other by references", () => {
    const last = 400;
    const handle = (index: number) => (0x7e0000 + index).toString(16).padStart(8, "0");
    const named = `0001${hex("N")}000000000000000102000078`;
    const classes = Array.from({ length: last }, (_, at) =>
      at === 0 ? `7672${named}70` : `7672${named}71${handle(2 * at)}`,
    );
    const stream = Buffer.from(
      `${HEAD}75${OBJECTS}${last.toString(16).padStart(8, "0")}${classes.join("")}`,
      "hex",
    );
    expect(() => readStream(stream)).toThrow(/below more than the 200/);
    expect(readStream(stream, 1, { depth: 500 })).toHaveLength(1);
  });

  test("as deep as is allowed, it is read byte by byte", () => {
    const levels = 150;
    const stream = Buffer.from(`73${NODE}${"7371007e0000".repeat(levels)}70`, "hex");
    const input = createByteInput(READ_LIMITS.bytes);
    const reading = createObjectReader(input, READ_LIMITS).readValue();
    let steps = 0;
    let isDone = false;
    for (const byte of stream) {
      input.append(Buffer.of(byte));
      isDone = reading.next().done === true;
      steps += 1;
    }
    expect([isDone, steps]).toEqual([true, stream.length]);
  });

  test("more bytes", () => {
    const input = createByteInput(10);
    expect(() => input.append(Buffer.alloc(11))).toThrow(/more than the 10 bytes/);
  });

  test("more objects", () => {
    const stream = Buffer.from(`${HEAD}75${OBJECTS}00000064${"740000".repeat(100)}`, "hex");
    expect(() => readStream(stream, 1, { handles: 50 })).toThrow(/more than the 50 objects/);
    expect(readStream(stream, 1, { handles: 102 })).toHaveLength(1);
  });

  test("more values, also of classes of thousands of fields and hierarchies", () => {
    const nulls = Buffer.from(`${HEAD}75${OBJECTS}00000064${"70".repeat(100)}`, "hex");
    expect(() => readStream(nulls, 1, { values: 99 })).toThrow(/more than the 99 values/);
    const fields = `${HEAD}73720001${hex("N")}000000000000000102ffff`;
    expect(() => readStream(Buffer.from(fields, "hex"), 1, { values: 500_000 })).toThrow(
      /more than the 500000 values/,
    );
  });

  test("values are counted over the whole stream", () => {
    const input = createByteInput(READ_LIMITS.bytes);
    input.append(Buffer.from(`${HEAD + `75${OBJECTS}00000001`.repeat(1)}707571007e00000000000170`, "hex"));
    const reader = createObjectReader(input, { ...READ_LIMITS, values: 1 });
    readWhole(input, reader.readHeader());
    readWhole(input, reader.readValue());
    expect(() => readWhole(input, reader.readValue())).toThrow(/more than the 1 values/);
  });
});

function hex(text: string): string {
  return Buffer.from(text, "latin1").toString("hex");
}
