import { expect, test } from "vitest";
import { complaint, parsed, patched, refusal } from "../support/patch-file.ts";

const TEXT = `{
  // what the app listens on
  "port": 8080, // not 80
  "ratio": 1.50,
  "hosts": [
    "a", // the first
    "b",
    "c" /* the last, really */
  ],
  "nested": { "x": 1, "y": 2 },
  "empty": {},
  "id": 123456789012345678901
}
`;

test("a change of a number leaves every other character as it is", () => {
  expect(patched("jsonc", TEXT, { port: 9090 })).toBe(TEXT.replace("8080", "9090"));
});

test("a removed element takes its own comment along and leaves the others where they are", () => {
  const text = patched("jsonc", TEXT, { hosts: ["b", "c", "d"] });
  expect(text).toContain('  "hosts": [\n    "b",\n    "c", /* the last, really */\n    "d"\n  ],');
});

test("of objects in an array, one that is mostly the same is changed in its place, comments and all", () => {
  const text = '[\n  { "n": "a", "x": 1 }, // the first\n  { "n": "b", "x": 1, "y": /* two */ 2 }\n]\n';
  const wanted = [{ n: "a", x: 1 }, { n: "b", x: 1, y: 3 }, ["new"]];
  expect(patched("jsonc", text, wanted)).toBe(text.replace("*/ 2 }", '*/ 3 },\n  [\n    "new"\n  ]'));
});

test("a new key is written behind the last one, in the indentation of the file", () => {
  expect(patched("jsonc", TEXT, { log: { level: "info", to: ["file"] } })).toContain(
    '  "id": 123456789012345678901,\n  "log": {\n    "level": "info",\n    "to": [\n      "file"\n    ]\n  }\n}\n',
  );
});

test("a removed last key takes the comma before it along", () => {
  expect(patched("jsonc", TEXT, { id: null })).toContain('  "empty": {}\n}\n');
});

test("a removed key amid a line leaves its neighbours", () => {
  expect(patched("jsonc", TEXT, { nested: { x: null, z: 3 } })).toContain('"nested": { "y": 2, "z": 3 },');
});

test("line ends, tabs and compact spelling are kept", () => {
  expect(patched("json", '{\r\n\t"a": 1\r\n}\r\n', { b: { c: 2 } })).toBe(
    '{\r\n\t"a": 1,\r\n\t"b": {\r\n\t\t"c": 2\r\n\t}\r\n}\r\n',
  );
  expect(patched("json", '{"a":1,"b":[1,2]}', { c: {}, a: null })).toBe('{"b":[1,2], "c":{}}');
});

test("a byte order mark is kept", () => {
  expect(patched("json", '\ufeff{"a":1}', { a: 2 })).toBe('\ufeff{"a":2}');
});

test("integers that a double can't hold are read, compared and written exactly", () => {
  expect(patched("jsonc", TEXT, { port: 1 })).toContain("123456789012345678901");
  const text = '{"id": 123456789012345678901}';
  const patch = JSON.parse('{"id": "placeholder"}');
  expect(patched("json", text, patch)).toBe('{"id": "placeholder"}');
});

test("of a key that stands twice the last one counts, and is the one that changes", () => {
  expect(parsed("json", '{"a":1,"a":2}')).toEqual({ a: 2 });
  expect(patched("json", '{"a":1,"a":2}', { a: 3 })).toBe('{"a":1,"a":3}');
  expect(patched("json", '{"a":1,"b":0,"a":2}', { a: null })).toBe('{"b":0}');
});

test("a key named __proto__ is a key like any other", () => {
  const text = '{"__proto__": {"x": 1}}';
  expect(patched("json", text, JSON.parse('{"__proto__": {"x": 2}}'))).toBe(text.replace("1", "2"));
});

test("what is no JSON is told with line and column, and where comments are the reason, with what mends it", () => {
  expect(complaint("json", '{\n  "a": 1,\n}')).toMatch(/^3:1 Not valid JSON: property name expected/);
  expect(complaint("json", '{"a" 1}')).toBe("1:6 Not valid JSON: colon expected.");
  expect(complaint("json", "")).toBe("1:1 Not valid JSON: value expected.");
  expect(complaint("json", "{}//c")).toMatch(/^1:3 Not valid JSON: invalid comment token/);
  expect(complaint("jsonc", "{}//c")).toBe("none");
  expect(complaint("json", "[1e999]")).toBe("1:2 The number is too large.");
});

test("content that is nested without end is refused, not followed", () => {
  expect(complaint("json", "[".repeat(210) + "]".repeat(210))).toMatch(/nested deeper than 200 levels/);
  expect(complaint("json", "[".repeat(200_000))).toMatch(/nested too deeply/);
});

test("a patch that is a whole new value replaces the content", () => {
  expect(patched("json", '{"a":1}', ["x"])).toBe('["x"]');
  expect(refusal(() => patched("json", '{"a":1}', { a: "\ud800" }))).toBe("accepted");
});
