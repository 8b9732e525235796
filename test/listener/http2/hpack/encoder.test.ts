import { describe, expect, test } from "vitest";
import { HpackDecoder } from "../../../../src/listener/http2/hpack/decoder.ts";
import { field, statusField } from "../../../../src/listener/http2/hpack/encoder.ts";
import { integer, KIND, plainText } from "./block-writer.ts";
import { STATIC_PAIRS } from "./fields.ts";

const LIMITS = { tableBytes: 4_096, listBytes: 1_000_000, listFields: 1_000 };
const bytesOf = (text: string) => Buffer.from(text, "latin1");
const read = (text: string) => new HpackDecoder(LIMITS).decode(bytesOf(text)).list;
const SECRETS = ["authorization", "cookie", "proxy-authorization", "set-cookie"];

describe("a status", () => {
  test.each([200, 204, 206, 304, 400, 404, 500])("that the static table has is one byte: %i", (status) => {
    expect(statusField(status)).toHaveLength(1);
  });

  test("is read as what it is, from 100 to 999", () => {
    for (let status = 100; status <= 999; status += 1) {
      expect(read(statusField(status))).toEqual([":status", `${status}`]);
    }
    expect(statusField(302)).toBe("\x08\x03302");
  });
});

describe("a field", () => {
  test("names by its index what the static table has", () => {
    for (const [name] of STATIC_PAIRS) {
      const index = STATIC_PAIRS.findIndex((pair) => pair[0] === name) + 1;
      const kind = SECRETS.includes(name) ? KIND.neverIndexed : KIND.withoutIndexing;
      expect(bytesOf(field(name, "value"))).toEqual(
        Buffer.concat([integer(kind, index), plainText("value")]),
      );
    }
  });

  test("has other names as text, however many there are", () => {
    for (let round = 0; round < 2; round += 1) {
      for (let number = 0; number < 1_500; number += 1) {
        expect(field(`x-${number}`, "v")).toBe(
          `\x00${String.fromCharCode(`x-${number}`.length)}x-${number}\x01v`,
        );
      }
    }
  });

  test.each([0, 1, 64, 65, 126, 127, 128, 254, 255, 256, 16_510, 16_511, 70_000])(
    "may be of %i bytes",
    (length) => {
      const value = "\xff".repeat(length);
      const name = `x${"n".repeat(length)}`;
      expect(read(field("server", value) + field(name, value))).toEqual(["server", value, name, value]);
      expect(bytesOf(field("etag", value))).toEqual(
        Buffer.concat([Buffer.from([0x0f, 19]), plainText(value)]),
      );
    },
  );

  test("adds nothing to the reader's table", () => {
    const decoder = new HpackDecoder(LIMITS);
    const block = bytesOf(statusField(302) + field("set-cookie", "a=b") + field("x-own", "c"));
    // Only such a block is the same object the second time.
    expect(decoder.decode(block)).toBe(decoder.decode(block));
  });
});
