import { expect, test } from "vitest";
import { startCore } from "../support/core-fixture.ts";
import { serveConfig, testFolder } from "../support/serve-config.ts";

test("a dry run says what would differ, with secrets masked, and changes nothing", async () => {
  await using folder = await testFolder();
  await using core = await startCore(() => 200);
  const files = [await folder.write("app.ini", "a = 1\npassword = one\n")];
  await using app = await serveConfig(
    { files, reload: { kind: "http", path: "/reload" } },
    { url: core.url },
  );
  const etag = await app.etag("app.ini");
  const answer = await app.patch("app.ini?dryRun=true", { a: "2", password: "two" }, { "if-match": etag });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({
    dryRun: true,
    files: [
      {
        ...{ name: "app.ini", oldEtag: etag, etag: expect.stringMatching(/^"[0-9a-f]{64}"$/) },
        ...{ changed: true, atomic: true, isSecretChanged: false, checkRanIn: null },
        diff: "--- app.ini\tas it is\n+++ app.ini\tas it would be\n@@ -1,2 +1,2 @@\n-a = 1\n+a = 2\n password = ******\n",
      },
    ],
  });
  expect(await folder.read("app.ini")).toBe("a = 1\npassword = one\n");
  expect(await (await app.get("/config/app.ini/versions")).json()).toMatchObject({
    versions: [{ version: 1 }],
  });
  expect(core.calls).toEqual([]);
});

test("a dry run is refused as the change would be", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.json", "{}")] });
  const stale = { "if-match": '"0"', "content-type": "text/plain" };
  expect((await app.put("app.json?dryRun=true", "{}", stale)).status).toBe(412);
  const invalid = await app.put("app.json?dryRun=true", "{\n  oops", { "if-match": "*" });
  expect(invalid.status).toBe(422);
  expect(await invalid.json()).toMatchObject({ errors: [{ line: 2, column: 3 }] });
});

test("where only a secret would change, the dry run says so", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.ini", "password = one\n")] });
  const answer = await app.put("app.ini?dryRun=true", "password = two\n", { "if-match": "*" });
  expect(await answer.json()).toMatchObject({ files: [{ diff: "", isSecretChanged: true, changed: true }] });
});

test("a dry run is refused by the schema, by the app's own check and for its size, as the change would be", async () => {
  await using folder = await testFolder();
  const schema = { type: "object", properties: { port: { type: "integer" } } };
  const validate = { command: ["/bin/sh", "-c", "echo it looks bad; exit 1", "check", "{file}"] };
  const files = [
    { path: await folder.write("schema.json", '{"port": 1}'), schema },
    { path: await folder.write("checked.ini", "a = 1\n"), validate },
    await folder.write("small.txt", "a\n"),
  ];
  await using app = await serveConfig({ files, maxBytes: 4_096 });
  for (const [name, body, status, expected] of [
    ["schema.json", '{"port": "x"}', 422, { errors: [{ pointer: "/port" }] }],
    ["checked.ini", "a = 2\n", 422, { output: "it looks bad\n" }],
    ["small.txt", "x".repeat(5_000), 413, { remedy: expect.stringContaining("SIDECAR_CONFIG_MAX_BYTES") }],
  ] as const) {
    const before = await folder.read(name);
    const tried = await app.put(`${name}?dryRun=true`, body, { "if-match": "*" });
    const made = await app.put(name, body, { "if-match": "*" });
    expect([name, tried.status, made.status]).toEqual([name, status, status]);
    const [said, refused] = [await tried.json(), await made.json()];
    expect(said).toMatchObject(expected);
    expect(refused).toMatchObject(expected);
    expect(await folder.read(name)).toBe(before);
  }
});
