import { describe, expect, test } from "vitest";
import { HpackDecoder, HpackError } from "../../../../src/listener/http2/hpack/decoder.ts";
import { huffmanText, indexed, integer, KIND, literal, plainText, sizeUpdate } from "./block-writer.ts";

const LIMITS = { tableBytes: 4_096, listBytes: 65_536, listFields: 200 };
const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ""), "hex");
const listOf = (decoder: HpackDecoder, ...parts: Buffer[]) => decoder.decode(Buffer.concat(parts)).list;

const GET = [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "www.example.com"];
const THIRD = [
  ...[":method", "GET", ":scheme", "https", ":path", "/index.html", ":authority", "www.example.com"],
  ...["custom-key", "custom-value"],
];
const answer = (status: string, second: number) => [
  ...[":status", status, "cache-control", "private", "date", `Mon, 21 Oct 2013 20:13:${second} GMT`],
  ...["location", "https://www.example.com"],
];
const LAST = [
  ...[...answer("200", 22), "content-encoding", "gzip"],
  ...["set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"],
];

describe("the examples of RFC 7541", () => {
  test.each([
    ["C.2.1", "400a637573746f6d2d6b65790d637573746f6d2d686561646572", ["custom-key", "custom-header"]],
    ["C.2.2", "040c2f73616d706c652f70617468", [":path", "/sample/path"]],
    ["C.2.3", "100870617373776f726406736563726574", ["password", "secret"]],
    ["C.2.4", "82", [":method", "GET"]],
  ])("%s", (_, block, list) => {
    expect(new HpackDecoder(LIMITS).decode(hex(block))).toEqual({ list, isTooLarge: false });
  });

  test("C.3: requests without the Huffman code", () => {
    const decoder = new HpackDecoder(LIMITS);
    expect(listOf(decoder, hex("828684410f7777772e6578616d706c652e636f6d"))).toEqual(GET);
    expect(listOf(decoder, hex("828684be58086e6f2d6361636865"))).toEqual([
      ...GET,
      "cache-control",
      "no-cache",
    ]);
    expect(listOf(decoder, hex("828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565"))).toEqual(THIRD);
  });

  test("C.4: requests with the Huffman code", () => {
    const decoder = new HpackDecoder(LIMITS);
    expect(listOf(decoder, hex("828684418cf1e3c2e5f23a6ba0ab90f4ff"))).toEqual(GET);
    expect(listOf(decoder, hex("828684be5886a8eb10649cbf"))).toEqual([...GET, "cache-control", "no-cache"]);
    expect(listOf(decoder, hex("828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"))).toEqual(THIRD);
  });

  test("C.5: answers without the Huffman code, and a table of 256 bytes", () => {
    const decoder = new HpackDecoder({ ...LIMITS, tableBytes: 256 });
    const first = `4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d54
      6e1768747470733a2f2f7777772e6578616d706c652e636f6d`;
    expect(listOf(decoder, hex(first))).toEqual(answer("302", 21));
    expect(listOf(decoder, hex("4803333037c1c0bf"))).toEqual(answer("307", 21));
    const third = `88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738
      666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b20
      76657273696f6e3d31`;
    expect(listOf(decoder, hex(third))).toEqual(LAST);
    expect(() => decoder.decode(indexed(65))).toThrow(HpackError);
  });

  test("C.6: answers with the Huffman code, and a table of 256 bytes", () => {
    const decoder = new HpackDecoder({ ...LIMITS, tableBytes: 256 });
    const first = `488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c7
      8f0b97c8e9ae82ae43d3`;
    expect(listOf(decoder, hex(first))).toEqual(answer("302", 21));
    expect(listOf(decoder, hex("4883640effc1c0bf"))).toEqual(answer("307", 21));
    const third = `88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335
      dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007`;
    expect(listOf(decoder, hex(third))).toEqual(LAST);
    expect(listOf(decoder, indexed(64))).toEqual(["date", "Mon, 21 Oct 2013 20:13:22 GMT"]);
    expect(() => decoder.decode(indexed(65))).toThrow(HpackError);
  });
});

