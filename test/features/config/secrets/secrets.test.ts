import { describe, expect, test } from "vitest";
import { MASK } from "../../../../src/base/secrets.ts";
import { fileContent } from "../../../../src/features/config/config-schema.ts";
import { readContent } from "../../../../src/features/config/content.ts";
import type { FormatName } from "../../../../src/features/config/formats/format.ts";
import { maskText } from "../../../../src/features/config/secrets/masks.ts";
import { secretKeys } from "../../../../src/features/config/secrets/secret-keys.ts";
import { unmaskContent } from "../../../../src/features/config/secrets/unmask.ts";
import { cpuMsOf } from "../../../support/cpu-time.ts";
import { refusal } from "../support/patch-file.ts";
import { AS_VIEWER, serveConfig, testFolder } from "../support/serve-config.ts";

const NO_OTHERS = secretKeys([]);
const SECRETS = ["hunter2", "s3cret", "MIIabc", "p1w", "p2w", "k-123456", "abc def"];

const TEXTS: readonly [FormatName, string][] = [
  [
    "yaml",
    `# password = hunter2
db:
  password: 'hunter2' # the password
  url: postgres://u:s3cret@h/db
  key: |
    -----BEGIN RSA PRIVATE KEY-----
    MIIabc
    -----END RSA PRIVATE KEY-----
  conn: "Server=x;Password=abc def;Db=y"
shared: &shared k-123456
api_key: *shared
users:
  - {name: a, password: p1w}
  - {name: b, password: p2w}
`,
  ],
  [
    "toml",
    `# token = "hunter2"
secret = """
s3cret
MIIabc"""
[db]
password = 'p1w' # the password
url = "postgres://u:p2w@h/db"
pool.credentials = { user = "x", key_value = "k-123456" }
[[users]]
token = "abc def"
`,
  ],
  ["json", '{"a":{"password":"hunter2","n":1},"clientSecret":"s3cret","jdbc":"jdbc:x://h?password=p1w&x=1"}'],
  ["jsonc", '{\n  // "token": "hunter2"\n  "token": "s3cret", // a token\n  "token": "p1w"\n}\n'],
  ["json5", "{\n  // token: 'hunter2'\n  token: 's3cret',\n  db: {password: \"p1w\", key_value: 0x1F},\n}\n"],
  [
    "xml",
    `<!-- <a token="hunter2"/> -->
<c storePass="s3cret"><password>
    p1w
  </password><add key="api.key" value='p2w'/><entry name="secret"><value><![CDATA[k-123456]]></value></entry></c>
`,
  ],
  ["ini", '; token = hunter2\n; token = s3cret\n[db]\npassword = p1w ; or not\nPWD="p2w"\nuser = x\n'],
  ["properties", "db.password=hunter2\\\n  s3cret\nurl=postgres\\://u\\:p1w@h\nplain=1\n"],
  ["env", "export DB_PASSWORD='abc def' # token=hunter2\nURL=postgres://u:s3cret@h/x\nDB_PASSWORD=p1w\n"],
  [
    "text",
    `requirepass hunter2
masterauth s3cret
<Resource name="jdbc" password="p1w"/>
<add key="DbPassword" value="p2w" />
<password>k-123456</password>
proxy_set_header Authorization "Bearer k-123456";
-----BEGIN PRIVATE KEY-----
MIIabc
-----END PRIVATE KEY-----
#****** not a secret ******
user bob
`,
  ],
];

describe.each(TEXTS)("%s", (format, text) => {
  const content = readContent(Buffer.from(text), format);
  const masked = maskText(content, NO_OTHERS);

  test("no secret is left in what is shown", () => {
    expect(masked?.text).toContain(MASK);
    for (const secret of SECRETS) expect(masked?.text).not.toContain(secret);
  });

  test("what is shown, sent back, is the file as it was, byte by byte", () => {
    const sent = readContent(Buffer.from(masked?.text ?? ""), format);
    expect(unmaskContent(sent, content, { format, secretKeys: NO_OTHERS }).toString()).toBe(text);
  });
});

const [, YAML] = TEXTS[0] ?? ["yaml", ""];

function sendBack(change: (shown: string) => string): () => string {
  const old = readContent(Buffer.from(YAML), "yaml");
  const text = change(maskText(old, NO_OTHERS)?.text ?? "");
  return () =>
    unmaskContent(readContent(Buffer.from(text), "yaml"), old, {
      format: "yaml",
      secretKeys: NO_OTHERS,
    }).toString();
}

