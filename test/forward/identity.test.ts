import { describe, expect, test } from "vitest";
import { type IdentityParts, identityFields, isIdentity, ownIdentity } from "../../src/forward/identity.ts";
import { hopAddress } from "../../src/web/forwarded.ts";
import { createTrustedPeers } from "../../src/web/trusted-peers.ts";
import { randomOf } from "../support/random.ts";

const PEERS = createTrustedPeers(["10.0.0.0/8", "fd00::/8"]);

/** The identity fields of a request from `peer`, by name. */
function sent(incoming: readonly string[], { peer = "10.0.0.1", host = "app.example" } = {}) {
  const parts: IdentityParts = {
    ...{ peer, host, incoming },
    trusted: PEERS.isTrusted(peer),
    clientIp: PEERS.clientOf(peer, incoming),
    version: "1.1",
  };
  return byName(identityFields(parts));
}

function byName(flat: readonly string[]): Record<string, string> {
  const names = flat.filter((_, index) => index % 2 === 0);
  expect(new Set(names).size).toBe(names.length);
  return Object.fromEntries(names.map((name, index) => [name, flat[2 * index + 1] ?? ""]));
}

describe("from a peer that is not trusted", () => {
  test("the fields are ours alone, whatever it says", () => {
    const incoming = [
      ...["X-Forwarded-For", "1.1.1.1", "Forwarded", "for=1.1.1.1;proto=http", "X-Real-IP", "1.1.1.1"],
      ...["X-Forwarded-Proto", "http", "X-Forwarded-Host", "evil.example", "X-Forwarded-Port", "81"],
    ];
    const fields = sent(incoming, { peer: "198.51.100.7" });
    expect(fields).toEqual({
      "X-Forwarded-For": "198.51.100.7",
      "X-Real-IP": "198.51.100.7",
      "X-Forwarded-Proto": "https",
      "X-Forwarded-Host": "app.example",
      "X-Forwarded-Port": "443",
      Forwarded: 'for=198.51.100.7;host="app.example";proto=https',
      Via: "1.1 tickbird",
    });
    expect(fields).toEqual(byName(ownIdentity("198.51.100.7", "app.example", "1.1")));
  });

  test.each([
    ["198.51.100.7", "app.example:8443", "8443", 'for=198.51.100.7;host="app.example:8443";proto=https'],
    ["2001:db8::7", "[2001:db8::1]", "443", 'for="[2001:db8::7]";host="[2001:db8::1]";proto=https'],
    [
      "2001:db8::7",
      "[2001:db8::1]:8443",
      "8443",
      'for="[2001:db8::7]";host="[2001:db8::1]:8443";proto=https',
    ],
    ["unknown", 'a"b\\', "443", 'for=unknown;host="ab";proto=https'],
  ])("%s asking for %s is told with port and brackets", (peer, host, port, forwarded) => {
    const fields = byName(ownIdentity(peer, host, "2.0"));
    expect(fields).toMatchObject({ "X-Forwarded-Port": port, Forwarded: forwarded, Via: "2.0 tickbird" });
    expect(fields).toMatchObject({ "X-Real-IP": peer, "X-Forwarded-Host": host });
  });
});