describe("an error is", () => {
  const fails = (message: RegExp, ...parts: Buffer[]) => {
    const decode = () => new HpackDecoder(LIMITS).decode(Buffer.concat(parts));
    expect(decode).toThrow(HpackError);
    expect(decode).toThrow(message);
  };

  test.each([
    ["the index 0", /index 0/, [indexed(0)]],
    ["an index beyond an empty table", /index 62/, [indexed(62)]],
    ["an index beyond the table", /index 63/, [literal("withIndexing", "a", "b"), indexed(63)]],
    ["the index of a name beyond the table", /index 62/, [integer(KIND.withIndexing, 62), plainText("x")]],
    ["such in a literal without indexing", /index 62/, [integer(KIND.withoutIndexing, 62), plainText("x")]],
    ["the largest index there is", /index \d{9}$/, [hex("ffffffff7f")]],
    ["a table larger than announced", /above/, [sizeUpdate(4_097)]],
    ["a size update behind a field", /behind a field/, [indexed(2), sizeUpdate(100)]],
    ["an integer of more bytes than make sense", /too long/, [hex("ff8080808000")]],
    ["an integer that never ends", /too long/, [hex("ff"), Buffer.alloc(10_000, 0xff)]],
    ["an integer that is cut off", /cut off/, [hex("ff80")]],
    ["a size that is cut off", /cut off/, [hex("3f")]],
    ["a name without its length", /cut off/, [hex("40")]],
    ["a name without a value", /cut off/, [hex("400161")]],
    ["the index of a name without a value", /cut off/, [hex("41")]],
    ["a length that is cut off", /cut off/, [hex("417f")]],
    ["a text that is cut off", /longer than its block/, [hex("41056161")]],
    ["a text of 256 MiB", /longer than its block/, [hex("417fffffff7f6161")]],
    ["a Huffman text that is cut off", /longer than its block/, [hex("4185a8")]],
    ["a Huffman text with EOS", /Huffman/, [hex("4184ffffffff")]],
    ["a Huffman text with wrong padding", /Huffman/, [hex("41811e")]],
  ])("%s", (_, message, parts) => {
    fails(message, ...parts);
  });
});

describe("the dynamic table", () => {
  test("is emptied by a field that is larger, which is no error (RFC 7541 section 4.4)", () => {
    const decoder = new HpackDecoder(LIMITS);
    const long = "x".repeat(4_096);
    expect(listOf(decoder, literal("withIndexing", "a", "b"), literal("withIndexing", "c", long))).toEqual([
      ...["a", "b", "c", long],
    ]);
    expect(() => decoder.decode(indexed(62))).toThrow(HpackError);
  });

  test("holds a field of its very size, whose name may be that of one it evicts", () => {
    const decoder = new HpackDecoder({ ...LIMITS, tableBytes: 64 });
    const value = "v".repeat(22);
    expect(listOf(decoder, literal("withIndexing", "0123456789", "x"))).toEqual(["0123456789", "x"]);
    expect(listOf(decoder, integer(KIND.withIndexing, 62), plainText(value))).toEqual(["0123456789", value]);
    expect(listOf(decoder, indexed(62))).toEqual(["0123456789", value]);
    expect(() => decoder.decode(indexed(63))).toThrow(HpackError);
  });

  test("loses what is too much when its size shrinks, and does not get it back", () => {
    const decoder = new HpackDecoder(LIMITS);
    listOf(decoder, literal("withIndexing", "a", "1"), literal("withIndexing", "b", "2"));
    expect(listOf(decoder, sizeUpdate(34), sizeUpdate(4_096), indexed(62))).toEqual(["b", "2"]);
    expect(() => decoder.decode(indexed(63))).toThrow(HpackError);
  });

  test("begins with 4,096 bytes also where more were announced, until the peer asks for them", () => {
    const decoder = new HpackDecoder({ ...LIMITS, tableBytes: 8_192 });
    const [one, two] = ["1".repeat(2_500), "2".repeat(2_500)];
    listOf(decoder, literal("withIndexing", "a", one), literal("withIndexing", "b", two));
    listOf(decoder, sizeUpdate(8_192), literal("withIndexing", "c", one));
    expect(listOf(decoder, indexed(62), indexed(63))).toEqual(["c", one, "b", two]);
    expect(() => decoder.decode(indexed(64))).toThrow(HpackError);
  });

  test("of no bytes holds nothing, and is no error", () => {
    const decoder = new HpackDecoder({ ...LIMITS, tableBytes: 0 });
    expect(listOf(decoder, literal("withIndexing", "", ""))).toEqual(["", ""]);
    expect(() => decoder.decode(indexed(62))).toThrow(HpackError);
  });
});

