import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { fileContent } from "../../../src/features/config/config-schema.ts";
import { serveConfig, testFolder } from "./support/serve-config.ts";

const TOMCAT = new URL("../../fixtures/config/server.xml", import.meta.url);

test("the format follows from the extension, and a whole file may be sent under its own media type", async () => {
  await using folder = await testFolder();
  const contents = {
    "a.toml": "a = 1 # one\n",
    "b.json5": "{a: 1, /* one */}\n",
    "c.xml": "<a>1</a><!-- one -->\n",
  };
  const files = [];
  for (const [name, content] of Object.entries(contents)) files.push(await folder.write(name, content));
  await using app = await serveConfig({ files });
  const types = { "a.toml": "application/toml", "b.json5": "application/json5", "c.xml": "application/xml" };
  for (const [name, type] of Object.entries(types)) {
    const answer = await app.get(`/config/${name}`, { headers: { accept: "application/json" } });
    const { format, parsed } = fileContent.parse(await answer.json());
    expect(name.endsWith(`.${format}`)).toBe(true);
    expect(parsed).toEqual({ a: format === "xml" ? "1" : 1 });
    const content = (await folder.read(name)).replace("1", "2");
    expect((await app.put(name, content, { "content-type": type })).status).toBe(200);
    expect(await folder.read(name)).toBe(content);
    expect((await app.put(name, content, { "content-type": "image/png" })).status).toBe(415);
  }
  expect((await app.put("c.xml", "<a>3</a>", { "content-type": "text/xml" })).status).toBe(200);
});

test("what is not valid is refused with line and column, and nothing is written", async () => {
  await using folder = await testFolder();
  const files = [await folder.write("a.toml", "a = 1\n"), await folder.write("c.xml", "<a/>\n")];
  await using app = await serveConfig({ files });
  const toml = await app.put("a.toml", "a = 1\nb = x\n");
  expect(toml.status).toBe(422);
  expect(await toml.json()).toMatchObject({ code: "content-invalid", errors: [{ line: 2 }] });
  const xml = await app.put("c.xml", "<a>\n<b></a>\n");
  expect(await xml.json()).toMatchObject({ code: "content-invalid", errors: [{ line: 2 }] });
  expect(await folder.read("a.toml")).toBe("a = 1\n");
  expect(await folder.read("c.xml")).toBe("<a/>\n");
});

test("Tomcat's server.xml gets a new port and another connector, and keeps the rest byte for byte", async () => {
  await using folder = await testFolder();
  const text = await readFile(TOMCAT, "utf8");
  await using app = await serveConfig({ files: [await folder.write("server.xml", text)] });
  const shown = await app.get("/config/server.xml?pointer=/Server/Service/Connector", {
    headers: { accept: "application/json" },
  });
  const { parsed } = fileContent.parse(await shown.json());
  const Connector = [
    { ...(parsed as Record<string, string>), "@port": "9090" },
    { "@port": "9091", "@protocol": "AJP/1.3", "@secret": "hunter2" },
  ];
  const answer = await app.patch("server.xml", { Server: { Service: { Connector } } });
  expect(answer.status).toBe(200);
  const changed = await folder.read("server.xml");
  const added = '    <Connector port="9091" protocol="AJP/1.3" secret="hunter2"/>\n';
  expect(changed).toContain(added);
  expect(changed.replace(added, "").replace('port="9090"', 'port="8080"')).toBe(text);
  expect(await (await app.get("/config/server.xml")).text()).not.toContain("hunter2");
});
