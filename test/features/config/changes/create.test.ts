import { chmod, chown, mkdir, readdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { dryRunResult } from "../../../../src/features/config/changes/change-schema.ts";
import { changeResult, fileList } from "../../../../src/features/config/config-schema.ts";
import { versionList } from "../../../../src/features/config/history/history-schema.ts";
import { isMissing } from "../../../support/needs.ts";
import {
  AS_VIEWER,
  MERGE_PATCH,
  type ServedConfig,
  serveConfig,
  testFolder,
} from "../support/serve-config.ts";

const problem = z.looseObject({
  code: z.string(),
  remedy: z.string().optional(),
  etag: z.string().optional(),
  errors: z.array(z.looseObject({ line: z.int().optional() })).optional(),
});

/** Asks for a file to be created. */
function create(app: ServedConfig, name: string, body: string, more: Record<string, string> = {}) {
  const headers = { "content-type": "text/plain", "if-none-match": "*", ...more };
  return app.get(`/config/${name}`, { method: "PUT", body, headers });
}

test("PUT with If-None-Match: * creates a file that the settings name: 201, its ETag, its first version", async () => {
  await using folder = await testFolder();
  await chmod(folder.path, 0o750);
  const path = join(folder.path, "app.ini");
  await using app = await serveConfig({ files: [path] });
  const listed = fileList.parse(await (await app.get("/config")).json());
  expect(listed.files[0]).toMatchObject({ readable: false, writable: false, creatable: true });
  expect(listed.files[0]?.problem?.remedy).toContain("If-None-Match: *");

  const query = "?reason=a%20first%20one";
  const answer = await create(app, `app.ini${query}`, "[a]\nb = 1\n");
  const result = changeResult.parse(await answer.json());
  expect(answer.status).toBe(201);
  expect(answer.headers.get("location")).toMatch(/\/config\/app\.ini$/);
  expect(result).toMatchObject({ name: "app.ini", changed: true, atomic: true, version: 1 });
  expect(result.etag).toBe(await app.etag("app.ini"));
  expect(await folder.read("app.ini")).toBe("[a]\nb = 1\n");
  // As readable as its folder, and never writable to others.
  expect((await stat(path)).mode & 0o777).toBe(0o640);
  expect(await readdir(folder.path)).toEqual(["app.ini"]);

  const { versions } = versionList.parse(await (await app.get("/config/app.ini/versions")).json());
  expect(versions).toMatchObject([
    { version: 1, author: "operator", reason: "a first one", isCurrent: true },
  ]);
  const after = fileList.parse(await (await app.get("/config")).json());
  expect(after.files[0]).toMatchObject({ readable: true, writable: true, creatable: false });
  expect(app.logged.find(({ audit }) => audit === "config.change")).toMatchObject({ oldEtag: null });
});

test("a file that is there is never overwritten by a creation: 412 with its ETag", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.ini", "a = 1\n")] });
  const answer = await create(app, "app.ini", "a = 2\n");
  expect(answer.status).toBe(412);
  const etag = await app.etag("app.ini");
  expect(answer.headers.get("etag")).toBe(etag);
  expect(problem.parse(await answer.json())).toMatchObject({ code: "precondition-failed", etag });
  expect(await folder.read("app.ini")).toBe("a = 1\n");
});

test("a link that leads nowhere is no place for a new file", async () => {
  await using folder = await testFolder();
  const path = join(folder.path, "app.ini");
  await symlink("/nowhere/at/all", path);
  await using app = await serveConfig({ files: [path] });
  expect((await create(app, "app.ini", "a = 1\n")).status).toBe(412);
  expect(fileList.parse(await (await app.get("/config")).json()).files[0]?.creatable).toBe(false);
});

test("what comes to the place while the content is checked stays, and the creation is refused", async () => {
  await using folder = await testFolder();
  const path = join(folder.path, "app.ini");
  // The check is what another program does meanwhile.
  const theirs = join(folder.path, "theirs");
  await writeFile(theirs, "theirs = 1\n");
  await using app = await serveConfig({
    files: [{ path, validate: { command: ["cp", "--suffix={file}", theirs, path], in: "sidecar" } }],
  });
  const answer = await create(app, "app.ini", "mine = 1\n");
  expect(answer.status).toBe(412);
  expect(await folder.read("app.ini")).toBe("theirs = 1\n");
  expect((await readdir(folder.path)).toSorted()).toEqual(["app.ini", "theirs"]);
});

test("of many creations of one file at once, exactly one succeeds", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [join(folder.path, "app.ini")] });
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) => create(app, "app.ini", `a = ${index}\n`)),
  );
  const statuses = answers.map(({ status }) => status).toSorted();
  expect(statuses).toEqual([201, ...Array.from({ length: 7 }, () => 412)]);
  const winner = answers.findIndex(({ status }) => status === 201);
  expect(await folder.read("app.ini")).toBe(`a = ${winner}\n`);
});