test("a secret that is changed is changed, and the masked ones beside it stay", () => {
  const text = sendBack((shown) => shown.replace('"******" # the password', "new # the password"))();
  expect(text).toBe(YAML.replace("'hunter2' # the password", "new # the password"));
});

test("a secret that ends with a blank is masked with it, and comes back with it", () => {
  const text = "db.password=hunter2 \napi.token=s3cret\u00a0\nplain=1\n";
  const old = readContent(Buffer.from(text), "properties");
  const shown = maskText(old, NO_OTHERS)?.text ?? "";
  expect(shown).toBe("db.password=******\napi.token=******\nplain=1\n");
  const sent = readContent(Buffer.from(shown.replace("plain=1", "plain=2")), "properties");
  expect(unmaskContent(sent, old, { format: "properties", secretKeys: NO_OTHERS }).toString()).toBe(
    text.replace("plain=1", "plain=2"),
  );
});

test("an element that is removed takes its secret along, and the others keep theirs", () => {
  const text = sendBack((shown) => shown.replace(/ {2}- \{name: a.*\n/, ""))();
  expect(text).toBe(YAML.replace("  - {name: a, password: p1w}\n", ""));
});

test("an element that is changed in its place keeps its secret", () => {
  const text = sendBack((shown) => shown.replace("name: a,", "name: z,"))();
  expect(text).toBe(YAML.replace("name: a,", "name: z,"));
});

test("a mask that stands for nothing, or nobody knows for what, is refused", () => {
  expect(refusal(sendBack((shown) => shown.replace("db:", "other:")))).toBe(
    "content-invalid /other/password",
  );
  expect(refusal(sendBack((shown) => `${shown}new_password: "******"\n`))).toBe(
    "content-invalid /new_password",
  );
  expect(refusal(sendBack((shown) => shown.replace("@h/db", "@elsewhere/db")))).toBe(
    "content-invalid /db/url",
  );
  expect(refusal(sendBack((shown) => shown.replace("= ******", "= ****** or so")))).toBe("content-invalid ");
  expect(refusal(sendBack((shown) => `${shown}---\na: 1\n`))).toBe("content-invalid ");
});

test("of two lines of plain text that look alike with masks, one can't be dropped silently", () => {
  const old = readContent(Buffer.from("requirepass one\nrequirepass two\n"), "text");
  const sent = readContent(Buffer.from("requirepass ******\n"), "text");
  expect(refusal(() => unmaskContent(sent, old, { format: "text", secretKeys: NO_OTHERS }))).toBe(
    "content-invalid ",
  );
});

test("over HTTP, secrets are masked in every form until an operator asks, and that is written to the audit log", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.yaml", YAML)] });
  for (const accept of ["text/plain", "application/json", "text/html"]) {
    for (const headers of [{ accept }, { accept, ...AS_VIEWER }]) {
      const answer = await app.get("/config/app.yaml", { headers });
      const body = await answer.text();
      expect(answer.status).toBe(200);
      expect(answer.headers.get("sidecar-masked-values")).toBe("9");
      for (const secret of SECRETS) expect(body).not.toContain(secret);
    }
    const shown = await app.get("/config/app.yaml?secrets=show", { headers: { accept } });
    expect(await shown.text()).toContain("hunter2");
  }
  const audit = app.logged.filter(({ audit }) => audit === "config.secrets");
  expect(audit).toHaveLength(3);
  expect(audit[0]).toMatchObject({ user: "operator", file: "app.yaml", requestId: expect.any(String) });
  expect(JSON.stringify(app.logged)).not.toContain("hunter2");
});

const NAMED_TEXTS: readonly [string, string][] = [
  [
    "app.yaml",
    "# dsn: s-1\ndb:\n  DSN: s-2\n  Pin: 4711\nother: {dsn: s-3, pin: 99, host: h}\nlist: [{dsn: s-4}]\n",
  ],
  ["app.json", '{"db":{"dsn":"s-2","pin":4711},"other":{"dsn":["s-3","s-4"],"pin":99},"my key":"s-1"}\n'],
  ["app.ini", "; dsn = s-1\n; my key = s-3\n[db]\ndsn = s-2\npin = 4711\n[other]\npin = 99\nmy key = s-4\n"],
  ["app.properties", "dsn=s-1\ndb.dsn = s-2\n! my\\ key=x\npin=99\nmy\\ key=s-3\n"],
  ["app.conf", "dsn s-1;\n  pin = 4711\nmy key s-2\n# my key: s-3\nhost h\n<dsn>s-4</dsn>\npinned 99\n"],
];

