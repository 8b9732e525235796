import { describe, expect, test } from "vitest";
import { readContent } from "../../../../src/features/config/content.ts";
import type { FormatName } from "../../../../src/features/config/formats/format.ts";
import { sameTypes } from "../../../../src/features/config/validation/same-types.ts";
import { serveConfig, testFolder } from "../support/serve-config.ts";

function treeOf(text: string, format: FormatName) {
  const { document } = readContent(Buffer.from(text), format);
  if (document === null) throw new Error("no tree");
  return document.tree;
}

const JSON_CASES: readonly [old: string, next: string, errors: readonly string[]][] = [
  ['{"a":1}', '{"a":2.5}', []],
  ['{"a":1}', '{"a":12345678901234567890}', []],
  ['{"a":1}', '{"a":"1"}', ["/a It was a number, and would be a string."]],
  ['{"a":1}', '{"a":null}', ["/a It was a number, and would be null."]],
  ['{"a":null}', '{"a":{"b":1}}', []],
  ['{"a":1,"b":2}', '{"b":2}', []],
  ['{"port":1}', '{"prot":1}', ["/prot This key is not known. Did you mean port?"]],
  ['{"a":{"b":1}}', '{"a":{"b":1,"zzz":2}}', ["/a/zzz This key is not known."]],
  ['{"a":[]}', '{"a":[1,"x",{"y":1}]}', []],
  ['{"a":[1,2]}', '{"a":[1,"x"]}', ["/a/1 It was a number, and would be a string."]],
  ['{"a":[1,"x"]}', '{"a":["x",1,2]}', []],
  ['{"a":[{"n":1},{"m":"x"}]}', '{"a":[{"n":2,"m":"y"},{"kkk":1}]}', ["/a/1/kkk This key is not known."]],
  ['{"a":[1]}', '{"a":{"0":1}}', ["/a It was an array, and would be an object."]],
  ['{"__proto__":1}', '{"__proto__":"x"}', ["/__proto__ It was a number, and would be a string."]],
];

const TEXT_CASES: readonly [old: string, next: string, errors: readonly string[]][] = [
  ["a = 8080", "a = 9090", []],
  ["a = 8080", "a = http", ["/a It was a number, and would be text."]],
  ["a = on", "a = no", []],
  ["a = on", "a = maybe", ["/a It was a boolean, and would be text."]],
  ["a = word", "a = 12", []],
  ["a =", "a = 12", []],
  ["[s]\na = 1", "[s]\nb = 1", ["/s/b This key is not known. Did you mean a?"]],
  ["[s]\na = 1", "s = 1", ["/s It was an object, and would be a number."]],
];

describe("types that are to stay", () => {
  test.each(JSON_CASES)("%s, then %s", (old, next, errors) => {
    const found = sameTypes(treeOf(old, "json"), treeOf(next, "json"), "json");
    expect(found.map(({ pointer, detail }) => `${pointer} ${detail}`)).toEqual(errors);
  });

  test.each(TEXT_CASES)("of text by its looks: %j, then %j", (old, next, errors) => {
    const found = sameTypes(treeOf(old, "ini"), treeOf(next, "ini"), "ini");
    expect(found.map(({ pointer, detail }) => `${pointer} ${detail}`)).toEqual(errors);
  });

  test("are asked for with ?types=keep, and refused with pointer and line", async () => {
    await using folder = await testFolder();
    const path = await folder.write("app.yaml", "server:\n  port: 80\n");
    await using app = await serveConfig({ files: [path] });
    const answer = await app.put("app.yaml?types=keep", "server:\n  port: eighty\n  prt: 1\n", {
      "if-match": await app.etag("app.yaml"),
    });
    expect([answer.status, await answer.json()]).toMatchObject([
      422,
      {
        errors: [
          { pointer: "/server/port", line: 2, column: 9 },
          { pointer: "/server/prt", detail: "This key is not known. Did you mean port?", line: 3 },
        ],
      },
    ]);
    expect((await app.put("app.yaml", "server:\n  port: eighty\n")).status).toBe(200);
  });
});