describe("from a trusted peer", () => {
  test("X-Forwarded-For is continued, and Forwarded says the same", () => {
    expect(sent(["X-Forwarded-For", "1.1.1.1, 198.51.100.7", "x-forwarded-for", "10.0.0.2"])).toMatchObject({
      "X-Forwarded-For": "1.1.1.1, 198.51.100.7, 10.0.0.2, 10.0.0.1",
      "X-Real-IP": "198.51.100.7",
      Forwarded:
        'for=1.1.1.1;host="app.example";proto=https, for=198.51.100.7, for=10.0.0.2, for=10.0.0.1;host="app.example";proto=https',
    });
  });

  test("Forwarded is continued where it comes alone, and X-Forwarded-For says the same", () => {
    const old = 'for="[2001:db8::7]:4711";proto=http;by=10.0.0.2, for=_hidden, For=198.51.100.7';
    expect(sent(["Forwarded", old], { peer: "fd00::1" })).toMatchObject({
      "X-Forwarded-For": "2001:db8::7, unknown, 198.51.100.7, fd00::1",
      "X-Real-IP": "198.51.100.7",
      Forwarded: `${old}, for="[fd00::1]";host="app.example";proto=https`,
    });
  });

  test("a Forwarded beside X-Forwarded-For may be the client's own: it is made anew", () => {
    const incoming = [
      "Forwarded",
      "for=1.1.1.1;host=evil.example;proto=http",
      "X-Forwarded-For",
      "198.51.100.7",
    ];
    expect(sent(incoming)["Forwarded"]).toBe(
      'for=198.51.100.7;host="app.example";proto=https, for=10.0.0.1;host="app.example";proto=https',
    );
  });

  test("a malformed Forwarded can't swallow what is written behind it", () => {
    expect(sent(["Forwarded", 'for="1.1.1.1, for=198.51.100.7'])).toMatchObject({
      "X-Forwarded-For": "198.51.100.7, 10.0.0.1",
      "X-Real-IP": "198.51.100.7",
      Forwarded:
        'for=198.51.100.7;host="app.example";proto=https, for=10.0.0.1;host="app.example";proto=https',
    });
    expect(sent(["Forwarded", 'for="1.1.1.1'])).toMatchObject({
      "X-Forwarded-For": "10.0.0.1",
      Forwarded: 'for=10.0.0.1;host="app.example";proto=https',
    });
  });

  test("what is no address in X-Forwarded-For stays there, and is unknown in Forwarded", () => {
    expect(sent(["X-Forwarded-For", '"x", _hidden, 2001:DB8::7, 1.2.3.4:80'])).toMatchObject({
      "X-Forwarded-For": '"x", _hidden, 2001:DB8::7, 1.2.3.4:80, 10.0.0.1',
      Forwarded: expect.stringMatching(
        /^for=unknown;host="app.example";proto=https, for=_hidden, for="\[2001:db8::7\]", for=1\.2\.3\.4, for=10\.0\.0\.1;/,
      ),
    });
  });

  test("a peer that says nothing is the client", () => {
    expect(sent([])).toEqual(byName(ownIdentity("10.0.0.1", "app.example", "1.1")));
    expect(sent(["X-Forwarded-For", " , "])).toEqual(byName(ownIdentity("10.0.0.1", "app.example", "1.1")));
  });

  test("the scheme, the host and the port are what it says", () => {
    const incoming = [
      "X-Forwarded-Proto",
      "HTTP",
      "X-Forwarded-Host",
      "www.example:81",
      "X-Forwarded-Port",
      "8080",
    ];
    expect(sent([...incoming, "X-Forwarded-For", "198.51.100.7"])).toMatchObject({
      "X-Forwarded-Proto": "http",
      "X-Forwarded-Host": "www.example:81",
      "X-Forwarded-Port": "8080",
      Forwarded:
        'for=198.51.100.7;host="www.example:81";proto=http, for=10.0.0.1;host="app.example";proto=https',
    });
  });

  test.each([
    ["http", undefined, "80"],
    ["https", undefined, "443"],
    ["http", "www.example:81", "81"],
    ["http", "[::1]:82", "82"],
    ["http", "[::1]", "80"],
  ])("the port follows from %s and the host %s where it does not say it", (proto, host, port) => {
    const said = ["X-Forwarded-Proto", proto, ...(host === undefined ? [] : ["X-Forwarded-Host", host])];
    expect(sent(said)).toMatchObject({ "X-Forwarded-Proto": proto, "X-Forwarded-Port": port });
  });

  test.each([
    ["X-Forwarded-Proto", "http, https", "https"],
    ["X-Forwarded-Host", "evil.example, www.example", "www.example"],
    ["X-Forwarded-Port", "1,8443", "8443"],
  ])("of a list in %s the last one counts, which the peer has added itself", (name, list, last) => {
    expect(sent([name, list])[name]).toBe(last);
    expect(sent(list.split(",").flatMap((value) => [name, value.trim()]))[name]).toBe(last);
  });

  test.each([
    ["X-Forwarded-Proto", ["", "wss", "ftp", "https;x", "httpsx"], "https"],
    [
      "X-Forwarded-Host",
      ["", "a b", "a/b", "user@a", "a:b", "a:123456", "a\u00e9", 'a"', "[::1", "a,", "x".repeat(300)],
      "app.example",
    ],
    ["X-Forwarded-Port", ["", "-1", "65536", "8o", "+80", "0x50", "123456"], "443"],
  ])("a %s that makes no sense is ours", (name, values, ours) => {
    for (const value of values) expect(sent([name, value])[name], value).toBe(ours);
  });

  test("Forwarded is well-formed and ends with our element, whatever comes", () => {
    const pieces = [
      "1.1.1.1",
      ",",
      '"',
      "for=",
      ";",
      "[::1]",
      "unknown",
      "\\",
      " ",
      "_h",
      "host=",
      "=",
      "é",
      ":80",
    ];
    for (let seed = 1; seed <= 2_000; seed++) {
      const random = randomOf(seed);
      const value = Array.from({ length: random.int(12) }, () => random.pick(pieces)).join("");
      const fields = sent([random.pick(["X-Forwarded-For", "Forwarded"]), value]);
      expect(fields["Forwarded"], `seed ${seed}: ${value}`).toMatch(FORWARDED);
      expect(fields["Forwarded"]).toMatch(/(^|, )for=10\.0\.0\.1;host="app\.example";proto=https$/);
      expect(hopAddress(fields["X-Real-IP"] ?? ""), `seed ${seed}: ${value}`).toBeDefined();
    }
  });
});