test("a new content is checked as any: by its format, its schema and the app's own check, and nothing is made", async () => {
  await using folder = await testFolder();
  const schema = { type: "object", properties: { port: { type: "integer" } } };
  const at = (name: string) => join(folder.path, name);
  await using app = await serveConfig({
    files: [
      { path: at("bad.json") },
      { path: at("schema.yaml"), schema },
      { path: at("check.conf"), validate: { command: ["grep", "-q", "good", "{file}"], in: "sidecar" } },
    ],
  });
  const broken = await create(app, "bad.json", '{"a": 1,\n "b": }\n');
  expect(broken.status).toBe(422);
  expect(problem.parse(await broken.json()).errors?.[0]?.line).toBe(2);
  const wrong = await create(app, "schema.yaml", "host: x\nport: many\n");
  expect(problem.parse(await wrong.json())).toMatchObject({ errors: [{ pointer: "/port", line: 2 }] });
  expect((await create(app, "check.conf", "worse\n")).status).toBe(422);
  expect((await create(app, "schema.yaml", "password: '******'\n")).status).toBe(422);
  expect(await readdir(folder.path)).toEqual([]);
  expect((await create(app, "check.conf", "good\n")).status).toBe(201);
});

test("a dry run says what would be made, and makes nothing", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [join(folder.path, "app.yaml")] });
  const answer = await create(app, "app.yaml?dryRun=true", "a: 1\npassword: hidden\n");
  expect(answer.status).toBe(200);
  const [file] = dryRunResult.parse(await answer.json()).files;
  expect(file).toMatchObject({ oldEtag: null, changed: true });
  expect(file?.diff).toContain("+a: 1");
  expect(file?.diff).not.toContain("hidden");
  expect(await readdir(folder.path)).toEqual([]);
});

test("an empty file can be created, too", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [join(folder.path, "app.conf")] });
  expect((await create(app, "app.conf", "")).status).toBe(201);
  expect(await folder.read("app.conf")).toBe("");
});

test("a file that the app does not take is gone again, and its history says so", async () => {
  await using folder = await testFolder();
  const verify = { kind: "command", command: ["false"], in: "sidecar", timeoutMs: 300 };
  await using app = await serveConfig({ files: [{ path: join(folder.path, "app.ini"), verify: [verify] }] });
  const answer = await create(app, "app.ini", "a = 1\n", { prefer: "wait=30" });
  expect(answer.status).toBe(422);
  const said = problem.parse(await answer.json());
  expect(said).toMatchObject({ code: "change-rolled-back", change: { state: "rolled-back" } });
  expect(said["detail"]).toContain("gone again");
  expect(await readdir(folder.path)).toEqual([]);
  const { versions } = versionList.parse(await (await app.get("/config/app.ini/versions")).json());
  expect(versions).toMatchObject([{ version: 1, verified: "failed", isCurrent: false }]);
});

test("only operators create, by PUT, and without If-Match beside it", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [join(folder.path, "app.ini")] });
  expect((await create(app, "app.ini", "a = 1\n", AS_VIEWER)).status).toBe(403);
  expect((await create(app, "app.ini", "a = 1\n", { "if-match": "*" })).status).toBe(400);
  expect((await create(app, "app.ini", "a = 1\n", { "if-none-match": '"other"' })).status).toBe(400);
  expect((await create(app, "other.ini", "a = 1\n")).status).toBe(404);
  const patch = {
    method: "PATCH",
    body: "{}",
    headers: { "content-type": MERGE_PATCH, "if-none-match": "*" },
  };
  expect((await app.get("/config/app.ini", patch)).status).toBe(428);
  expect(await readdir(folder.path)).toEqual([]);
});

test("where the folder is missing, or is none, it is said what to mount, and no file is offered", async () => {
  await using folder = await testFolder();
  await folder.write("file", "");
  await using app = await serveConfig({
    files: [join(folder.path, "gone/app.ini"), { path: join(folder.path, "file/app.ini"), name: "below" }],
  });
  for (const name of ["app.ini", "below"]) {
    const answer = await create(app, name, "a = 1\n");
    expect(answer.status).toBe(404);
    expect(problem.parse(await answer.json()).remedy).toContain("Mount the folder");
  }
  const { files } = fileList.parse(await (await app.get("/config")).json());
  expect(files.map(({ creatable }) => creatable)).toEqual([false, false]);
});

test.skipIf(isMissing("namespaces"))("a new file belongs to the owner of its folder", async () => {
  await using folder = await testFolder();
  const inner = join(folder.path, "etc");
  await mkdir(inner, { mode: 0o755 });
  await chown(inner, 4_321, 8_765);
  await using app = await serveConfig({ files: [join(inner, "app.ini")] });
  expect((await create(app, "app.ini", "a = 1\n")).status).toBe(201);
  expect(await stat(join(inner, "app.ini"))).toMatchObject({ uid: 4_321, gid: 8_765 });
});
