import { expect, test } from "vitest";
import { mountMemory } from "../../../support/mounts.ts";
import { isMissing } from "../../../support/needs.ts";
import { startCore } from "../support/core-fixture.ts";
import { type ServedConfig, serveConfig, testFolder } from "../support/serve-config.ts";

const post = (app: ServedConfig, body: unknown, query = "", headers: Record<string, string> = {}) =>
  app.get(`/changes${query}`, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });

test("several files are changed at once, in each of the ways there are, with one reload", async () => {
  await using folder = await testFolder();
  await using core = await startCore(() => 200);
  const files = [
    await folder.write("a.ini", "# kept\nx = 1\n"),
    await folder.write("b.json", '{"id": 12345678901234567890}'),
    await folder.write("c.txt", "one\n"),
  ];
  await using app = await serveConfig(
    { files, reload: { kind: "http", path: "/reload" } },
    { url: core.url },
  );
  await app.put("c.txt", "two\n");
  const body = `{"files": [
    {"name": "a.ini", "ifMatch": "*", "mergePatch": {"x": "2"}},
    {"name": "b.json", "ifMatch": ${JSON.stringify(await app.etag("b.json"))},
     "mergePatch": {"id": 12345678901234567891}},
    {"name": "c.txt", "ifMatch": "*", "restore": 1}]}`;
  const answer = await post(app, body, "?reason=together");
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({
    ...{ state: "done", reason: "together" },
    files: [{ name: "a.ini" }, { name: "b.json" }, { name: "c.txt", version: 3 }],
  });
  expect(await folder.read("a.ini")).toBe("# kept\nx = 2\n");
  expect(await folder.read("b.json")).toBe('{"id": 12345678901234567891}');
  expect(await folder.read("c.txt")).toBe("one\n");
  expect(core.calls).toHaveLength(2);
});

test("where one of them is stale or not valid, none is changed", async () => {
  await using folder = await testFolder();
  const files = [await folder.write("a.ini", "x = 1\n"), await folder.write("b.json", "{}")];
  await using app = await serveConfig({ files });
  const first = { name: "a.ini", ifMatch: "*", content: "x = 2\n" };
  const second = { name: "b.json", ifMatch: '"stale"', content: "{}" };
  expect((await post(app, { files: [first, second] })).status).toBe(412);
  expect((await post(app, { files: [first, { ...second, ifMatch: "*", content: "{" }] })).status).toBe(422);
  expect((await post(app, { files: [first, { ...second, name: "c.json" }] })).status).toBe(404);
  expect((await post(app, { files: [first, first] })).status).toBe(422);
  expect(await folder.read("a.ini")).toBe("x = 1\n");
});

test("what is refused says which of the files it is, by name and by its place in the request", async () => {
  await using folder = await testFolder();
  const schema = { type: "object", properties: { port: { type: "integer" } } };
  const files = [
    await folder.write("a.ini", "x = 1\n"),
    { path: await folder.write("b.json", '{"port": 1}'), schema },
  ];
  await using app = await serveConfig({ files });
  const first = { name: "a.ini", ifMatch: "*", content: "x = 2\n" };
  const refused = async (second: object) => {
    const answer = await post(app, { files: [first, { name: "b.json", ...second }] });
    return [answer.status, await answer.json()];
  };
  const stale = await post(app, { files: [first, { name: "b.json", ifMatch: '"stale"', content: "{}" }] });
  expect(stale.status).toBe(412);
  expect(stale.headers.get("etag")).toBeNull();
  expect(await stale.json()).toMatchObject({
    ...{ code: "precondition-failed", name: "b.json", etag: await app.etag("b.json") },
    ...{ detail: "b.json: The file has changed since it was read.", remedy: expect.any(String) },
    errors: [{ pointer: "/files/1" }],
  });
  expect(await refused({ content: "{}" })).toMatchObject([
    428,
    {
      ...{ code: "precondition-required", name: "b.json", detail: expect.stringContaining("b.json: ") },
      ...{ errors: [{ pointer: "/files/1/ifMatch" }], remedy: expect.stringContaining("ifMatch") },
    },
  ]);
  expect(await refused({ ifMatch: "no tag", content: "{}" })).toMatchObject([
    400,
    { name: "b.json", errors: [{ pointer: "/files/1" }] },
  ]);
  expect(await refused({ ifMatch: "*", content: '{\n"port": "x"}' })).toMatchObject([
    422,
    {
      name: "b.json",
      errors: [{ pointer: "/files/1", line: 2, detail: expect.stringContaining("/port: ") }],
    },
  ]);
  expect(await refused({ ifMatch: "*", restore: 9 })).toMatchObject([
    404,
    { name: "b.json", errors: [{ pointer: "/files/1" }] },
  ]);
  expect(await folder.read("a.ini")).toBe("x = 1\n");
});