/** A list as RFC 7239 section 4 has it, but for characters of unquoted values, which many do not quote. */
const PAIR = `[!#$%&'*+.^_\`|~\\w-]+=(?:[^\\s",;]+|"(?:[^"\\\\]|\\\\.)*")`;
const ELEMENT = ` *(?:${PAIR})? *(?:; *(?:${PAIR})? *)*`;
const FORWARDED = new RegExp(`^${ELEMENT}(?:,${ELEMENT})*$`);

describe("a field that says who the client is stays behind", () => {
  const OURS = [
    "x-forwarded-for",
    "x-real-ip",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-forwarded-port",
    "forwarded",
  ];
  const TWINS = [
    "x_forwarded_for",
    "x-forwarded_for",
    "x.forwarded.for",
    "x_real_ip",
    "x_forwarded_prefix",
    "client_ip",
    "http_client_ip",
    "http_x_forwarded_for",
    "remote_addr",
    "ssl_client_cert",
    "proxy",
  ];
  const CLAIMS = [
    "x-forwarded",
    "x-forwarded-prefix",
    "x-forwarded-client-cert",
    "x-forwarded-ssl",
    "forwarded-for",
    "client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "x-original-forwarded-for",
    "proxy-client-ip",
    "wl-proxy-client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
    "client-cert",
    "client-cert-chain",
    "x-ssl-client-verify",
    "ssl-client-subject-dn",
    "x-amzn-mtls-clientcert-leaf",
  ];

  test.each([...OURS, ...TWINS])("from everyone: %s", (name) => {
    expect([isIdentity(name), isIdentity(name, true)]).toEqual([true, true]);
  });

  test.each(CLAIMS)("from peers that are not trusted: %s", (name) => {
    expect([isIdentity(name), isIdentity(name, true)]).toEqual([true, false]);
  });

  test.each([
    "accept",
    "authorization",
    "client-id",
    "content-type",
    "cookie",
    "forward",
    "from",
    "host",
    "http2-settings",
    "ip",
    "origin",
    "proxy-authorization",
    "remote-user",
    "user-agent",
    "via",
    "x-client-id",
    "x-client-certificate-id",
    "x-forwardedfor",
    "x-original-url",
    "x-real-ip-hint",
    "x-remote-user",
    "x-request-id",
    "x_custom_header",
  ])("not so: %s", (name) => {
    expect([isIdentity(name), isIdentity(name, true)]).toEqual([false, false]);
  });

  test("also after more names than are remembered", () => {
    for (let index = 0; index < 5_000; index++) expect(isIdentity(`x-junk-${index}`)).toBe(false);
    expect([isIdentity("x-forwarded-for", true), isIdentity("client-ip", true)]).toEqual([true, false]);
  });
});
