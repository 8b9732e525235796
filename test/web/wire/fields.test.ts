import { describe, expect, test } from "vitest";
import { lowerNameOf } from "../../../src/web/wire/field-names.ts";
import { Fields, NO_FIELDS, parseLength } from "../../../src/web/wire/fields.ts";
import { requestByNode } from "../../support/node-parser.ts";
import { randomOf, seedOr } from "../../support/random.ts";
import { mutated, randomRequest, writeRequest } from "../../support/random-messages.ts";

const { parse } = Fields;

describe("field lines", () => {
  const text = "X-b: 1\r\nx-A:\t2 \r\nX-B:3\r\nAccept:\r\nEmpty:  \t\r\nLatin: \xe9 \xff\r\n";
  const raw = ["X-b", "1", "x-A", "2", "X-B", "3", "Accept", "", "Empty", "", "Latin", "\xe9 \xff"];

  test("are kept as they came: order, case, duplicates, blanks", () => {
    const fields = parse(text);
    expect(fields?.text).toBe(text);
    expect(fields?.names).toEqual(["x-b", "x-a", "x-b", "accept", "empty", "latin"]);
    expect(fields?.raw()).toEqual(raw);
    expect(fields?.first("x-b")).toBe("1");
    expect(fields?.first("x-c")).toBeUndefined();
    expect(parse("")?.raw()).toEqual([]);
  });

  test("are taken away by name, wherever they stand, and the others not touched", () => {
    const fields = parse(text) ?? NO_FIELDS;
    const lines = text.split(/(?<=\r\n)/);
    const { names } = fields;
    for (let set = 0; set < 2 ** names.length; set += 1) {
      const isDropped = (index: number) => ((set >> index) & 1) === 1;
      let index = 0;
      const kept = fields.without(() => isDropped(index++));
      expect(kept).toBe(lines.filter((_, line) => !isDropped(line)).join(""));
    }
  });

  test("come out of a list as they would out of a head", () => {
    expect(Fields.of(raw).raw()).toEqual(raw);
    expect(parse(Fields.of(raw).text)?.raw()).toEqual(raw);
    expect(Fields.of([":path", "/", "a", "1", "b c", "2"]).raw()).toEqual(["a", "1"]);
  });

  test.each([
    ...[
      "X : y\r\n",
      " X: y\r\n",
      "\tX: y\r\n",
      ": y\r\n",
      "X\r\n",
      "X\r\n: y\r\n",
      "X: a\r\n b\r\n",
      "X: y\r\n\r\nY: z\r\n",
    ],
    ...[
      "X\x80: y\r\n",
      "X\0: y\r\n",
      "X: \0\r\n",
      "X: \x07\r\n",
      "X: \x7f\r\n",
      "X: a\nY: b\r\n",
      "X: a\rY: b\r\n",
    ],
    ...[
      "X: y\r\r\n",
      "X: y\n",
      "X: y",
      "(X): y\r\n",
      "X\xe9: y\r\n",
      '"X": y\r\n',
      "X/Y: z\r\n",
      "X: y\n\r\n",
    ],
  ])("%j are none", (lines) => {
    expect(parse(lines)).toBeUndefined();
  });

  test("are never taken for others: whatever is taken, Node's parser reads the same way", async () => {
    const random = randomOf(seedOr(31));
    let taken = 0;
    for (let round = 0; round < 3_000; round += 1) {
      const request = { ...randomRequest(random), body: undefined, trailers: [] };
      const whole = writeRequest(random, { ...request, method: "GET", target: "/" });
      const start = "GET / HTTP/1.1\r\n";
      const lines = mutated(random, whole.slice(start.length, -2));
      // Framing is for those who read it.
      if (/^(content-length|transfer-encoding|connection|upgrade):/im.test(lines)) continue;
      const fields = parse(lines);
      if (fields === undefined) continue;
      taken += 1;
      const read = await requestByNode(`${start}${lines}\r\n`);
      expect(read?.rawHeaders, JSON.stringify(lines)).toEqual(fields.raw());
    }
    expect(taken).toBeGreaterThan(500);
  });
});

describe("names", () => {
  test("are tokens, and remembered in lower case, but not without end", () => {
    expect(lowerNameOf("X-!#$%&'*+.^_`|~09")).toBe("x-!#$%&'*+.^_`|~09");
    for (const name of ["", " ", "a b", "a:", "a\n", "\xe9", "a,b", "a=b", "[a]", "{a}", "a@b"]) {
      expect(lowerNameOf(name), name).toBeUndefined();
    }
    for (let count = 0; count < 5_000; count += 1) expect(lowerNameOf(`N-${count}`)).toBe(`n-${count}`);
    expect(lowerNameOf("__proto__")).toBe("__proto__");
    expect(lowerNameOf("constructor")).toBe("constructor");
  });
});

test.each([
  ...[
    ["0", 0],
    ["5", 5],
    ["007", 7],
    ["999999999999999", 999_999_999_999_999],
  ],
  ...["", "+5", "-5", "-0", "0x5", "5.0", "5e3", "5 ", " 5", "5,5", "1_000", "\xb2", "9999999999999999"].map(
    (value) => [value, undefined],
  ),
] as [string, number | undefined][])("a Content-Length of %j is %s", (value, bytes) => {
  expect(parseLength(value)).toBe(bytes);
});
