import { createHash } from "node:crypto";
import { chmod, mkdir, rename, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fileList } from "../../../src/features/config/config-schema.ts";
import { AS_VIEWER, serveConfig, testFolder } from "./support/serve-config.ts";

test("GET gives the very bytes, with their SHA-256 as a strong ETag", async () => {
  await using folder = await testFolder();
  const bytes = Buffer.from("\ufeffa = 1\r\n; é\r\n");
  await using app = await serveConfig({ files: [await folder.write("app.ini", bytes)] });
  const answer = await app.get("/config/app.ini", { headers: AS_VIEWER });
  expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(answer.headers.get("etag")).toBe(`"${createHash("sha256").update(bytes).digest("hex")}"`);
  expect(answer.headers.get("accept-patch")).toBe(
    "application/merge-patch+json, application/json-patch+json",
  );
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
});

test("GET as JSON gives text and tree, or where and why there is no tree", async () => {
  await using folder = await testFolder();
  const files = [
    await folder.write("good.yaml", "a:\n  - 1\n"),
    await folder.write("bad.yaml", "a: 1\nb: [\n"),
    await folder.write("plain.conf", "listen 80;\n"),
    await folder.write("latin1.json", Buffer.from('{\n"a": "\xe9"}', "latin1")),
  ];
  await using app = await serveConfig({ files });
  const json = async (name: string, query = "") =>
    (await app.get(`/config/${name}${query}`, { headers: { accept: "application/json" } })).json();
  expect(await json("good.yaml")).toMatchObject({
    name: "good.yaml",
    path: files[0],
    format: "yaml",
    encoding: "utf-8",
    content: "a:\n  - 1\n",
    parsed: { a: [1] },
    maskedValues: 0,
  });
  expect(await json("bad.yaml", "?secrets=show")).toMatchObject({
    content: "a: 1\nb: [\n",
    parsed: null,
    parseError: { line: 3, column: 1 },
  });
  expect(await json("plain.conf")).toMatchObject({ format: "text", content: "listen 80;\n", parsed: null });
  expect(await json("latin1.json")).toMatchObject({
    encoding: null,
    content: null,
    parseError: { line: 2, column: 7, detail: "The bytes are not UTF-8." },
  });
});

test("plain text and properties in ISO-8859-1 are shown as such", async () => {
  await using folder = await testFolder();
  const bytes = Buffer.from("name=Ren\xe9\n", "latin1");
  await using app = await serveConfig({
    files: [await folder.write("app.properties", bytes), await folder.write("app.conf", bytes)],
  });
  for (const name of ["app.properties", "app.conf"]) {
    const answer = await app.get(`/config/${name}`);
    expect(answer.headers.get("content-type")).toBe("text/plain; charset=iso-8859-1");
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
  }
});

test("integers that a double can't hold are answered exactly", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({
    files: [await folder.write("app.json", '{"id":123456789012345678901}')],
  });
  const answer = await app.get("/config/app.json", { headers: { accept: "application/json" } });
  expect(await answer.text()).toContain('"parsed":{"id":123456789012345678901}');
});

test("a page shows the file with everything escaped", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({
    files: [await folder.write("app.ini", "a = <script>alert(1)</script>\n")],
  });
  const answer = await app.get("/config/app.ini", { headers: { accept: "text/html" } });
  const page = await answer.text();
  expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(page).toContain("a = &lt;script&gt;alert(1)&lt;/script&gt;");
  const list = await app.get("/config", { headers: { accept: "text/html" } });
  expect(await list.text()).toContain('<a href="config/app.ini">app.ini</a>');
});

test("HEAD tells what GET would, and If-None-Match answers 304", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.ini", "a = 1\n")] });
  const head = await app.get("/config/app.ini", { method: "HEAD" });
  expect(head.status).toBe(200);
  expect(head.headers.get("content-length")).toBe("6");
  const etag = head.headers.get("etag") ?? "";
  for (const known of [etag, `"x", W/${etag}`, "*"]) {
    const answer = await app.get("/config/app.ini", { headers: { "if-none-match": known } });
    expect(answer.status).toBe(304);
    expect(answer.headers.get("etag")).toBe(etag);
  }
  expect((await app.get("/config/app.ini", { headers: { "if-none-match": '"x"' } })).status).toBe(200);
});

