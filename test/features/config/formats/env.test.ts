import { parseEnv } from "node:util";
import { expect, test } from "vitest";
import { complaint, parsed, patched, refusal } from "../support/patch-file.ts";

const TEXT = `# the head
export A=1 # one
B='single' # two
C="double\\n
 lines" # three
D=plain words
E=a#b
F=
`;

test("quotes, comments, export and values over several lines are read", () => {
  expect(parsed("env", TEXT)).toEqual({
    A: "1",
    B: "single",
    C: "double\n\n lines",
    D: "plain words",
    E: "a#b",
    F: "",
  });
});

test("changed values keep their quotes and comments, and everything else stays", () => {
  expect(patched("env", TEXT, { A: "2", B: "it is", C: "one", D: "other words" })).toBe(
    TEXT.replace("A=1", "A=2")
      .replace("'single'", "'it is'")
      .replace('"double\\n\n lines"', '"one"')
      .replace("plain words", "other words"),
  );
});

test("new values get quotes where a reader needs them", () => {
  expect(patched("env", "A=1\r\n", { B: "x y", C: "it's", D: "$HOME", E: "a\nb" })).toBe(
    "A=1\r\nB='x y'\r\nC=\"it's\"\r\nD='$HOME'\r\nE=\"a\r\nb\"\r\n",
  );
});

test("what is written is what Node.js reads, too", () => {
  const values = { P: "plain", Q: "two words", R: "it's", S: "# x", T: "a=b", U: "$x {y}", V: "a\nb", W: "" };
  expect(parseEnv(patched("env", TEXT, values))).toMatchObject(values);
});

test("a removed key goes with its lines", () => {
  expect(patched("env", TEXT, { C: null })).toBe(TEXT.replace('C="double\\n\n lines" # three\n', ""));
});

test("a value that readers disagree about, and a name that is none, are refused", () => {
  expect(refusal(() => patched("env", TEXT, { A: "'\"$" }))).toBe("content-invalid /A");
  expect(refusal(() => patched("env", TEXT, { "A B": "1" }))).toBe("content-invalid /A B");
  expect(refusal(() => patched("env", TEXT, { A: 1 }))).toBe("content-invalid /A");
  expect(refusal(() => patched("env", TEXT, { A: { B: "1" } }))).toBe("content-invalid /A");
});

test("what is no .env file is told with line and column", () => {
  expect(complaint("env", "A=1\nset -a\n")).toMatch(/^2:4 `=` is missing/);
  expect(complaint("env", "A='1\n")).toBe("1:3 The ' is never closed.");
  expect(complaint("env", "A='1'x\n")).toBe("1:6 Something stands behind the closing quote.");
  expect(complaint("env", "1A=1\n")).toMatch(/^1:1 A line is neither/);
});
