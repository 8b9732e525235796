import { describe, expect, test } from "vitest";
import { huffmanText } from "../../../../src/listener/http2/hpack/huffman.ts";
import { randomOf, seedOr } from "../../../support/random.ts";
import { bytesOf, EOS_BITS, huffmanBits } from "./block-writer.ts";

const read = (bytes: Buffer) => huffmanText(bytes, 0, bytes.length);

describe("a text in the Huffman code", () => {
  test.each([
    ["f1e3c2e5f23a6ba0ab90f4ff", "www.example.com"],
    ["a8eb10649cbf", "no-cache"],
    ["25a849e95ba97d7f", "custom-key"],
    ["6402", "302"],
    ["", ""],
  ])("%s is %j (RFC 7541 appendix C)", (hex, text) => {
    expect(read(Buffer.from(hex, "hex"))).toBe(text);
  });

  test("may have each of the bytes, alone and beside each other", () => {
    const all = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
    for (const char of all) expect(read(bytesOf(huffmanBits(char)))).toBe(char);
    expect(read(bytesOf(huffmanBits(all.join(""))))).toBe(all.join(""));
    expect(all.length).toBe(256);
  });

  test("may be of any length, and stand in the midst of others", () => {
    const random = randomOf(seedOr(1));
    for (let round = 0; round < 300; round += 1) {
      const length = random.int(round % 10 === 0 ? 20_000 : 100);
      const text = Array.from({ length }, () =>
        String.fromCharCode(random.int(random.pick([128, 256]))),
      ).join("");
      const bytes = bytesOf(huffmanBits(text));
      const around = Buffer.concat([Buffer.from([0xff, 0x00]), bytes, Buffer.from([0x00, 0xff])]);
      expect(huffmanText(around, 2, 2 + bytes.length)).toBe(text);
    }
  });
});

describe("it is refused", () => {
  test("where more than 7 bits are padding", () => {
    // Five bits, and three of padding; then eight more.
    expect(read(Buffer.from([0b00011_111]))).toBe("a");
    expect(read(Buffer.from([0b00011_111, 0xff]))).toBeUndefined();
    expect(read(Buffer.from([0xff]))).toBeUndefined();
  });

  test.each([0b00011_110, 0b00011_011, 0b00011_000])(
    "where its padding has other bits than ones: %i",
    (byte) => {
      expect(read(Buffer.from([byte]))).toBeUndefined();
    },
  );

  test("where EOS is in it, at the end or before", () => {
    expect(EOS_BITS).toHaveLength(30);
    expect(read(bytesOf(EOS_BITS))).toBeUndefined();
    expect(read(bytesOf(`${huffmanBits("a")}${EOS_BITS}${huffmanBits("abc")}`))).toBeUndefined();
  });

  test("where it ends in the midst of a code", () => {
    const bits = huffmanBits("\0");
    expect(read(bytesOf(bits))).toBe("\0");
    expect(read(bytesOf(bits.slice(0, 8)))).toBeUndefined();
  });
});