test("a name that is none is answered with the one that was probably meant", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.ini", "")] });
  const answer = await app.get("/config/ap.ini");
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ code: "not-found", remedy: "Did you mean app.ini?" });
  for (const path of ["..%2f..%2fetc%2fpasswd", "%2e%2e", "%2fetc%2fpasswd", "app.ini%00"]) {
    expect((await app.get(`/config/${path}`)).status).toBe(404);
  }
});

test("an Accept that can't be served is told what can", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.ini", "")] });
  const answer = await app.get("/config/app.ini", { headers: { accept: "image/png" } });
  expect(answer.status).toBe(406);
});

test("the list names every file, and those that are missing or strange with what mends them", async () => {
  await using folder = await testFolder();
  const good = await folder.write("good.ini", "a = 1\n");
  await chmod(good, 0o640);
  await mkdir(join(folder.path, "folder.ini"));
  const files = [
    good,
    { path: join(folder.path, "missing.ini"), name: "gone", reload: { kind: "signal" } },
    join(folder.path, "folder.ini"),
    "/dev/zero",
    { path: await folder.write("other", "x"), format: "yaml" },
  ];
  await using app = await serveConfig({ files });
  const { files: list } = fileList.parse(await (await app.get("/config", { headers: AS_VIEWER })).json());
  expect(list.map(({ name }) => name)).toEqual(["good.ini", "gone", "folder.ini", "zero", "other"]);
  expect(list[0]).toMatchObject({
    path: good,
    format: "ini",
    sizeBytes: 6,
    mode: "0640",
    uid: process.getuid?.(),
    gid: process.getgid?.(),
    readable: true,
    writable: true,
    atomic: true,
    etag: await app.etag("good.ini"),
    reload: { kind: "none" },
  });
  expect(list[0]?.problem).toBeUndefined();
  expect(Date.now() - Date.parse(list[0]?.modifiedAt ?? "")).toBeLessThan(60_000);
  expect(list[1]).toMatchObject({
    sizeBytes: null,
    etag: null,
    readable: false,
    reload: { kind: "signal", signal: "SIGHUP", process: "main" },
    problem: {
      detail: expect.stringContaining("There is no file"),
      remedy: expect.stringContaining("Mount"),
    },
  });
  expect(list[2]?.problem?.detail).toContain("is a folder");
  expect(list[3]?.problem?.detail).toContain("is a device");
  expect(list[4]).toMatchObject({ format: "yaml", readable: true });
  const text = await (await app.get("/config", { headers: { accept: "text/plain" } })).text();
  expect(text).toContain("good.ini\tini\t6 bytes\twritable");
});

test("a file larger than the limit is not read", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.ini", "a = 123\n")], maxBytes: 7 });
  const answer = await app.get("/config/app.ini");
  expect(answer.status).toBe(409);
  expect(await answer.json()).toMatchObject({ remedy: "SIDECAR_CONFIG_MAX_BYTES=8" });
  const { files } = fileList.parse(await (await app.get("/config")).json());
  expect(files[0]).toMatchObject({
    sizeBytes: 8,
    readable: false,
    problem: { remedy: "SIDECAR_CONFIG_MAX_BYTES=8" },
  });
});

test("a link inside its folder is followed, as those of a Kubernetes ConfigMap, also when it is turned", async () => {
  await using folder = await testFolder();
  await mkdir(join(folder.path, "..one"));
  await mkdir(join(folder.path, "..two"));
  await folder.write("..one/app.ini", "a = 1\n");
  await folder.write("..two/app.ini", "a = 2\n");
  await symlink("..one", join(folder.path, "..data"));
  await symlink("..data/app.ini", join(folder.path, "app.ini"));
  await using app = await serveConfig({ files: [join(folder.path, "app.ini")] });
  expect(await (await app.get("/config/app.ini")).text()).toBe("a = 1\n");
  await symlink("..two", join(folder.path, "..data_tmp"));
  await rename(join(folder.path, "..data_tmp"), join(folder.path, "..data"));
  expect(await (await app.get("/config/app.ini")).text()).toBe("a = 2\n");
});