test.each(NAMED_TEXTS)(
  "in %s, keys that the settings name are masked as well, and come back",
  async (name, text) => {
    await using folder = await testFolder();
    const secretKeys = ["dsn", "db.dsn", "my KEY", "/db/pin"];
    await using app = await serveConfig({ files: [{ path: await folder.write(name, text), secretKeys }] });
    for (const accept of ["text/plain", "application/json", "text/html"]) {
      const answer = await app.get(`/config/${name}`, { headers: { accept } });
      const body = await answer.text();
      expect(body).toContain(MASK);
      expect(body).not.toMatch(/s-\d|4711/);
      expect(body).toContain("99");
    }
    const shown = await (await app.get(`/config/${name}`, { headers: { accept: "text/plain" } })).text();
    const answer = await app.put(name, shown);
    expect([answer.status, await answer.json()]).toMatchObject([200, { changed: false }]);
    expect((await app.put(name, shown.replace("99", "98"))).status).toBe(200);
    expect(await folder.read(name)).toBe(text.replace("99", "98"));
  },
);

test("a patch with the mask of a named key leaves its value", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.yaml", "db:\n  pin: 4711\n  port: 1\n");
  await using app = await serveConfig({ files: [{ path, secretKeys: ["/db/pin"] }] });
  expect((await app.patch("app.yaml", { db: { pin: MASK, port: 2 } })).status).toBe(200);
  expect(await folder.read("app.yaml")).toBe("db:\n  pin: 4711\n  port: 2\n");
});

test("a viewer does not get secrets by asking", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.yaml", YAML)] });
  const answer = await app.get("/config/app.yaml?secrets=show", { headers: AS_VIEWER });
  expect(answer.status).toBe(403);
  expect(await answer.json()).toMatchObject({ code: "role-required" });
});

test("PUT and PATCH with masks leave the old values, and the ETag is that of the real bytes", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.yaml", YAML)] });
  const shown = await (await app.get("/config/app.yaml")).text();
  expect(await (await app.put("app.yaml", shown)).json()).toMatchObject({ changed: false });
  expect((await app.put("app.yaml", shown.replace("name: b", "name: c"))).status).toBe(200);
  expect(await folder.read("app.yaml")).toBe(YAML.replace("name: b", "name: c"));

  const patch = { db: { password: MASK, url: "postgres://u:******@h/db", port: 5 }, api_key: MASK };
  expect((await app.patch("app.yaml", patch)).status).toBe(200);
  expect(await folder.read("app.yaml")).toBe(
    YAML.replace("name: b", "name: c").replace('Db=y"\n', 'Db=y"\n  port: 5\n'),
  );
  const refused = await app.patch("app.yaml", { db: { new_password: MASK } });
  expect(refused.status).toBe(422);
  expect(await refused.json()).toMatchObject({ errors: [{ pointer: "/db/new_password" }] });
});

test("a file that can't be parsed is held back until an operator asks for it as it is", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({
    files: [await folder.write("app.json", '{"password":\n "hunter2"')],
  });
  const text = await app.get("/config/app.json", { headers: AS_VIEWER });
  expect(text.status).toBe(409);
  expect(await text.json()).toMatchObject({ code: "conflict", errors: [{ line: 2, column: 11 }] });
  const json = await app.get("/config/app.json", { headers: { accept: "application/json" } });
  const body = fileContent.parse(await json.json());
  expect(body).toMatchObject({ content: null, parsed: null, parseError: { line: 2, column: 11 } });
  expect(body.contentReason).toMatch(/can't be found and masked/);
  const page = await app.get("/config/app.json", { headers: { accept: "text/html" } });
  expect(await page.text()).not.toContain("hunter2");
  const shown = await app.get("/config/app.json?secrets=show");
  expect(await shown.text()).toBe('{"password":\n "hunter2"');
});

test("no text keeps the search for secrets busy for longer than its length", () => {
  const texts = [
    `<password>${"x".repeat(600_000)}`,
    "password=x ".repeat(60_000),
    "password='".repeat(60_000),
    "-----BEGIN PRIVATE KEY-----".repeat(50_000),
    "a".repeat(600_000),
    " ".repeat(600_000),
    `password ${" ".repeat(600_000)}x`,
  ];
  const keys = secretKeys(["my key"]);
  const mask = () => {
    for (const text of texts) maskText(readContent(Buffer.from(text), "text"), keys);
  };
  // Linear, all of it takes a second; a pattern that backtracks takes minutes.
  expect(cpuMsOf(mask)).toBeLessThan(15_000);
});
