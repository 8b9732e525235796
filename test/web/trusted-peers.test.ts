import { describe, expect, test } from "vitest";
import { createTrustedPeers } from "../../src/web/trusted-peers.ts";
import { cpuMsOf } from "../support/cpu-time.ts";
import { type Random, randomOf } from "../support/random.ts";

const PEERS = createTrustedPeers([
  "10.0.0.0/8",
  "192.0.2.1",
  "2001:db8:1::/48",
  "fe80::/10",
  "::ffff:172.16.0.0/108",
]);

describe("a trusted peer", () => {
  test.each([
    "10.0.0.0",
    "10.255.255.255",
    "::ffff:10.1.2.3",
    "::ffff:a01:203",
    "0:0:0:0:0:FFFF:10.1.2.3",
    "192.0.2.1",
    "2001:db8:1::",
    "2001:DB8:1:ffff:ffff:ffff:ffff:ffff",
    "fe80::1%eth0",
    "fe80::1",
    "172.31.255.255",
  ])("is %s", (address) => {
    expect(PEERS.isTrusted(address)).toBe(true);
    expect(PEERS.isTrusted(address)).toBe(true);
  });

  test.each([
    "9.255.255.255",
    "11.0.0.0",
    "192.0.2.2",
    "2001:db8:2::",
    "::ffff:11.0.0.1",
    "::10.0.0.1",
    "172.32.0.0",
    "unknown",
    "",
    "10.0.0.1:80",
    "10.0.0",
    "[fe80::1]",
  ])("is not %j", (address) => {
    expect(PEERS.isTrusted(address)).toBe(false);
  });

  test("is nobody when nobody is named", () => {
    const nobody = createTrustedPeers([]);
    expect(nobody.isTrusted("127.0.0.1")).toBe(false);
    expect(nobody.clientOf("127.0.0.1", ["X-Forwarded-For", "192.0.2.7"])).toBe("127.0.0.1");
  });

  test("is any IPv4 address with 0.0.0.0/0, and any IPv6 address with ::/0, and not each other", () => {
    const [ipv4, ipv6] = [createTrustedPeers(["0.0.0.0/0"]), createTrustedPeers(["::/0"])];
    expect(["8.8.8.8", "::ffff:8.8.8.8", "2001:db8::1"].map(ipv4.isTrusted)).toEqual([true, true, false]);
    expect(["8.8.8.8", "::ffff:8.8.8.8", "2001:db8::1"].map(ipv6.isTrusted)).toEqual([false, false, true]);
  });

  test("is still known after more addresses than are remembered", () => {
    for (let index = 0; index < 5_000; index++) {
      const address = `${index % 2 === 0 ? 10 : 11}.0.${index >> 8}.${index & 255}`;
      expect(PEERS.isTrusted(address)).toBe(index % 2 === 0);
    }
  });

  test.each(["10.0.0.0/33", "localhost"])("can't be made of %s", (text) => {
    expect(() => createTrustedPeers([text])).toThrow(RangeError);
  });
});

describe("the client behind X-Forwarded-For is found from right to left", () => {
  test.each([
    ["the only hop", "198.51.100.7", "198.51.100.7"],
    ["the first that is not trusted", "198.51.100.7, 10.0.0.2, 10.0.0.3", "198.51.100.7"],
    ["not what an untrusted one claims", "1.1.1.1, 198.51.100.7, 10.0.0.2", "198.51.100.7"],
    ["not even a trusted address behind an untrusted one", "10.0.0.9, 198.51.100.7", "198.51.100.7"],
    ["the farthest, where all are trusted", "10.0.0.4, 10.0.0.3, 10.0.0.2", "10.0.0.4"],
    ["without its port", "198.51.100.7:4711, 10.0.0.2:80", "198.51.100.7"],
    ["over IPv6", "2001:db8:2::7, 2001:db8:1::1", "2001:db8:2::7"],
    ["over IPv6 in brackets", "[2001:DB8:2::7]:4711, [2001:db8:1::1]", "2001:db8:2::7"],
    ["mapped into IPv6", "::ffff:198.51.100.7, ::ffff:10.0.0.2", "198.51.100.7"],
    ["without its zone", "fe81::7%eth0, 10.0.0.2", "fe81::7"],
    ["with odd blanks and empty entries", " ,198.51.100.7\t, ,10.0.0.2,, ", "198.51.100.7"],
    ["the last good one before unknown", "198.51.100.7, unknown, 10.0.0.2", "10.0.0.2"],
    ["the last good one before an obfuscated one", "198.51.100.7, _hidden, 10.0.0.2", "10.0.0.2"],
    ["the last good one before garbage", "198.51.100.7, 10.0.0.3\u0000, 10.0.0.2", "10.0.0.2"],
    ["the peer before a name", "localhost", "10.0.0.1"],
    ["the peer before an address in hexadecimal", "0x0a000002", "10.0.0.1"],
    ["the peer before brackets around IPv4", "[198.51.100.7]", "10.0.0.1"],
    ["the peer when it says nothing", "", "10.0.0.1"],
    ["the peer when it says nothing but commas", ",,,", "10.0.0.1"],
  ])("%s", (_what, forwardedFor, client) => {
    expect(PEERS.clientOf("10.0.0.1", ["Host", "app", "x-forwarded-for", forwardedFor])).toBe(client);
  });

  test("over several lines", () => {
    const incoming = [
      "X-Forwarded-For",
      "1.1.1.1, 198.51.100.7",
      "Accept",
      "*/*",
      "x-forwarded-FOR",
      "10.0.0.2",
    ];
    expect(PEERS.clientOf("10.0.0.1", incoming)).toBe("198.51.100.7");
  });

  test("and not at all from a peer that is not trusted", () => {
    const incoming = ["X-Forwarded-For", "1.1.1.1", "Forwarded", "for=1.1.1.1"];
    expect(PEERS.clientOf("198.51.100.7", incoming)).toBe("198.51.100.7");
  });

  test("for 32 hops at most", () => {
    const hops = Array.from({ length: 100 }, (_, index) => `10.0.1.${index}`);
    const incoming = ["X-Forwarded-For", ["198.51.100.7", ...hops].join(", ")];
    expect(PEERS.clientOf("10.0.0.1", incoming)).toBe("10.0.1.68");
  });
});

