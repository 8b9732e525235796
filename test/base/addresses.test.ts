import { describe, expect, test } from "vitest";
import { parseCidr, plainAddress, systemAddress } from "../../src/base/addresses.ts";
import { crc32c } from "../../src/base/crc32c.ts";

describe("an address", () => {
  test.each([
    ["192.0.2.7", "192.0.2.7"],
    ["2001:db8::7", "2001:db8::7"],
    ["2001:DB8::A", "2001:db8::a"],
    ["::1", "::1"],
    ["fe80::1%eth0", "fe80::1"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["::FFFF:192.0.2.7", "192.0.2.7"],
    ["::ffff:c000:207", "192.0.2.7"],
    ["0:0:0:0:0:ffff:c000:207", "192.0.2.7"],
    ["0000:0000:0000:0000:0000:ffff:192.000.002.007", undefined],
    ["::0:ffff:192.0.2.7%1", "192.0.2.7"],
    ["::ffff:0:192.0.2.7", "::ffff:0:c000:207"],
    ["1::ffff:192.0.2.7", "1::ffff:192.0.2.7"],
    ["::192.0.2.7", "::192.0.2.7"],
  ])("%s is %s", (text, address) => {
    expect(plainAddress(text)).toBe(address);
  });

  test.each([
    "",
    " 192.0.2.7",
    "192.0.2.7 ",
    "192.0.2",
    "192.0.2.256",
    "192.0.2.07",
    "0xc0000207",
    "3221225991",
    "192.0.2.7:80",
    "[::1]",
    "::1::",
    "localhost",
    "unknown",
    "_hidden",
    `::1%${"x".repeat(1_000)}`,
  ])("is not %j", (text) => {
    expect(plainAddress(text)).toBeUndefined();
  });

  test.each(["192.0.2.7", "::1", "fe80::1%eth0", "::ffff:192.0.2.7", "2001:db8::7"])(
    "of the operating system means the same: %s",
    (text) => {
      expect(systemAddress(text)).toBe(plainAddress(text));
    },
  );
});

describe("a range of addresses", () => {
  test.each([
    ["10.0.0.0/8", { address: "10.0.0.0", prefix: 8, family: "ipv4" }],
    ["0.0.0.0/0", { address: "0.0.0.0", prefix: 0, family: "ipv4" }],
    ["192.0.2.7", { address: "192.0.2.7", prefix: 32, family: "ipv4" }],
    ["2001:DB8::/32", { address: "2001:db8::", prefix: 32, family: "ipv6" }],
    ["::/0", { address: "::", prefix: 0, family: "ipv6" }],
    ["::1", { address: "::1", prefix: 128, family: "ipv6" }],
    ["::ffff:10.0.0.0/104", { address: "10.0.0.0", prefix: 8, family: "ipv4" }],
    ["::ffff:10.0.0.1", { address: "10.0.0.1", prefix: 32, family: "ipv4" }],
  ])("%s", (text, cidr) => {
    expect(parseCidr(text)).toEqual(cidr);
  });

  test.each([
    "",
    "/8",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/08",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
    "10.0.0.0/255.0.0.0",
    "10.0.0/8",
    "10.0.0.0 /8",
    "2001:db8::/129",
    "::ffff:10.0.0.0/95",
    "fe80::1%eth0",
    "fe80::%eth0/64",
    "localhost",
    "*",
  ])("is not %j", (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });
});

test.each([
  ["", 0],
  ["123456789", 0xe306_9283],
  ["\0".repeat(32), 0x8a91_36aa],
  ["\xff".repeat(32), 0x62a8_ab43],
])("the CRC-32C of %j is that of RFC 3720 appendix B.4", (text, checksum) => {
  expect(crc32c(Buffer.from(text, "latin1"))).toBe(checksum);
});
