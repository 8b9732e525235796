import { expect, test } from "vitest";
import { readContent } from "../../../../src/features/config/content.ts";
import { complaint, parsed, patchContent, patched, treeOfJson } from "../support/patch-file.ts";

const TEXT = [
  "# the head",
  "! another comment",
  "app.name = x \\",
  "           y",
  "url=jdbc\\:pg\\://h",
  "k\\ ey : \\u00e9",
  "",
  "bare",
  "white space",
  "app.name=last",
  "",
].join("\r\n");

test("continued lines, escapes, all separators and repeated keys are read as Java reads them", () => {
  expect(parsed("properties", TEXT)).toEqual({
    "app.name": "last",
    url: "jdbc:pg://h",
    "k ey": "é",
    bare: "",
    white: "space",
  });
});

test("a changed value keeps its separator, and everything else stays", () => {
  const text = patched("properties", TEXT, { "k ey": "ü", white: "black", bare: "1", "app.name": "new" });
  const expected = TEXT.replace("\\u00e9", "\\u00fc")
    .replace("white space", "white black")
    .replace("bare", "bare=1")
    .replace("=last", "=new");
  expect(text).toBe(expected);
});

test("a value over several lines becomes one line", () => {
  expect(patched("properties", "a = x \\\n    y\nb=1\n", { a: "z" })).toBe("a = z\nb=1\n");
});

test("new keys are written like the last one, with escapes where Java needs them", () => {
  expect(patched("properties", "a: 1\n", { "b c": " lead", d: "é\n=" })).toBe(
    "a: 1\nb\\ c: \\ lead\nd: \\u00e9\\n=\n",
  );
});

test("a removed key goes in every place where it stands, with the lines it goes on in", () => {
  expect(patched("properties", TEXT, { "app.name": null })).toBe(
    TEXT.replace("app.name = x \\\r\n           y\r\n", "").replace("app.name=last\r\n", ""),
  );
});

test("a file in ISO-8859-1 stays in it", () => {
  const old = readContent(Buffer.from("name=Ren\xe9 # \xe9\nb=1\n", "latin1"), "properties");
  const bytes = patchContent(old, "properties", treeOfJson({ b: "€" }));
  expect(bytes.toString("latin1")).toBe("name=Ren\xe9 # \xe9\nb=\\u20ac\n");
});

test("a malformed escape is told with line and column", () => {
  expect(complaint("properties", "a=1\nb=\\u12\n")).toBe(
    "2:3 A \\u is not followed by four hexadecimal digits.",
  );
});
