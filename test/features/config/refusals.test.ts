import { execFileSync } from "node:child_process";
import { mkdir, readdir, rename, rm, symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { StartError } from "../../../src/base/errors.ts";
import { serveConfig, testFolder } from "./support/serve-config.ts";

/** Every refusal leaves the file as it is, and says what mends it. */
async function refused(answer: Response, status: number, code: string): Promise<Record<string, unknown>> {
  expect(answer.status).toBe(status);
  const problem = (await answer.json()) as Record<string, unknown>;
  expect(problem).toMatchObject({ code, remedy: expect.any(String) });
  return problem;
}

test("two files of one name stop the start, and the message names both", async () => {
  const files = ["/etc/one/app.ini", "/etc/two/app.ini"];
  await expect(serveConfig({ files })).rejects.toThrow(StartError);
  await expect(serveConfig({ files })).rejects.toThrow(
    "Two configuration files are named app.ini: /etc/one/app.ini and /etc/two/app.ini.",
  );
  await using app = await serveConfig({ files: [files[0], { path: files[1], name: "other" }] });
  expect((await app.get("/config")).status).toBe(200);
});

describe("a change", () => {
  test("without If-Match is refused with 428", async () => {
    await using folder = await testFolder();
    await using app = await serveConfig({ files: [await folder.write("app.ini", "a = 1\n")] });
    const headers = { "content-type": "text/plain" };
    await refused(
      await app.get("/config/app.ini", { method: "PUT", body: "a = 2\n", headers }),
      428,
      "precondition-required",
    );
    expect(await folder.read("app.ini")).toBe("a = 1\n");
  });

  test("with a stale or a weak ETag is refused with 412 and the current one", async () => {
    await using folder = await testFolder();
    await using app = await serveConfig({ files: [await folder.write("app.ini", "a = 1\n")] });
    const etag = await app.etag("app.ini");
    for (const stale of ['"stale"', `W/${etag}`, '"one", "two"']) {
      const answer = await app.put("app.ini", "a = 2\n", { "if-match": stale });
      expect(answer.headers.get("etag")).toBe(etag);
      expect(await refused(answer, 412, "precondition-failed")).toMatchObject({ etag });
    }
    expect(await folder.read("app.ini")).toBe("a = 1\n");
  });

  test("with an If-Match that is no list of entity tags is refused with 400", async () => {
    await using folder = await testFolder();
    await using app = await serveConfig({ files: [await folder.write("app.ini", "a = 1\n")] });
    for (const header of ["abc", '"a" b', "W/"]) {
      await refused(await app.put("app.ini", "a = 2\n", { "if-match": header }), 400, "bad-request");
    }
  });

  test("of the wrong media type is refused with 415, and PATCH of plain text is told to PUT", async () => {
    await using folder = await testFolder();
    await using app = await serveConfig({
      files: [await folder.write("app.ini", "a = 1\n"), await folder.write("app.conf", "x\n")],
    });
    await refused(
      await app.put("app.ini", "{}", { "content-type": "application/xml" }),
      415,
      "unsupported-media-type",
    );
    const json = await app.patch("app.ini", {}, { "content-type": "application/json" });
    expect((await refused(json, 415, "unsupported-media-type"))["remedy"]).toContain(
      "application/merge-patch+json",
    );
    const text = await refused(await app.patch("app.conf", {}), 415, "unsupported-media-type");
    expect(text["remedy"]).toContain("PUT");
  });

  test("that is too large is refused with 413, and one that grows too large with 422", async () => {
    await using folder = await testFolder();
    await using app = await serveConfig({ files: [await folder.write("app.ini", "a = 1\n")], maxBytes: 20 });
    const answer = await app.put("app.ini", `a = ${"1".repeat(20)}\n`);
    const tooLarge = await refused(answer, 413, "body-too-large");
    expect(tooLarge).toMatchObject({
      maxBytes: 20,
      remedy: expect.stringContaining("SIDECAR_CONFIG_MAX_BYTES"),
    });
    await refused(await app.patch("app.ini", { b: "1234567890" }), 422, "content-invalid");
    expect(await folder.read("app.ini")).toBe("a = 1\n");
  });

  test("with invalid content is refused with 422, line and column", async () => {
    await using folder = await testFolder();
    const good: Record<string, string> = {
      "app.json": "{}",
      "app.yaml": "a: 1\n",
      "app.ini": "a = 1\n",
      "app.properties": "a=1\n",
      ".env": "A=1\n",
      "app.conf": "x\n",
    };
    const files = await Promise.all(Object.entries(good).map(([name, text]) => folder.write(name, text)));
    await using app = await serveConfig({ files });
    const bad: [string, string | Uint8Array<ArrayBuffer>, number, number][] = [
      ["app.json", '{\n  "a": }', 2, 8],
      ["app.yaml", "a: 1\n b: 2\n", 1, 4],
      ["app.ini", "a = 1\n[open\n", 2, 1],
      ["app.properties", "a=\\u00g0\n", 1, 3],
      [".env", "A=1\nB='open\n", 2, 3],
      ["app.conf", new Uint8Array([0x61, 0x0a, 0x62, 0xff]), 2, 2],
      ["app.yaml", new Uint8Array([0x61, 0xc3, 0x28]), 1, 2],
    ];
    for (const [name, body, line, column] of bad) {
      const problem = await refused(await app.put(name, body), 422, "content-invalid");
      expect(problem["errors"], name).toMatchObject([{ line, column }]);
      expect(await folder.read(name)).toBe(good[name]);
    }
  });

  test("by a patch that is no JSON is refused with 400, and one that can't be written with 422 and its pointer", async () => {
    await using folder = await testFolder();
    await using app = await serveConfig({ files: [await folder.write("app.ini", "[a]\nb = 1\n")] });
    const headers = { "content-type": "application/merge-patch+json", "if-match": "*" };
    const broken = await app.get("/config/app.ini", { method: "PATCH", body: '{"a":', headers });
    expect((await refused(broken, 400, "bad-request"))["errors"]).toMatchObject([{ line: 1, column: 6 }]);
    const lossy = await refused(await app.patch("app.ini", { a: { b: 2 } }), 422, "content-invalid");
    expect(lossy["errors"]).toMatchObject([{ pointer: "/a/b" }]);
    expect(await folder.read("app.ini")).toBe("[a]\nb = 1\n");
  });

  test("of a file that can't be parsed is refused with 409 for PATCH and mended by PUT", async () => {
    await using folder = await testFolder();
    await using app = await serveConfig({ files: [await folder.write("app.json", '{"a": }')] });
    const problem = await refused(await app.patch("app.json", { a: 1 }), 409, "conflict");
    expect(problem["errors"]).toMatchObject([{ line: 1, column: 7 }]);
    expect((await app.put("app.json", '{"a": 1}')).status).toBe(200);
  });

  test("of a file that nobody named is refused with 404", async () => {
    await using folder = await testFolder();
    await folder.write("secret.ini", "a = 1\n");
    await using app = await serveConfig({ files: [await folder.write("app.ini", "a = 1\n")] });
    await refused(await app.put("secret.ini", "a = 2\n", { "if-match": "*" }), 404, "not-found");
    expect(await folder.read("secret.ini")).toBe("a = 1\n");
  });
});

describe("a file", () => {
  test("that is missing is 404, and 404 to a change, and nothing is made", async () => {
    await using folder = await testFolder();
    await using app = await serveConfig({ files: [join(folder.path, "app.ini")] });
    await refused(await app.get("/config/app.ini"), 404, "not-found");
    await refused(await app.put("app.ini", "a = 1\n", { "if-match": "*" }), 404, "not-found");
    expect(await readdir(folder.path)).toEqual([]);
  });

  test("that is a folder, a FIFO, a socket or a device is refused without opening it", async () => {
    await using folder = await testFolder();
    await mkdir(join(folder.path, "folder"));
    // Opening a FIFO waits for a writer that never comes.
    execFileSync("mkfifo", [join(folder.path, "fifo")]);
    await using _socket = createServer().listen(join(folder.path, "socket"));
    const names = ["folder", "fifo", "socket"];
    const files = [...names.map((name) => join(folder.path, name)), "/dev/null"];
    await using app = await serveConfig({ files });
    for (const [name, kind] of [
      ["folder", "a folder"],
      ["fifo", "a FIFO"],
      ["socket", "a socket"],
      ["null", "a device"],
    ]) {
      const problem = await refused(await app.get(`/config/${name}`), 409, "conflict");
      expect(problem["detail"]).toContain(kind);
      await refused(await app.put(`${name}`, "x", { "if-match": "*" }), 409, "conflict");
    }
    expect((await app.get("/config")).status).toBe(200);
  });

  test("that is a link out of its folder is refused, and the target is neither read nor written", async () => {
    await using folder = await testFolder();
    await using elsewhere = await testFolder();
    const target = await elsewhere.write("target.ini", "a = 1\n");
    await symlink(target, join(folder.path, "app.ini"));
    await symlink("../", join(folder.path, "up"));
    await symlink(elsewhere.path, join(folder.path, "out"));
    await symlink("out/target.ini", join(folder.path, "over.ini"));
    await symlink("loop.ini", join(folder.path, "loop.ini"));
    const files = ["app.ini", "over.ini", "loop.ini"].map((name) => join(folder.path, name));
    await using app = await serveConfig({ files });
    for (const name of ["app.ini", "over.ini"]) {
      const problem = await refused(await app.get(`/config/${name}`), 409, "conflict");
      expect(problem["remedy"]).toContain(target);
      await refused(await app.put(name, "a = 2\n", { "if-match": "*" }), 409, "conflict");
    }
    await refused(await app.get("/config/loop.ini"), 409, "conflict");
    expect(await elsewhere.read("target.ini")).toBe("a = 1\n");
  });

  test("that is replaced by a link, a folder or nothing while we run is refused from then on", async () => {
    await using folder = await testFolder();
    await using elsewhere = await testFolder();
    const path = await folder.write("app.ini", "a = 1\n");
    await using app = await serveConfig({ files: [path] });
    const etag = await app.etag("app.ini");
    await rename(path, `${path}.old`);
    await symlink(await elsewhere.write("x.ini", "a = 1\n"), path);
    await refused(await app.put("app.ini", "a = 2\n", { "if-match": etag }), 409, "conflict");
    await rm(path);
    await mkdir(path);
    await refused(await app.put("app.ini", "a = 2\n", { "if-match": etag }), 409, "conflict");
    await rm(path, { recursive: true });
    await refused(await app.put("app.ini", "a = 2\n", { "if-match": etag }), 404, "not-found");
    expect(await elsewhere.read("x.ini")).toBe("a = 1\n");
  });
});
