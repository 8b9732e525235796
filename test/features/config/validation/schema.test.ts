import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fileList } from "../../../../src/features/config/config-schema.ts";
import { type ServedConfig, serveConfig, testFolder } from "../support/serve-config.ts";

const SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  required: ["port"],
  additionalProperties: false,
  properties: {
    port: { type: "integer", minimum: 1, maximum: 65_535 },
    mode: { enum: ["fast", "safe"] },
    hosts: { type: "array", prefixItems: [{ type: "string", format: "hostname" }] },
  },
};

async function refusal(answer: Response): Promise<unknown> {
  return [answer.status, await answer.json()];
}

async function describedFirst(app: ServedConfig) {
  return fileList.parse(await (await app.get("/config")).json()).files[0];
}

describe("a JSON Schema", () => {
  test("in the settings refuses what does not fit, with pointers, lines and what was meant", async () => {
    await using folder = await testFolder();
    const path = await folder.write("app.yaml", "port: 80\nmode: fast # or safe\n");
    await using app = await serveConfig({ files: [{ path, schema: SCHEMA }] });
    expect(await describedFirst(app)).toMatchObject({ writable: true });
    const answer = await app.put("app.yaml", "prot: 80\nmode: slow\nhosts: [-x-]\n");
    expect(await refusal(answer)).toMatchObject([
      422,
      {
        code: "content-invalid",
        errors: [
          { pointer: "/port", detail: expect.stringContaining("missing") },
          { pointer: "/prot", detail: "This key is not known. Did you mean port?", line: 1, column: 7 },
          { pointer: "/mode", detail: 'It must be one of "fast", "safe".', line: 2, column: 7 },
          { pointer: "/hosts/0", line: 3, column: 9 },
        ],
      },
    ]);
    expect(await refusal(await app.patch("app.yaml", { port: 70_000 }))).toMatchObject([
      422,
      { errors: [{ pointer: "/port", detail: "It must be <= 65535." }] },
    ]);
    expect(await folder.read("app.yaml")).toBe("port: 80\nmode: fast # or safe\n");
    expect((await app.patch("app.yaml", { port: 8080 })).status).toBe(200);
  });

  test("in a file may be JSON or YAML, of draft 7 as well, and is read again when it changes", async () => {
    await using folder = await testFolder();
    const path = await folder.write("app.json", '{"port": 80}\n');
    const draft7 =
      "$schema: http://json-schema.org/draft-07/schema#\nproperties:\n  list: {items: [{type: integer}]}\n";
    const schema = await folder.write("schema.yaml", draft7);
    await using app = await serveConfig({ files: [{ path, schema }] });
    expect((await app.put("app.json", '{"list": ["x"]}')).status).toBe(422);
    expect((await app.put("app.json", '{"port": "x"}')).status).toBe(200);
    await folder.write("schema.yaml", "properties: {port: {type: integer}}\n");
    expect(await refusal(await app.put("app.json", '{"port": "y"}'))).toMatchObject([
      422,
      { errors: [{ pointer: "/port", detail: "It must be integer.", line: 1, column: 10 }] },
    ]);
    expect((await app.put("app.json", '{"port": 12345678901234567890}')).status).toBe(200);
  });

  test.each([
    ["is missing", undefined, "There is no file"],
    ["is no JSON", "{", "line 1"],
    ["is no object", "[]", "no object"],
    ["is no schema", '{"type": "wrong"}', "schema is invalid"],
    ["is of another draft", '{"$schema": "http://json-schema.org/draft-04/schema#"}', "draft-07"],
    ["refers to somewhere else", '{"$ref": "https://example.com/s.json"}', "can't resolve reference"],
    ["has a bad pattern", '{"properties": {"a": {"pattern": "("}}}', "Invalid regular expression"],
  ])("that %s refuses every change, and the list and the capabilities say so", async (_, text, said) => {
    await using folder = await testFolder();
    const path = await folder.write("app.json", "{}");
    const schema = join(folder.path, "schema.json");
    if (text !== undefined) await folder.write("schema.json", text);
    await using app = await serveConfig({ files: [{ path, schema }] });
    const problem = { detail: expect.stringContaining(said), remedy: expect.stringMatching(/schema/) };
    expect(await describedFirst(app)).toMatchObject({ readable: true, writable: false, problem });
    const answer = await app.put("app.json", '{"a": 1}');
    expect([404, 409]).toContain(answer.status);
    expect(await answer.json()).toMatchObject(problem);
    expect(await folder.read("app.json")).toBe("{}");
  });

  test("for a file without a tree is refused with the setting that mends it", async () => {
    await using folder = await testFolder();
    const path = await folder.write("app.conf", "x\n");
    await using app = await serveConfig({ files: [{ path, schema: {} }] });
    expect(await describedFirst(app)).toMatchObject({
      writable: false,
      problem: { remedy: expect.stringContaining("`format`") },
    });
    expect((await app.put("app.conf", "y\n")).status).toBe(422);
  });

  test("never shows a secret in what it says", async () => {
    await using folder = await testFolder();
    const path = await folder.write("app.yaml", "password: hunter2\n");
    await using app = await serveConfig({
      files: [{ path, schema: { properties: { password: { type: "integer" } } } }],
    });
    const answer = await app.put("app.yaml", "password: hunter3\n");
    expect(answer.status).toBe(422);
    expect(await answer.text()).not.toContain("hunter");
  });
});
