import { describe, expect, test } from "vitest";
import { type ReadBefore, readRequestHead, readTrailers } from "../../../src/listener/http2/request-head.ts";

type Pairs = readonly (readonly [string, string])[];

const GET: Pairs = [
  [":method", "GET"],
  [":scheme", "https"],
  [":authority", "app"],
  [":path", "/"],
];
const WEBSOCKET: Pairs = [
  [":method", "CONNECT"],
  [":protocol", "websocket"],
  [":scheme", "https"],
  [":authority", "app"],
  [":path", "/chat"],
];
const TUNNEL: Pairs = [
  [":method", "CONNECT"],
  [":authority", "app:443"],
];

const read = (pairs: Pairs, before?: ReadBefore) => readRequestHead(pairs.flat(), before);
const headOf = (pairs: Pairs, before?: ReadBefore) => read(pairs, before)?.head;
const without = (pairs: Pairs, ...names: string[]) => pairs.filter(([name]) => !names.includes(name));
const changed = (pairs: Pairs, name: string, value: string) =>
  pairs.map(([its, old]) => [its, its === name ? value : old] as const);

/** Every byte but those. */
function bytesBut(allowed: (byte: number) => boolean): number[] {
  return Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !allowed(byte));
}

describe("a request is malformed", () => {
  test.each<[what: string, pairs: Pairs]>([
    ["with nothing in it", []],
    ["without :method", without(GET, ":method")],
    ["without :scheme", without(GET, ":scheme")],
    ["without :path", without(GET, ":path")],
    ["with an empty :path", changed(GET, ":path", "")],
    ["with two :method", [...GET, [":method", "GET"]]],
    ["with two :scheme", [...GET, [":scheme", "https"]]],
    ["with two :authority", [...GET, [":authority", "app"]]],
    ["with two :path", [...GET, [":path", "/"]]],
    ["with :status, which is of answers", [...GET, [":status", "200"]]],
    ["with a pseudo-header field that nobody knows", [...GET, [":unknown", "x"]]],
    ["with a pseudo-header field in upper case", [...without(GET, ":path"), [":Path", "/"]]],
    ["with a pseudo-header field without a name", [...GET, [":", "x"]]],
    [
      "with a pseudo-header field behind a regular one",
      [...GET.slice(0, 3), ["x", "y"], ...GET.slice(3)] as Pairs,
    ],
    ["with one behind a regular one that is there already", [...GET, ["x", "y"], [":path", "/"]]],
    ["with an empty :method", changed(GET, ":method", "")],
    ["with a :method that is no token", changed(GET, ":method", "GET /x HTTP/1.1")],
    ["with a line break in :method", changed(GET, ":method", "GET\n")],
    ["with a line break in :path", changed(GET, ":path", "/ HTTP/1.1\r\nx: y")],
    ["with a line break in :authority", changed(GET, ":authority", "app\r\nx: y")],
    ["with NUL in :path", changed(GET, ":path", "/\0")],
    ["with :protocol for another method (RFC 8441 section 4)", [...GET, [":protocol", "websocket"]]],
  ])("%s (RFC 9113 section 8.3.1)", (_what, pairs) => {
    expect(read(pairs)).toBeUndefined();
  });

  test.each<[what: string, pairs: Pairs]>([
    ["CONNECT without :authority", without(TUNNEL, ":authority")],
    ["CONNECT with :scheme", [...TUNNEL, [":scheme", "https"]]],
    ["CONNECT with :path", [...TUNNEL, [":path", "/"]]],
    ["an extended CONNECT without :scheme (RFC 8441 section 4)", without(WEBSOCKET, ":scheme")],
    ["an extended CONNECT without :path (RFC 8441 section 4)", without(WEBSOCKET, ":path")],
    ["an extended CONNECT with an empty :path (RFC 8441 section 4)", changed(WEBSOCKET, ":path", "")],
    ["an extended CONNECT without :authority (RFC 8441 section 4)", without(WEBSOCKET, ":authority")],
    ["an extended CONNECT with two :protocol (RFC 8441 section 4)", [...WEBSOCKET, [":protocol", "x"]]],
  ])("%s (RFC 9113 section 8.5)", (_what, pairs) => {
    expect(read(pairs)).toBeUndefined();
  });

  test.each([
    ...[
      ["connection", "close"],
      ["connection", "keep-alive"],
      ["connection", ""],
      ["keep-alive", "timeout=5"],
    ],
    ...[
      ["proxy-connection", "keep-alive"],
      ["transfer-encoding", "chunked"],
      ["upgrade", "h2c"],
    ],
    ...[
      ["te", "gzip"],
      ["te", "trailers, deflate"],
      ["te", ""],
    ],
  ])("with %s: %s, which is of one connection (RFC 9113 section 8.2.2)", (name, value) => {
    expect(read([...GET, [name, value]])).toBeUndefined();
    expect(read([...GET, ["x", "y"], [name, value]])).toBeUndefined();
  });

  test.each([
    "X",
    "accepT",
    "x y",
    "x:",
    "x\r\n",
    "",
    " x",
    "x\t",
    "x\0",
    "\xe9",
    "x\x7f",
    "(",
    "x,y",
    "x/y",
  ])("with a field named %j (RFC 9113 section 8.2.1)", (name) => {
    expect(read([...GET, [name, "y"]])).toBeUndefined();
  });

  test("with any other byte than those of a token in a name (RFC 9113 section 8.2.1)", () => {
    const isToken = (byte: number) => /[\w!#$%&'*+\-.^`|~]/.test(String.fromCharCode(byte));
    const isUpper = (byte: number) => byte >= 0x41 && byte <= 0x5a;
    for (const byte of bytesBut((it) => isToken(it) && !isUpper(it)))
      expect(read([...GET, [`x${String.fromCharCode(byte)}`, "y"]]), String(byte)).toBeUndefined();
    for (const byte of bytesBut((it) => !isToken(it) || isUpper(it)))
      expect(read([...GET, [`x${String.fromCharCode(byte)}`, "y"]]), String(byte)).toBeDefined();
  });

  test("with a control character in a value, wherever it stands (RFC 9113 section 8.2.1)", () => {
    const isText = (byte: number) => byte === 0x09 || (byte >= 0x20 && byte !== 0x7f);
    for (const byte of bytesBut(isText)) {
      const character = String.fromCharCode(byte);
      for (const value of [character, `${character}a`, `a${character}`, `a${character}a`]) {
        expect(read([...GET, ["x", value]]), JSON.stringify(value)).toBeUndefined();
        expect(read([...GET, ["cookie", value]]), JSON.stringify(value)).toBeUndefined();
      }
    }
    for (const byte of bytesBut((it) => !isText(it)))
      expect(read([...GET, ["x", `a${String.fromCharCode(byte)}a`]]), String(byte)).toBeDefined();
  });

  test.each([" a", "a ", "\ta", "a\t", " ", "\t"])(
    "with a blank at an end of a value: %j (RFC 9113 section 8.2.1)",
    (value) => {
      expect(read([...GET, ["x", value]])).toBeUndefined();
      expect(read([...GET, ["cookie", value]])).toBeUndefined();
    },
  );

  test.each(["", "+5", "-1", "0x5", "5, 5", "5,5", "1e3", "5.0", "five", "9999999999999999", "\xb2"])(
    "with content-length: %j (RFC 9113 section 8.1.1)",
    (length) => {
      expect(read([...GET, ["content-length", length]])).toBeUndefined();
    },
  );

  test("with two content-length, be they the same (RFC 9110 section 8.6)", () => {
    const two = (second: string): Pairs => [...GET, ["content-length", "5"], ["content-length", second]];
    expect(read(two("5"))).toBeUndefined();
    expect(read(two("6"))).toBeUndefined();
  });
});

describe("a request is read", () => {
  test("whole: pseudo-header fields, and the others as they came", () => {
    expect(headOf([...GET, ["x-a", "1"], ["accept", "text/html"], ["x-a", ""]])).toMatchObject({
      ...{ method: "GET", path: "/", authority: "app", protocol: undefined, repeats: false },
      lines: { lengthBytes: undefined, accept: "text/html", expect: undefined, requestId: undefined },
    });
    expect(headOf([...GET, ["x-a", "1"], ["x-b", "\xe9"], ["x-a", ""]])?.lines.fields.raw()).toEqual([
      ...["x-a", "1", "x-b", "\xe9", "x-a", ""],
    ]);
  });

  test.each<[what: string, pairs: Pairs]>([
    ["with its pseudo-header fields in another order", GET.toReversed()],
    ["without :authority", without(GET, ":authority")],
    ["with te: trailers (section 8.2.2)", [...GET, ["te", "trailers"]]],
    ["with te in upper case", [...GET, ["te", "Trailers"]]],
    ["with an unusual method", changed(GET, ":method", "M-SEARCH")],
    ["with another scheme", changed(GET, ":scheme", "http")],
    ["with a * for a path (section 8.3.1)", changed(changed(GET, ":method", "OPTIONS"), ":path", "*")],
    ["of a CONNECT (section 8.5)", TUNNEL],
    ["of a WebSocket (RFC 8441 section 5)", WEBSOCKET],
  ])("%s (RFC 9113)", (_what, pairs) => {
    const { method = "", path = "", authority } = headOf(pairs) ?? {};
    const value = (name: string) => pairs.find(([its]) => its === name)?.[1];
    expect(method).toBe(value(":method"));
    expect(path).toBe(value(":path") ?? "");
    expect(authority).toBe(value(":authority"));
    expect(headOf(pairs)?.protocol).toBe(value(":protocol"));
  });

  test.each([
    ["0", 0],
    ["5", 5],
    ["007", 7],
    ["999999999999999", 999_999_999_999_999],
  ])("with content-length: %s as so many bytes", (length, lengthBytes) => {
    expect(headOf([...GET, ["content-length", length]])?.lines.lengthBytes).toBe(lengthBytes);
  });

  test("with the crumbs of a cookie joined, though others stand between them (RFC 9113 section 8.2.3)", () => {
    const crumbs: Pairs = [...GET, ["cookie", "a=1"], ["x", "y"], ["cookie", "b=2; c=3"], ["cookie", ""]];
    const fields = headOf(crumbs)?.lines.fields;
    expect(fields?.names.filter((name) => name === "cookie")).toHaveLength(1);
    expect(fields?.first("cookie")).toBe("a=1; b=2; c=3;");
    expect(fields?.first("x")).toBe("y");
  });

  test("with other fields that come twice joined where only one value counts", () => {
    const lines = headOf([
      ...GET,
      ...(["accept", "expect", "x-request-id"] as const).flatMap((name) => [
        [name, "a"] as const,
        [name, "b"] as const,
      ]),
    ])?.lines;
    expect(lines).toMatchObject({ accept: "a, b", expect: "a, b", requestId: "a, b" });
  });
});

describe("a request repeats the one before", () => {
  const fields: Pairs = [
    ["cookie", "a=1"],
    ["x", "y"],
  ];
  const before = read([...GET, ...fields]);

  test.each<[what: string, pairs: Pairs]>([
    ["that is the same", [...GET, ...fields]],
    ["that asks for another path", [...changed(GET, ":path", "/other"), ...fields]],
    ["that has another method", [...changed(GET, ":method", "DELETE"), ...fields]],
    ["that has its pseudo-header fields in another order", [...GET.toReversed(), ...fields]],
    [
      "that has more pseudo-header fields",
      [...WEBSOCKET.map(([name, value]) => [name, value] as const), ...fields],
    ],
  ])("%s: the lines are the same object", (_what, pairs) => {
    const head = headOf(pairs, before);
    expect(head?.repeats).toBe(true);
    expect(head?.lines).toBe(before?.head.lines);
    expect({ ...head, repeats: false }).toEqual(headOf(pairs));
  });

  test.each<[what: string, pairs: Pairs]>([
    ["another authority", [...changed(GET, ":authority", "other"), ...fields]],
    ["no authority", [...without(GET, ":authority"), ...fields]],
    ["another value", [...GET, ["cookie", "a=2"], ["x", "y"]]],
    ["another name", [...GET, ["cookie", "a=1"], ["z", "y"]]],
    ["one field more", [...GET, ...fields, ["x", "y"]]],
    ["one field less", [...GET, ["cookie", "a=1"]]],
    ["its fields in another order", [...GET, ...fields.toReversed()]],
    ["no fields", GET],
    [
      "as many entries, of which one is a pseudo-header field",
      [...without(GET, ":authority"), ["x", "y"], ...fields],
    ],
  ])("not with %s: it is read as if nothing were before", (_what, pairs) => {
    const head = headOf(pairs, before);
    expect(head?.repeats).toBe(false);
    expect(head).toEqual(headOf(pairs));
  });

  test("not by being malformed", () => {
    expect(read([...GET, [":path", "/"], ...fields], before)).toBeUndefined();
    expect(read([...without(GET, ":method"), ...fields], before)).toBeUndefined();
    expect(read([...GET, ...fields, [":path", "/"]], before)).toBeUndefined();
  });
});

describe("trailers", () => {
  test("are read as they came (RFC 9113 section 8.1)", () => {
    expect(readTrailers(["x-sum", "1", "x-sum", "\xe9", "y", ""])?.raw()).toEqual([
      ...["x-sum", "1", "x-sum", "\xe9", "y", ""],
    ]);
    expect(readTrailers([])?.names).toEqual([]);
  });

  test.each([
    [":path", "/"],
    [":status", "200"],
    [":unknown", ""],
    ["X-Sum", "1"],
    ["", "1"],
    ["x", "a\r\nb: c"],
    ["x", "\0"],
    ["x", " a"],
    ["x", "a\t"],
  ])("with %j: %j are malformed (RFC 9113 sections 8.1 and 8.2.1)", (name, value) => {
    expect(readTrailers([name, value])).toBeUndefined();
    expect(readTrailers(["x-fine", "1", name, value])).toBeUndefined();
  });

  test.each([
    ["connection", "close"],
    ["keep-alive", "timeout=5"],
    ["proxy-connection", "close"],
    ["transfer-encoding", "chunked"],
    ["upgrade", "h2c"],
  ])("with %s, which is of one connection, are malformed (RFC 9113 section 8.2.2)", (name, value) => {
    expect(readTrailers([name, value])).toBeUndefined();
  });
});