describe("the client behind Forwarded is found the same way", () => {
  test.each([
    ["plain", "for=198.51.100.7", "198.51.100.7"],
    ["with other parameters", "proto=http;For=198.51.100.7;by=203.0.113.43", "198.51.100.7"],
    ["over trusted hops", "for=1.1.1.1, for=198.51.100.7;host=a, for=10.0.0.2", "198.51.100.7"],
    ["with a port", 'for="198.51.100.7:47011"', "198.51.100.7"],
    ["with an obfuscated port", 'for="198.51.100.7:_x"', "198.51.100.7"],
    ["over IPv6", 'for="[2001:db8:2::7]:4711"', "2001:db8:2::7"],
    ["unquoted, though it should be", "for=[2001:db8:2::7]:4711", "2001:db8:2::7"],
    ["with escapes", 'for="198\\.51.100\\.7"', "198.51.100.7"],
    ["with a comma inside of quotation marks", 'for=198.51.100.7;secret="a, for=1.1.1.1;b"', "198.51.100.7"],
    ["with empty elements and pairs", ",, ;for=198.51.100.7; ;,", "198.51.100.7"],
    ["unknown", "for=198.51.100.7, for=unknown", "10.0.0.1"],
    ["obfuscated", "for=198.51.100.7, for=_hidden", "10.0.0.1"],
    ["without for", "for=198.51.100.7, proto=https", "10.0.0.1"],
    [
      "behind an open quotation mark of the client",
      'for="1.1.1.1, for=198.51.100.7, for=10.0.0.2',
      "198.51.100.7",
    ],
    ["before an open quotation mark", 'for=198.51.100.7, for="10.0.0.2', "10.0.0.1"],
    ["with something behind a quotation mark", 'for="198.51.100.7"x', "10.0.0.1"],
    ["with blanks around =", "for = 198.51.100.7", "10.0.0.1"],
    ["with nothing behind for", 'for=""', "10.0.0.1"],
    ["too long", `for=198.51.100.7;x=${"y".repeat(5_000)}`, "10.0.0.1"],
    ["behind something too long", `for=1.1.1.1;x="${",".repeat(5_000)}", for=198.51.100.7`, "198.51.100.7"],
  ])("%s", (_what, forwarded, client) => {
    expect(PEERS.clientOf("10.0.0.1", ["Forwarded", forwarded])).toBe(client);
  });

  test("unless there is an X-Forwarded-For: then a Forwarded may be the client's own", () => {
    const incoming = ["Forwarded", "for=1.1.1.1", "X-Forwarded-For", "198.51.100.7"];
    expect(PEERS.clientOf("10.0.0.1", incoming)).toBe("198.51.100.7");
  });

  test("in no time, whatever is sent", () => {
    const texts = ["\t".repeat(4_000), `a="${"\\".repeat(4_000)}`, "a=b;".repeat(1_000), " ,".repeat(30_000)];
    const read = () => {
      for (const text of texts) {
        expect(PEERS.clientOf("10.0.0.1", ["Forwarded", `${text}\u0000`])).toBe("10.0.0.1");
        expect(PEERS.clientOf("10.0.0.1", ["X-Forwarded-For", `${text}\u0000`])).toBe("10.0.0.1");
      }
    };
    expect(cpuMsOf(read)).toBeLessThan(1_000);
  });
});

describe("for random ways", () => {
  const trusted = (random: Random) => `10.${random.int(256)}.${random.int(256)}.${random.int(256)}`;
  const stranger = (random: Random) => `198.51.${random.int(256)}.${random.int(256)}`;

  test("what the client wrote itself never matters", () => {
    for (let seed = 1; seed <= 1_000; seed++) {
      const random = randomOf(seed);
      const client = stranger(random);
      const hops = Array.from({ length: random.int(20) }, () => trusted(random));
      const pieces = ["10.0.0.1", "1.1.1.1", ",", " ", '"', "for=", ";", "[", "unknown", "\\", "::1", "x"];
      const forged = Array.from({ length: random.int(10) }, () => random.pick(pieces)).join("");
      const by = (entries: string[]) => [forged, ...entries].join(random.pick([",", ", ", " ,\t"]));
      expect(PEERS.clientOf("10.0.0.1", ["X-Forwarded-For", by([client, ...hops])]), `seed ${seed}`).toBe(
        client,
      );
      const elements = [client, ...hops].map((hop) => `for=${hop}`);
      expect(PEERS.clientOf("10.0.0.1", ["Forwarded", by(elements)]), `seed ${seed}`).toBe(client);
    }
  });
});
