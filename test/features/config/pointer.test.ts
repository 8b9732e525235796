import { expect, test } from "vitest";
import { fileContent } from "../../../src/features/config/config-schema.ts";
import { AS_VIEWER, type ServedConfig, serveConfig, testFolder } from "./support/serve-config.ts";

const YAML = `server:
  ports: [80, 443]
  name: demo
  id: 123456789012345678901
  a/b~c: odd
  none: null
db:
  password: hunter2
  url: postgres://u:s3cret@h/db
`;

async function serveYaml() {
  const folder = await testFolder();
  const files = [
    await folder.write("app.yaml", YAML),
    await folder.write("app.conf", "listen 80;\n"),
    await folder.write("bad.json", '{"a":\n'),
    await folder.write("server.xml", '<Server port="8005"><Service name="x"/></Server>\n'),
  ];
  return { folder, app: await serveConfig({ files }) };
}

async function ask(app: ServedConfig, name: string, pointer: string, accept = "text/plain", more = "") {
  const path = `/config/${name}?pointer=${encodeURIComponent(pointer)}${more}`;
  return app.get(path, { headers: { accept, ...AS_VIEWER } });
}

test("a pointer gives a scalar as text, and all else as JSON", async () => {
  const served = await serveYaml();
  await using _folder = served.folder;
  await using app = served.app;
  const text = async (pointer: string, name = "app.yaml") => (await ask(app, name, pointer)).text();
  expect(await text("/server/name")).toBe("demo");
  expect(await text("/server/ports/1")).toBe("443");
  expect(await text("/server/ports")).toBe("[80,443]");
  expect(await text("/server/id")).toBe("123456789012345678901");
  expect(await text("/server/a~1b~0c")).toBe("odd");
  expect(await text("/server/none")).toBe("null");
  expect(await text("/Server/Service", "server.xml")).toBe('{"@name":"x"}');
  const answer = await ask(app, "app.yaml", "/server/ports", "application/json");
  expect(fileContent.parse(await answer.json())).toMatchObject({
    pointer: "/server/ports",
    parsed: [80, 443],
    content: "[80,443]",
    maskedValues: 0,
  });
  expect(answer.headers.get("etag")).toBe(await app.etag("app.yaml"));
  const page = await ask(app, "app.yaml", "/server/name", "text/html");
  expect(await page.text()).toContain("<pre>demo</pre>");
});

test("a part is masked as the whole is", async () => {
  const served = await serveYaml();
  await using _folder = served.folder;
  await using app = served.app;
  const password = await ask(app, "app.yaml", "/db/password");
  expect(await password.text()).toBe("******");
  expect(password.headers.get("sidecar-masked-values")).toBe("1");
  const db = await ask(app, "app.yaml", "/db", "application/json");
  expect(db.headers.get("sidecar-masked-values")).toBe("2");
  expect(await db.text()).not.toMatch(/hunter2|s3cret/);
  expect((await ask(app, "app.yaml", "/db", "text/plain", "&secrets=show")).status).toBe(403);
  const shown = await app.get("/config/app.yaml?pointer=/db/password&secrets=show");
  expect(await shown.text()).toBe("hunter2");
});

test("a pointer that leads to nothing, or is none, is answered with what mends it", async () => {
  const served = await serveYaml();
  await using _folder = served.folder;
  await using app = served.app;
  const problem = async (name: string, pointer: string) => (await ask(app, name, pointer)).json();
  expect(await problem("app.yaml", "/server/ports/2")).toMatchObject({
    status: 404,
    code: "not-found",
    remedy: "The nearest there is: /server/ports",
  });
  expect(await problem("app.yaml", "/server/ports/01")).toMatchObject({ status: 404 });
  expect(await problem("app.yaml", "/nothing")).toMatchObject({ status: 404 });
  expect(await problem("app.yaml", "/__proto__")).toMatchObject({ status: 404 });
  expect(await problem("app.yaml", "server")).toMatchObject({ status: 400, code: "invalid-parameter" });
  expect(await problem("app.yaml", "/a~2")).toMatchObject({ status: 400 });
  expect(await problem("app.conf", "/listen")).toMatchObject({
    status: 422,
    remedy: expect.stringContaining("format"),
  });
  expect(await problem("bad.json", "/a")).toMatchObject({ status: 409, errors: [{ line: 2 }] });
});
