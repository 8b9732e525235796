import { describe, expect, test } from "vitest";
import { parseProxyHeader } from "../../src/listener/proxy-header.ts";
import { type Random, randomOf } from "../support/random.ts";
import { type BinaryHeader, binaryHeader, TCP4 } from "./proxy-support.ts";

const parse = (text: string) => parseProxyHeader(Buffer.from(text, "latin1"));
const complete = (header: { length: number }, source: string | null) => ({
  kind: "complete",
  length: header.length,
  source,
});

describe("version 1", () => {
  test.each([
    ["PROXY TCP4 198.51.100.22 203.0.113.7 35646 80\r\n", "198.51.100.22"],
    ["PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255"],
    ["PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0"],
    ["PROXY TCP6 2001:db8::1 2001:DB8::2 1 65535\r\n", "2001:db8::1"],
    [
      "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ],
    ["PROXY TCP6 ::ffff:198.51.100.22 ::1 1 2\r\n", "198.51.100.22"],
    ["PROXY UNKNOWN\r\n", null],
    ["PROXY UNKNOWN ffff::1 whatever stands here\r\n", null],
    [`PROXY UNKNOWN ${"f".repeat(107 - 16)}\r\n`, null],
  ])("%j is a header", (text, source) => {
    expect(parse(text)).toEqual(complete(text, source));
    expect(parse(`${text}PROXY UNKNOWN\r\n\x16\x03`)).toEqual(complete(text, source));
  });

  test.each([
    "GET / HTTP/1.1\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00",
    "proxy UNKNOWN\r\n",
    "PROXYX",
    "PROXY\tUNKNOWN\r\n",
    "PROXY  UNKNOWN\r\n",
    "PROXY UNKNOWNX\r\n",
    "PROXY UNKNOWN\nPROXY UNKNOWN\r\n",
    "PROXY UNKNOWN \rPROXY UNKNOWN\r\n",
    "PROXY \r\n",
    "PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n",
    "PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n",
    "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
    "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n",
    "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n",
    "PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n",
    "PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n",
    "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n",
    "PROXY TCP4 1.2.3.4 1.2.3.4 +1 2\r\n",
    "PROXY TCP4 1.2.3.4 1.2.3.4 1 0x2\r\n",
    "PROXY TCP4 01.2.3.4 1.2.3.4 1 2\r\n",
    "PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n",
    "PROXY TCP4 1.2.3.4 localhost 1 2\r\n",
    "PROXY TCP4 ::1 ::1 1 2\r\n",
    "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n",
    "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
    "PROXY TCP6 ::1 :::1 1 2\r\n",
    `PROXY UNKNOWN ${"f".repeat(107 - 15)}\r\n`,
    `PROXY UNKNOWN ${"f".repeat(1_000)}`,
  ])("%j is none", (text) => {
    expect(parse(text)).toMatchObject({ kind: "refused", reason: expect.any(String) });
  });
});

describe("version 2", () => {
  const TCP6_ADDRESSES = [0x20, 1, 0xd, 0xb8, ...zeros(10), 0x12, 0x34, ...zeros(16), 0, 1, 0, 2];
  const MAPPED_ADDRESSES = [...zeros(10), 0xff, 0xff, 198, 51, 100, 22, ...zeros(16), 0, 1, 0, 2];

  test.each<[string, BinaryHeader, string | null]>([
    ["TCP over IPv4", TCP4, "198.51.100.22"],
    ["TCP over IPv6", { kind: 0x21, addresses: TCP6_ADDRESSES }, "2001:db8::1234"],
    ["TCP over IPv6 with a mapped address", { kind: 0x21, addresses: MAPPED_ADDRESSES }, "198.51.100.22"],
    ["a UNIX socket", { kind: 0x31, addresses: zeros(216) }, null],
    ["UDP over IPv4", { ...TCP4, kind: 0x12 }, null],
    ["UDP over IPv6", { kind: 0x22, addresses: TCP6_ADDRESSES }, null],
    ["an unspecified transport over IPv4", { ...TCP4, kind: 0x10 }, null],
    ["nothing specified", { kind: 0, addresses: [] }, null],
    ["nothing specified, and some bytes", { kind: 0, addresses: [1, 2, 3, 4, 5] }, null],
    ["LOCAL", { command: 0x20, kind: 0, addresses: [] }, null],
    ["LOCAL with addresses", { ...TCP4, command: 0x20 }, null],
    ["LOCAL of an unknown family", { command: 0x20, kind: 0xff, addresses: [1, 2, 3] }, null],
    [
      "vectors",
      {
        ...TCP4,
        vectors: [
          [0x04, Buffer.alloc(0)],
          [0x20, Buffer.alloc(300)],
        ],
      },
      "198.51.100.22",
    ],
    ["a checksum", { ...TCP4, hasChecksum: true }, "198.51.100.22"],
    [
      "a checksum behind vectors",
      { ...TCP4, vectors: [[0x05, Buffer.from("id")]], hasChecksum: true },
      "198.51.100.22",
    ],
    ["a checksum behind a UNIX socket", { kind: 0x31, addresses: zeros(216), hasChecksum: true }, null],
    ["as long as may be", { ...TCP4, vectors: [[0x04, Buffer.alloc(4_096 - 16 - 12 - 3)]] }, "198.51.100.22"],
  ])("%s", (_what, said, source) => {
    const header = binaryHeader(said);
    expect(parseProxyHeader(header)).toEqual(complete(header, source));
    expect(parseProxyHeader(Buffer.concat([header, header]))).toEqual(complete(header, source));
  });

  test.each<[string, Buffer]>([
    ["a wrong signature", patched(binaryHeader(TCP4), 11, 0x0b)],
    ["version 1 in the binary form", binaryHeader({ ...TCP4, command: 0x11 })],
    ["an unknown command", binaryHeader({ ...TCP4, command: 0x22 })],
    ["an unknown family", binaryHeader({ ...TCP4, kind: 0x41 })],
    ["an unknown transport", binaryHeader({ ...TCP4, kind: 0x13 })],
    ["IPv4 addresses cut short", binaryHeader({ kind: 0x11, addresses: zeros(11) })],
    ["IPv6 addresses cut short", binaryHeader({ kind: 0x21, addresses: zeros(35) })],
    ["UNIX addresses cut short", binaryHeader({ kind: 0x31, addresses: zeros(215) })],
    ["a vector without its length", binaryHeader({ ...TCP4, addresses: [...TCP4.addresses, 4, 0] })],
    ["a vector longer than the header", binaryHeader({ ...TCP4, addresses: [...TCP4.addresses, 4, 0, 1] })],
    ["a wrong checksum", patched(binaryHeader({ ...TCP4, hasChecksum: true }), 16, 199)],
    ["a checksum of three bytes", binaryHeader({ ...TCP4, vectors: [[3, Buffer.alloc(3)]] })],
    ["a header too long", binaryHeader({ ...TCP4, vectors: [[4, Buffer.alloc(4_096 - 16 - 12 - 2)]] })],
    ["a header too long, before all of it is there", patched(binaryHeader(TCP4), 14, 0xff)],
  ])("%s is refused", (_what, bytes) => {
    expect(parseProxyHeader(bytes)).toMatchObject({ kind: "refused", reason: expect.any(String) });
  });
});

describe("of random headers", () => {
  const each = (run: (random: Random) => void) => {
    for (let seed = 1; seed <= 300; seed++) {
      try {
        run(randomOf(seed));
      } catch (error) {
        throw new Error(`with seed ${seed}`, { cause: error });
      }
    }
  };

  test("every beginning is incomplete, and the whole is found whatever follows", () => {
    each((random) => {
      const { bytes, source } = randomHeader(random);
      for (let length = 0; length < bytes.length; length++)
        expect(parseProxyHeader(bytes.subarray(0, length)).kind).toBe("incomplete");
      const more = Buffer.concat([bytes, randomBytes(random, random.int(50))]);
      expect(parseProxyHeader(more)).toEqual(complete(bytes, source));
    });
  });

  test("one with a checksum and one bit changed never tells another source", () => {
    each((random) => {
      const { bytes, source } = randomBinary(random, true);
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        const offset = bit >> 3;
        const changed = patched(bytes, offset, (bytes[offset] ?? 0) ^ (1 << (bit & 7)));
        const result = parseProxyHeader(changed);
        if (result.kind === "complete") expect([source, null]).toContain(result.source);
      }
    });
  });

  test("one with anything done to it never throws, and never is longer than the bytes that came", () => {
    each((random) => {
      for (let round = 0; round < 50; round++) {
        const bytes = mangled(random, randomHeader(random).bytes);
        const result = parseProxyHeader(bytes);
        if (result.kind === "complete") expect(result.length).toBeLessThanOrEqual(bytes.length);
        // What is decided stays decided when more comes.
        if (result.kind !== "incomplete")
          expect(parseProxyHeader(Buffer.concat([bytes, randomBytes(random, 5)]))).toEqual(result);
      }
    });
  });

  test("what is no header is refused at the first byte that tells", () => {
    each((random) => {
      const bytes = randomBytes(random, 1 + random.int(40));
      if (bytes[0] === 0x50 || bytes[0] === 0x0d) return;
      expect(parseProxyHeader(bytes.subarray(0, 1)).kind).toBe("refused");
    });
  });
});

