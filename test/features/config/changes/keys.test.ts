import { describe, expect, test } from "vitest";
import { type ServedConfig, serveConfig, testFolder } from "../support/serve-config.ts";

const JSON_PATCH = { "content-type": "application/json-patch+json" };

const remove = async (app: ServedConfig, name: string, query: string, etag?: string) =>
  app.get(`/config/${name}${query}`, {
    method: "DELETE",
    headers: { "if-match": etag ?? (await app.etag(name)) },
  });

describe("a JSON Patch", () => {
  test("changes what it names, and leaves comments and layout as they are", async () => {
    await using folder = await testFolder();
    const files = [await folder.write("app.yaml", "# mine\nservers:\n  - a   # first\n  - b\nport: 80\n")];
    await using app = await serveConfig({ files });
    const answer = await app.patch(
      "app.yaml",
      [
        { op: "test", path: "/port", value: 80 },
        { op: "replace", path: "/port", value: 81 },
        { op: "add", path: "/servers/-", value: "c" },
      ],
      JSON_PATCH,
    );
    expect(answer.status, await answer.clone().text()).toBe(200);
    expect(await folder.read("app.yaml")).toBe("# mine\nservers:\n  - a   # first\n  - b\n  - c\nport: 81\n");
  });

  test("whose test fails, or that leads to nothing, is refused with the operation that can't be done", async () => {
    await using folder = await testFolder();
    await using app = await serveConfig({ files: [await folder.write("app.json", '{"a": 1}')] });
    const failed = await app.patch("app.json", [{ op: "test", path: "/a", value: 2 }], JSON_PATCH);
    expect(failed.status).toBe(409);
    expect(await failed.json()).toMatchObject({ errors: [{ pointer: "/0/value" }] });
    const lost = await app.patch("app.json", [{ op: "remove", path: "/x/y" }], JSON_PATCH);
    expect(lost.status).toBe(409);
    expect(await lost.json()).toMatchObject({ errors: [{ pointer: "/0/path" }] });
    expect(await folder.read("app.json")).toBe('{"a": 1}');
  });

  test("that sends a mask back leaves the secret alone, and one that would copy it into the open is refused", async () => {
    await using folder = await testFolder();
    const text = '{"db": {"password": "hunter2", "host": "a"}}';
    await using app = await serveConfig({ files: [await folder.write("app.json", text)] });
    const db = { password: "******", host: "b" };
    const kept = await app.patch("app.json", [{ op: "replace", path: "/db", value: db }], JSON_PATCH);
    expect(kept.status).toBe(200);
    expect(JSON.parse(await folder.read("app.json"))).toEqual({ db: { password: "hunter2", host: "b" } });
    const copied = [{ op: "copy", from: "/db/password", path: "/note" }];
    expect((await app.patch("app.json", copied, JSON_PATCH)).status).toBe(422);
    const invented = [{ op: "add", path: "/title", value: "******" }];
    expect((await app.patch("app.json", invented, JSON_PATCH)).status).toBe(422);
  });
});

describe("the removal of a key", () => {
  test("takes it and its line out, and needs the ETag as any change", async () => {
    await using folder = await testFolder();
    await using app = await serveConfig({ files: [await folder.write("app.ini", "a = 1\nb = 2\n")] });
    expect((await app.get("/config/app.ini?pointer=/b", { method: "DELETE" })).status).toBe(428);
    expect((await remove(app, "app.ini", "?pointer=/b", '"old"')).status).toBe(412);
    const tried = await remove(app, "app.ini", "?pointer=/b&dryRun=true");
    expect(await tried.json()).toMatchObject({ files: [{ diff: expect.stringContaining("-b = 2") }] });
    expect((await remove(app, "app.ini", "?pointer=/b")).status).toBe(200);
    expect(await folder.read("app.ini")).toBe("a = 1\n");
  });

  test("of nothing is 404 with the nearest there is; without a pointer, or of the whole, it is refused", async () => {
    await using folder = await testFolder();
    const files = [await folder.write("app.json", '{"a": {"b": 1}}'), await folder.write("app.txt", "x\n")];
    await using app = await serveConfig({ files });
    const lost = await remove(app, "app.json", "?pointer=/a/c");
    expect(lost.status).toBe(404);
    expect(await lost.json()).toMatchObject({ remedy: expect.stringContaining("/a") });
    expect((await remove(app, "app.json", "")).status).toBe(400);
    expect((await remove(app, "app.json", "?pointer=a")).status).toBe(400);
    expect((await remove(app, "app.json", "?pointer=")).status).toBe(422);
    expect((await remove(app, "app.txt", "?pointer=/a")).status).toBe(422);
    expect(await folder.read("app.json")).toBe('{"a": {"b": 1}}');
  });
});

test("several files at once: a JSON Patch of one, a key less in the other", async () => {
  await using folder = await testFolder();
  const files = [await folder.write("a.json", '{"x": [1]}'), await folder.write("b.ini", "x = 1\ny = 2\n")];
  await using app = await serveConfig({ files });
  const body = {
    files: [
      { name: "a.json", ifMatch: "*", jsonPatch: [{ op: "add", path: "/x/-", value: 2 }] },
      { name: "b.ini", ifMatch: "*", remove: "/x" },
    ],
  };
  const answer = await app.get("/changes", {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
  expect(answer.status, await answer.clone().text()).toBe(200);
  expect(await folder.read("a.json")).toBe('{"x": [1, 2]}');
  expect(await folder.read("b.ini")).toBe("y = 2\n");
});

test("a change that can only be written at the price of comments is refused as lossy, unless that is allowed", async () => {
  await using folder = await testFolder();
  const text = "# mine\nbase: &base {a: 1}\ntwo: *base\n";
  await using app = await serveConfig({ files: [await folder.write("app.yaml", text)] });
  const patch = [{ op: "replace", path: "/two/a", value: 2 }];
  const refused = await app.patch("app.yaml", patch, JSON_PATCH);
  expect(refused.status).toBe(422);
  expect(await refused.json()).toMatchObject({
    lossy: true,
    remedy: expect.stringContaining("?lossy=allow"),
  });
  expect(await folder.read("app.yaml")).toBe(text);
  const allowed = await app.patch("app.yaml?lossy=allow", patch, { ...JSON_PATCH, "if-match": "*" });
  expect(allowed.status, await allowed.clone().text()).toBe(200);
  expect(await folder.read("app.yaml")).not.toContain("# mine");
});
