import { expect, test } from "vitest";
import { complaint, parsed, patched, refusal } from "../support/patch-file.ts";

const TEXT = `; the head
top = 1

[server]
port = 80
  ; indented comment
name="in quotes"
skip-networking

[other]
x=1

# the same section, again
[server]
ip = a
ip = b
empty =
list =
   one
   two=3
note = value ; is this a comment?
path = C:\\data\\
`;

test("sections, repeated sections and keys, bare keys and lists are read as one tree", () => {
  expect(parsed("ini", TEXT)).toEqual({
    top: "1",
    server: {
      port: "80",
      name: "in quotes",
      "skip-networking": null,
      ip: ["a", "b"],
      empty: "",
      list: "\none\ntwo=3",
      note: "value ; is this a comment?",
      path: "C:\\data\\",
    },
    other: { x: "1" },
  });
});

test("changed values keep their quotes, and everything else stays", () => {
  const text = patched("ini", TEXT, { top: "2", server: { port: "81", name: "a ; b", empty: "e" } });
  const expected = TEXT.replace("top = 1", "top = 2")
    .replace("port = 80", "port = 81")
    .replace('"in quotes"', '"a ; b"')
    .replace("empty =", "empty = e");
  expect(text).toBe(expected);
});

test("a new key is written like the last one of its section, in the last stretch of it", () => {
  expect(patched("ini", TEXT, { other: { y: "2" } })).toContain("x=1\ny=2\n");
  expect(patched("ini", "[a]\n\tk = 1\n[b]\nx: 1\n", { a: { l: "2" }, b: { y: "2" } })).toBe(
    "[a]\n\tk = 1\n\tl = 2\n[b]\nx: 1\ny: 2\n",
  );
});

test("a new section goes to the end, and a new key without one to the top", () => {
  expect(patched("ini", "a = 1\r\n[s]\r\nb = 2\r\n", { t: { c: "3" }, d: "4" })).toBe(
    "a = 1\r\nd = 4\r\n[s]\r\nb = 2\r\n\r\n[t]\r\nc = 3\r\n",
  );
  expect(patched("ini", "", { t: { c: "3" } })).toBe("[t]\nc = 3\n");
});

test("a repeated key is a list of lines", () => {
  expect(patched("ini", TEXT, { server: { ip: ["b", "c"] } })).toContain("[server]\nip = b\nip = c\nempty");
  expect(patched("ini", TEXT, { server: { ip: "only" } })).toContain("[server]\nip = only\nempty");
  expect(patched("ini", TEXT, { server: { port: ["1", "2"] } })).toContain(
    "port = 1\nport = 2\n  ; indented",
  );
});

test("a removed section takes its keys along in all its stretches, not the comments that follow", () => {
  expect(patched("ini", "[a]\nx = 1\n; behind\n[b]\ny = 1\n[a]\nz = 1\n", { a: null })).toBe(
    "; behind\n[b]\ny = 1\n",
  );
});

test("a list over several lines becomes one line", () => {
  expect(patched("ini", TEXT, { server: { list: "one" } })).toContain("list = one\nnote");
});

test("what readers of INI files disagree about is left alone, and neither is such a value written", () => {
  expect(refusal(() => patched("ini", TEXT, { server: { note: "x" } }))).toBe("content-invalid /server/note");
  expect(refusal(() => patched("ini", TEXT, { server: { path: "x" } }))).toBe("content-invalid /server/path");
  expect(refusal(() => patched("ini", "a: b = c\n", { a: "x" }))).toBe("content-invalid /a");
  expect(refusal(() => patched("ini", "a = 1\n  b = 2\n", { b: "3" }))).toBe("content-invalid /b");
  for (const value of ["x ; y", "# x", "two\nlines", " blank", '"quoted"', "ends\\"]) {
    expect(refusal(() => patched("ini", TEXT, { server: { port: value } }))).toBe(
      "content-invalid /server/port",
    );
  }
});

test("values are strings, and a tree deeper than a section has no place", () => {
  expect(refusal(() => patched("ini", TEXT, { server: { port: 81 } }))).toBe("content-invalid /server/port");
  expect(refusal(() => patched("ini", TEXT, { server: { port: { a: "1" } } }))).toBe(
    "content-invalid /server/port",
  );
  expect(refusal(() => patched("ini", TEXT, { server: { port: ["1"] } }))).toBe(
    "content-invalid /server/port",
  );
  expect(refusal(() => patched("ini", TEXT, { server: "x" }))).toBe("content-invalid /server");
  expect(refusal(() => patched("ini", TEXT, { "a]b": { x: "1" } }))).toBe("content-invalid /a]b");
  expect(refusal(() => patched("ini", TEXT, { server: { "a=b": "1" } }))).toBe("content-invalid /server/a=b");
});

test("what is no INI is told with line and column", () => {
  expect(complaint("ini", "[a]\nsome free text\n")).toMatch(/^2:1 A line is neither/);
  expect(complaint("ini", "[a\nb = 1\n")).toMatch(/^1:1 The section header/);
  expect(complaint("ini", "  = 1\n")).toMatch(/^1:3 A key is missing/);
  expect(complaint("ini", "a = 1\n[a]\nb = 1\n")).toBe("2:1 There is a key and a section named a.");
});

test("a section named __proto__ is a section like any other", () => {
  expect(patched("ini", "[__proto__]\na = 1\n", JSON.parse('{"__proto__": {"a": "2"}}'))).toBe(
    "[__proto__]\na = 2\n",
  );
});