function randomHeader(random: Random): { bytes: Buffer; source: string | null } {
  return random.chance(0.5) ? randomLine(random) : randomBinary(random, random.chance(0.5));
}

function randomLine(random: Random): { bytes: Buffer; source: string | null } {
  const port = () => random.int(65_536);
  const kind = random.pick(["TCP4", "TCP6", "UNKNOWN"]);
  const address = () => (kind === "TCP4" ? randomIPv4(random) : randomIPv6(random));
  const source = address();
  const rest = kind === "UNKNOWN" && random.chance(0.5) ? "" : ` ${source} ${address()} ${port()} ${port()}`;
  return { bytes: Buffer.from(`PROXY ${kind}${rest}\r\n`), source: kind === "UNKNOWN" ? null : source };
}

function randomBinary(random: Random, hasChecksum: boolean): { bytes: Buffer; source: string | null } {
  const vectors = Array.from(
    { length: random.int(4) },
    () => [random.pick([1, 2, 4, 5, 0x20, 0x30, 0xea, 0xff]), randomBytes(random, random.int(40))] as const,
  );
  const kind = random.pick([0x11, 0x21, 0x31, 0x12]);
  const addresses = [...randomBytes(random, { 17: 12, 33: 36, 49: 216, 18: 12 }[kind] ?? 0)];
  // Never ::, which would be written otherwise, nor a mapped one.
  if (kind === 0x21) for (let index = 0; index < 16; index++) addresses[index] = 1 + random.int(255);
  const source = { 17: addresses.slice(0, 4).join("."), 33: groupsOf(addresses.slice(0, 16)) }[kind] ?? null;
  return { bytes: binaryHeader({ kind, addresses, vectors, hasChecksum }), source };
}

function mangled(random: Random, bytes: Buffer): Buffer {
  const at = random.int(bytes.length + 1);
  switch (random.int(4)) {
    case 0:
      return Buffer.concat([
        bytes.subarray(0, at),
        randomBytes(random, 1 + random.int(3)),
        bytes.subarray(at),
      ]);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.int(3))]);
    case 2:
      return patched(bytes, Math.min(at, bytes.length - 1), random.int(256));
    default:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(random.int(bytes.length))]);
  }
}

function randomIPv4(random: Random): string {
  return Array.from({ length: 4 }, () => random.int(256)).join(".");
}

function randomIPv6(random: Random): string {
  return Array.from({ length: 8 }, () => (1 + random.int(65_535)).toString(16)).join(":");
}

function groupsOf(bytes: readonly number[]): string {
  const groups = Array.from(
    { length: 8 },
    (_, index) => (bytes[2 * index] ?? 0) * 256 + (bytes[2 * index + 1] ?? 0),
  );
  return groups.map((group) => group.toString(16)).join(":");
}

function randomBytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.int(256)));
}

function patched(bytes: Buffer, offset: number, byte: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[offset] = byte;
  return copy;
}

function zeros(length: number): number[] {
  return Array.from({ length }, () => 0);
}
