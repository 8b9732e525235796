import { expect, test } from "vitest";
import { complaint, parsed, patched, refusal } from "../support/patch-file.ts";

const TEXT = `# the head
port: &port 8080 # not 80
name: 'it''s'
hosts:
  - a # the first

  - address: b # the second
    key: |
      line one
      line two

  # behind the hosts
flow: {x: 1, list: [1, 2,], "y": *port } # in brackets
nothing:
noted: # a note
quoted: "two
  lines"
base: &base # the base
  # about m
  m: 1
  n: 2
derived:
  <<: *base
  own: yes
folded: >-
  folded
  text
# the end
`;

test("anchors, aliases, merge keys and all styles are read as one tree", () => {
  expect(parsed("yaml", TEXT)).toEqual({
    port: 8080,
    name: "it's",
    hosts: ["a", { address: "b", key: "line one\nline two\n" }],
    flow: { x: 1, list: [1, 2], y: 8080 },
    nothing: null,
    noted: null,
    quoted: "two lines",
    base: { m: 1, n: 2 },
    derived: { own: "yes", m: 1, n: 2 },
    folded: "folded text",
  });
});

test("a changed scalar keeps its quotes and its comment, and nothing else changes", () => {
  expect(patched("yaml", TEXT, { name: "that's" })).toBe(TEXT.replace("'it''s'", "'that''s'"));
  expect(patched("yaml", TEXT, { noted: 5 })).toBe(TEXT.replace("noted:", "noted: 5"));
  expect(patched("yaml", TEXT, { quoted: "one" })).toBe(TEXT.replace('"two\n  lines"', '"one"'));
  expect(patched("yaml", TEXT, { folded: "short" })).toBe(TEXT.replace(">-\n  folded\n  text", "short"));
});

test("a value in a sequence of mappings changes in its place", () => {
  const hosts = ["a", { address: "c", key: "line one\nline two\n" }];
  expect(patched("yaml", TEXT, { hosts })).toBe(TEXT.replace("address: b", "address: c"));
});

test("a removed element takes its line and comment along", () => {
  const hosts = [{ address: "b", key: "line one\nline two\n" }];
  expect(patched("yaml", TEXT, { hosts })).toBe(TEXT.replace("  - a # the first\n", ""));
});

test("brackets are edited in place", () => {
  expect(patched("yaml", TEXT, { flow: { x: null, list: [2, 3], z: "a, b" } })).toContain(
    'flow: {list: [2, 3,], "y": *port, z: "a, b" } # in brackets\n',
  );
});

test("a new key goes behind the last one of its mapping, before the comments that follow", () => {
  expect(patched("yaml", TEXT, { base: { o: { p: [] } }, derived: { o: 1 } })).toContain(
    "  n: 2\n  o:\n    p: []\nderived:\n  <<: *base\n  own: yes\n  o: 1\n",
  );
});

test("several lines of text are written as a block, and words that YAML 1.1 takes for something else in quotes", () => {
  expect(patched("yaml", "a: 1\n", { a: "x\ny\n", b: "yes", c: "012", d: "12:30" })).toBe(
    'a: |\n  x\n  y\nb: "yes"\nc: "012"\nd: "12:30"\n',
  );
});

test("a key that is merged in is overridden where it is used, not where it comes from", () => {
  expect(patched("yaml", TEXT, { derived: { m: 7 } })).toContain("  <<: *base\n  own: yes\n  m: 7\n");
  expect(refusal(() => patched("yaml", TEXT, { derived: { m: null } }))).toBe("content-invalid /derived/m");
});

test("a change that would change another value too, through an anchor, is refused", () => {
  expect(refusal(() => patched("yaml", TEXT, { port: 9 }))).toBe("content-invalid /flow/y");
  expect(refusal(() => patched("yaml", "a: &x {p: 1}\nb: *x\n", { b: { p: 2 } }))).toBe("content-invalid /b");
  expect(patched("yaml", TEXT, { port: 9, flow: { y: 9 } })).toContain("port: &port 9 # not 80");
});

test("a value with a type written before it is left alone", () => {
  expect(refusal(() => patched("yaml", "a: !!int 5\n", { a: "x" }))).toBe("content-invalid /a");
  expect(patched("yaml", "a: !vault abc\n", { a: "x" })).toBe("a: !vault x\n");
});

test("line ends and a missing last one are kept", () => {
  expect(patched("yaml", "a:\r\n  b: 1 # c\r\n  d: 2\r\n", { a: { b: 3, e: { f: 4 } } })).toBe(
    "a:\r\n  b: 3 # c\r\n  d: 2\r\n  e:\r\n    f: 4\r\n",
  );
  expect(patched("yaml", "a: 1", { b: 2 })).toBe("a: 1\nb: 2");
});

test("a comment behind a key stays there when its mapping becomes something else", () => {
  expect(patched("yaml", "a: # note\n  b: 1\nc: 2\n", { a: 5 })).toBe("a: 5 # note\nc: 2\n");
  expect(patched("yaml", "a: # note\n  b: 1\nc: 2\n", { a: ["x"] })).toBe("a: # note\n  - x\nc: 2\n");
});

test("what loses its last key becomes {} and what was empty is filled", () => {
  expect(patched("yaml", "a:\n  b: 1\nc: 2\n", { a: { b: null } })).toBe("a: {}\nc: 2\n");
  expect(patched("yaml", "a: {}\n", { a: { b: 1 } })).toBe("a: {b: 1}\n");
  expect(patched("yaml", "# nothing yet\n", { a: { b: [1] } })).toBe("# nothing yet\na:\n  b:\n    - 1\n");
});

test("a stream of several documents is valid, and has no tree", () => {
  expect(complaint("yaml", "a: 1\n---\nb: 2\n")).toBe("2:1 The file holds 2 YAML documents, not one.");
});

test("what is no YAML is told with line and column, without quoting the file", () => {
  expect(complaint("yaml", "a: 1\nb: [s3cret\n")).toMatch(/^3:1 Not valid YAML: /);
  expect(complaint("yaml", "a: s3cret: x\n")).toMatch(/^1:4 Not valid YAML: /);
  expect(complaint("yaml", "a: s3cret: x\n")).not.toContain("s3cret");
  expect(complaint("yaml", "a: 1\na: 2\n")).toBe("2:1 The key a stands twice.");
  expect(complaint("yaml", "a: *nowhere\n")).toMatch(/^1:4 Not valid YAML: an alias/);
});

test("aliases that multiply are not expanded", () => {
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
  for (let level = 1; level < 9; level++) {
    lines.push(
      `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(", ")}]`,
    );
  }
  expect(complaint("yaml", lines.join("\n"))).toMatch(/The aliases expand to too much/);
  expect(complaint("yaml", "a: &a [*a]\n")).toMatch(/nested deeper than 200 levels/);
});

test("numbers that JSON has not are shown as they are written", () => {
  expect(parsed("yaml", "a: .inf\nb: .nan\nc: -.inf\n")).toEqual({ a: ".inf", b: ".nan", c: "-.inf" });
  expect(patched("yaml", "c: 123456789012345678901\nd: 1\n", { d: 2 })).toContain("123456789012345678901");
});