describe("a block beyond the limits", () => {
  test("is cut off at the bytes, and read to its end", () => {
    const decoder = new HpackDecoder({ ...LIMITS, listBytes: 68 });
    const fits = [literal("withIndexing", "a", "1"), literal("withIndexing", "b", "2")];
    expect(decoder.decode(Buffer.concat(fits))).toEqual({ list: ["a", "1", "b", "2"], isTooLarge: false });
    const more = [...fits, literal("withIndexing", "c", "3"), literal("withIndexing", "", "")];
    expect(decoder.decode(Buffer.concat(more))).toEqual({ list: ["a", "1", "b", "2"], isTooLarge: true });
    expect(listOf(decoder, indexed(62), indexed(63))).toEqual(["", "", "c", "3"]);
    expect(() => decoder.decode(Buffer.concat([...more, hex("40")]))).toThrow(HpackError);
  });

  test("is cut off at the number of fields", () => {
    const decoder = new HpackDecoder({ ...LIMITS, listFields: 2 });
    expect(decoder.decode(hex("8284"))).toMatchObject({ isTooLarge: false });
    const list = [":method", "GET", ":path", "/"];
    expect(decoder.decode(hex("828487"))).toEqual({ list, isTooLarge: true });
  });

  test("keeps no more than the limits allow of what refers to one long field again and again", () => {
    const decoder = new HpackDecoder({ ...LIMITS, listFields: 100_000 });
    listOf(decoder, literal("withIndexing", "bomb", "x".repeat(4_000)));
    const { list, isTooLarge } = decoder.decode(Buffer.alloc(16_384, 0x80 | 62));
    expect(isTooLarge).toBe(true);
    expect(list).toHaveLength(2 * Math.floor(65_536 / 4_036));
  });
});

describe("a block that repeats the one before", () => {
  test("gives the very same object", () => {
    const decoder = new HpackDecoder(LIMITS);
    listOf(decoder, literal("withIndexing", "a", "1"));
    const block = Buffer.concat([indexed(2), indexed(62), literal("withoutIndexing", "b", "2")]);
    const first = decoder.decode(block);
    expect(decoder.decode(Buffer.from(block))).toBe(first);
    expect(decoder.decode(Buffer.from(block))).toBe(first);
    expect(first.list).toEqual([":method", "GET", "a", "1", "b", "2"]);
  });

  test("is told by its own bytes: those of the first may have been written over", () => {
    const decoder = new HpackDecoder(LIMITS);
    const block = hex("8284");
    const first = decoder.decode(block);
    block[1] = 0x85;
    expect(decoder.decode(block).list).toEqual([":method", "GET", ":path", "/index.html"]);
    expect(first.list).toEqual([":method", "GET", ":path", "/"]);
  });

  test("gives another after any other block, shorter or longer", () => {
    const decoder = new HpackDecoder(LIMITS);
    const first = decoder.decode(hex("828486"));
    expect(decoder.decode(hex("8284")).list).toHaveLength(4);
    const again = decoder.decode(hex("828486"));
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
    expect(decoder.decode(hex("82848687")).list).toHaveLength(8);
  });

  test.each([
    ["adds a field", literal("withIndexing", "a", "1")],
    ["adds one by the index of its name", Buffer.concat([integer(KIND.withIndexing, 1), huffmanText("b")])],
    ["adds one that is too large", literal("withIndexing", "a", "x".repeat(4_090))],
    ["changes the table's size", Buffer.concat([sizeUpdate(100), indexed(2)])],
  ])("is read anew where it %s", (_, block) => {
    const decoder = new HpackDecoder(LIMITS);
    listOf(decoder, literal("withIndexing", "z", "0"));
    const first = decoder.decode(block);
    const second = decoder.decode(block);
    expect(second).not.toBe(first);
    expect(second).toEqual(first);
  });

  test("is read anew after a change of the table, to what it means then", () => {
    const decoder = new HpackDecoder(LIMITS);
    listOf(decoder, literal("withIndexing", "a", "1"));
    expect(listOf(decoder, indexed(62))).toEqual(["a", "1"]);
    listOf(decoder, literal("withIndexing", "b", "2"));
    expect(listOf(decoder, indexed(62))).toEqual(["b", "2"]);
    listOf(decoder, sizeUpdate(0));
    expect(() => decoder.decode(indexed(62))).toThrow(HpackError);
  });

  test("adds what it adds each time", () => {
    const decoder = new HpackDecoder(LIMITS);
    const block = literal("withIndexing", "a", "1");
    for (let time = 0; time < 3; time += 1) decoder.decode(block);
    expect(listOf(decoder, indexed(64))).toEqual(["a", "1"]);
    expect(() => decoder.decode(indexed(65))).toThrow(HpackError);
  });

  test("is remembered up to 4,096 bytes, and none at all is one too", () => {
    const decoder = new HpackDecoder(LIMITS);
    const [most, more] = [Buffer.alloc(4_096, 0x82), Buffer.alloc(4_097, 0x82)];
    expect(decoder.decode(most)).toBe(decoder.decode(most));
    expect(decoder.decode(more)).not.toBe(decoder.decode(more));
    expect(decoder.decode(Buffer.alloc(0))).toBe(decoder.decode(Buffer.alloc(0)));
    expect(decoder.decode(Buffer.alloc(0))).toEqual({ list: [], isTooLarge: false });
  });
});