test.skipIf(isMissing("namespaces"))(
  "where one of them can't be written, those before it are put back",
  async () => {
    await using folder = await testFolder();
    await using fileSystem = await testFolder();
    await using _small = mountMemory(fileSystem.path, 65_536);
    const files = [await folder.write("a.txt", "old\n"), await fileSystem.write("b.txt", "old\n")];
    await using app = await serveConfig({ files });
    const answer = await post(app, {
      files: [
        { name: "a.txt", ifMatch: "*", content: "new\n" },
        { name: "b.txt", ifMatch: "*", content: "x".repeat(100_000) },
      ],
    });
    expect(answer.status).toBe(507);
    expect(await answer.json()).toMatchObject({ name: "b.txt", errors: [{ pointer: "/files/1" }] });
    expect(await folder.read("a.txt")).toBe("old\n");
    expect(await fileSystem.read("b.txt")).toBe("old\n");
    expect(await (await app.get("/config/a.txt/versions")).json()).toMatchObject({
      versions: [{ version: 1, isCurrent: true }],
    });
  },
);

test("where the app does not take them, all are put back", async () => {
  await using folder = await testFolder();
  await using core = await startCore(({ url }) => (url === "/reload" ? 200 : 500));
  const files = [await folder.write("a.ini", "x = 1\n"), await folder.write("b.ini", "x = 1\n")];
  const verify = { kind: "http", path: "/", timeoutMs: 200 };
  await using app = await serveConfig(
    { files, reload: { kind: "http", path: "/reload" }, verify },
    { url: core.url },
  );
  const change = (name: string) => ({ name, ifMatch: "*", content: "x = 2\n" });
  const answer = await post(app, { files: [change("a.ini"), change("b.ini")] }, "", { prefer: "wait=60" });
  expect(answer.status).toBe(422);
  expect(await answer.json()).toMatchObject({ code: "change-rolled-back" });
  expect(await folder.read("a.ini")).toBe("x = 1\n");
  expect(await folder.read("b.ini")).toBe("x = 1\n");
});

test("a dry run of several says what each would be; a body that is none says what it should be", async () => {
  await using folder = await testFolder();
  const files = [await folder.write("a.ini", "x = 1\n"), await folder.write("b.ini", "x = 1\n")];
  await using app = await serveConfig({ files });
  const change = (name: string) => ({ name, ifMatch: "*", mergePatch: { x: "2" } });
  const answer = await post(app, { files: [change("a.ini"), change("b.ini")] }, "?dryRun=true");
  expect(await answer.json()).toMatchObject({ dryRun: true, files: [{ changed: true }, { changed: true }] });
  expect(await folder.read("a.ini")).toBe("x = 1\n");
  for (const [body, status] of [
    ["{", 400],
    [{}, 422],
    [{ files: [] }, 422],
    [{ files: [{ name: "a.ini", ifMatch: "*" }] }, 422],
    [{ files: [{ name: "a.ini", ifMatch: "*", content: "", restore: 1 }] }, 422],
  ] as const) {
    const refused = await post(app, body);
    expect(refused.status).toBe(status);
    expect(await refused.json()).toMatchObject({ remedy: expect.stringContaining('{"files": [') });
  }
});

test("nothing to change is told without a change", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("a.ini", "x = 1\n")] });
  const answer = await post(app, { files: [{ name: "a.ini", ifMatch: "*", content: "x = 1\n" }] });
  expect(await answer.json()).toMatchObject({ change: null, files: [{ changed: false }] });
});
