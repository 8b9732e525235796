import { expect, test } from "vitest";
import { complaint, parsed, patched } from "../support/patch-file.ts";

const TEXT = `// settings
{
  port: 0x1F90, /* hex */
  'ratio': .5,
  "limit": +Infinity,
  hosts: ['a', 'b',], // two
  text: 'one \\
two',
  nested: {x: 1},
  id: 123456789012345678901,
}
`;

test("what only JSON5 has is read; Infinity and NaN are strings, big integers exact", () => {
  expect(parsed("json5", TEXT)).toMatchObject({
    port: 8080,
    ratio: 0.5,
    limit: "+Infinity",
    hosts: ["a", "b"],
    text: "one two",
    nested: { x: 1 },
  });
  expect(parsed("json5", "[-0xFFFFFFFFFFFFFFFFFF]")).toEqual([-(2 ** 72 - 1)]);
});

test("a change leaves everything else, and is written in the quotes and names that stand beside it", () => {
  expect(patched("json5", TEXT, { port: 9090, text: "it's", hosts: ["a", "c", "b"] })).toBe(
    TEXT.replace("0x1F90", "9090")
      .replace("'one \\\ntwo'", "'it\\'s'")
      .replace("'a', 'b',", "'a', 'c', 'b',"),
  );
  expect(patched("json5", TEXT, { nested: { x: null, "a b": { y: "z" } }, log: true })).toBe(
    TEXT.replace("{x: 1}", '{\n    "a b": {\n      y: "z"\n    }\n  }').replace(
      "\n}\n",
      "\n  log: true,\n}\n",
    ),
  );
  expect(patched("json5", TEXT, { limit: "NaN" })).toBe(TEXT.replace("+Infinity", "NaN"));
  expect(patched("json5", TEXT, { limit: "none" })).toBe(TEXT.replace("+Infinity", '"none"'));
  expect(patched("json5", "{'a': 1}", { "b-c": "d" })).toBe("{'a': 1, 'b-c': \"d\"}");
});

test("what is no JSON5 is told with line and column", () => {
  expect(complaint("json5", "{\n  a: 1 b: 2\n}")).toBe("2:8 Not valid JSON5: invalid character 'b'.");
  expect(complaint("json5", "{a: 'one\ntwo'}")).toMatch(/^\d:\d+ Not valid JSON5: invalid character/);
  expect(complaint("json5", "")).toBe("1:1 Not valid JSON5: invalid end of input.");
  expect(complaint("json5", "[".repeat(210) + "]".repeat(210))).toMatch(/nested deeper than 200 levels/);
});
