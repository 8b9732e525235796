import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { changeResult } from "../../src/features/config/config-schema.ts";
import { versionList } from "../../src/features/config/history/history-schema.ts";
import { serveConfig, type TestFolder, testFolder } from "../features/config/support/serve-config.ts";
import { listenLocally } from "../support/front.ts";
import { type NginxServer, startNginxServer } from "../support/nginx-server.ts";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { processOf, rolledBack, WAIT } from "./config-change.ts";

describeWith(["nginx"], "nginx's configuration, changed through the sidecar", () => {
  let folder: TestFolder;
  let nginx: NginxServer;

  const path = (...parts: readonly string[]) => join(folder.path, ...parts);
  const visit = async () => await (await fetch(`http://127.0.0.1:${nginx.port}/`)).text();
  const reloads = async () =>
    (await readFile(path("error.log"), "utf8")).split("(SIGHUP) received").length - 1;

  beforeAll(async () => {
    folder = await testFolder();
    await mkdir(path("conf.d"));
    await mkdir(path("html"));
    await writeFile(path("html", "index.html"), "welcome\n");
    nginx = await startNginxServer({
      dir: folder.path,
      errorLog: "error.log notice",
      http(port) {
        return `access_log off; server { listen 127.0.0.1:${port}; root html; } include conf.d/*.conf;`;
      },
    });
  });
  afterAll(async () => {
    await nginx?.process.stop();
    await folder?.[Symbol.asyncDispose]();
  });

  async function serve(reload: object = { kind: "signal" }) {
    const nginxTest = ["nginx", "-t", "-q", "-p", `${folder.path}/`, "-e", "stderr"];
    const main = await processOf(nginx.process.pid);
    return await serveConfig(
      {
        files: [
          { path: path("nginx.conf"), validate: { command: [...nginxTest, "-c", "{file}"] } },
          // No whole configuration, so nothing that nginx -t could look at before it is in place.
          path("conf.d", "*.conf"),
        ],
        reload,
        verify: [
          { kind: "http", path: "/", contains: "welcome", timeoutMs: 1_000, stableMs: 1_500 },
          { kind: "log", path: path("error.log"), fails: "[emerg]", timeoutMs: 1_000 },
        ],
      },
      { url: `http://127.0.0.1:${nginx.port}`, process: () => main },
    );
  }
  const configuration = (text: string, more = "") => `pid nginx.pid;
error_log error.log notice;
events {}
http {
  access_log off; # nobody reads it
  server { listen 127.0.0.1:${nginx.port}; ${text} }
  ${more}include conf.d/*.conf;
}
`;

  test.each([
    ["a signal", () => ({ kind: "signal", signal: "SIGHUP" })],
    [
      "its own command",
      () => ({
        kind: "command",
        command: ["nginx", "-s", "reload", "-p", `${folder.path}/`, "-c", "nginx.conf"],
      }),
    ],
  ])("a good change is taken after %s, and what it answers is verified", async (how, reload) => {
    await using app = await serve(reload());
    const before = await reloads();
    const text = configuration(`return 200 "welcome by ${how}";`);
    const answer = await app.put("nginx.conf", text, WAIT);
    expect([answer.status, await answer.clone().text()]).toMatchObject([200, expect.anything()]);
    expect(changeResult.parse(await answer.json())).toMatchObject({ verified: true, reload: { done: true } });
    expect(await visit()).toBe(`welcome by ${how}`);
    expect(await reloads()).toBe(before + 1);
  });

  test("a syntax error is refused in nginx's own words, with the line, and nothing is touched", async () => {
    await using app = await serve();
    const old = await readFile(path("nginx.conf"), "utf8");
    const before = await reloads();
    const answer = await app.put("nginx.conf", configuration("retrun 200;"), WAIT);
    expect([answer.status, await answer.json()]).toMatchObject([
      422,
      {
        code: "content-invalid",
        errors: [{ line: 6, detail: expect.stringMatching(/\[emerg\] .* unknown directive "retrun" in /) }],
      },
    ]);
    expect(await readFile(path("nginx.conf"), "utf8")).toBe(old);
    expect(await reloads()).toBe(before);
  });

  test.each([
    ["answers with an error", "return 500;", 500],
    ["has lost its files", "root /nowhere;", 404],
  ])(
    "a change that nginx takes, after which it %s, is put back and verified again",
    async (_, text, status) => {
      await using app = await serve();
      const [good, said] = [await readFile(path("nginx.conf"), "utf8"), await visit()];
      const answer = await app.put("nginx.conf", configuration(text), WAIT);
      const { phases, state } = await rolledBack(answer);
      expect(state).toBe("rolled-back");
      expect(phases[1]?.checks).toMatchObject([{ kind: "http", passed: false, status }, { passed: true }]);
      expect(phases.at(-1)).toMatchObject({ name: "verify-again", passed: true });
      expect(await readFile(path("nginx.conf"), "utf8")).toBe(good);
      expect(await visit()).toBe(said);
    },
  );

  test("a port that somebody else has is seen in the error log, while the old workers go on", async () => {
    await using app = await serve();
    const said = await visit();
    await using other = createServer();
    const taken = await listenLocally(other);
    const bad = configuration('return 200 "welcome, too"; ', `server { listen 127.0.0.1:${taken}; }\n  `);
    const { phases, state } = await rolledBack(await app.put("nginx.conf", bad, WAIT));
    expect(state).toBe("rolled-back");
    expect(phases[1]?.checks).toMatchObject([
      { kind: "http", passed: true },
      { kind: "log", passed: false, line: expect.stringMatching(/\[emerg\].*bind\(\) to .* failed/) },
    ]);
    expect(phases.at(-1)).toMatchObject({ name: "verify-again", passed: true });
    expect(await visit()).toBe(said);
  });

  test("several parts of it are changed at once with one reload, and all are put back at once", async () => {
    await using app = await serve();
    await writeFile(path("conf.d", "a.conf"), "# nothing yet\n");
    await writeFile(path("conf.d", "b.conf"), "# nothing yet\n");
    const change = async (contents: Readonly<Record<string, string>>) => {
      const files = await Promise.all(
        Object.entries(contents).map(async ([name, content]) => ({
          ...{ name, ifMatch: await app.etag(name), content },
        })),
      );
      return await app.get("/changes", {
        method: "POST",
        headers: { "content-type": "application/json", ...WAIT },
        body: JSON.stringify({ files }),
      });
    };
    const before = await reloads();
    const good = await change({
      "a.conf": "map $uri $greeting { default welcome; }\n",
      "b.conf": `server { listen 127.0.0.1:${nginx.port} default_server; return 200 "$greeting to all"; }\n`,
    });
    expect([good.status, await good.text()]).toMatchObject([200, expect.anything()]);
    expect(await reloads()).toBe(before + 1);
    expect(await visit()).toBe("welcome to all");
    const old = await readFile(path("conf.d", "a.conf"), "utf8");
    const bad = await change({
      "a.conf": "map $uri $greeting { default hello; }\n",
      "b.conf": `server { listen 127.0.0.1:${nginx.port} default_server; return 200 "$greeting to some"; }\n`,
    });
    const { state, phases } = await rolledBack(bad);
    expect(state).toBe("rolled-back");
    expect(phases[1]?.checks[0]).toMatchObject({ kind: "http", passed: false, body: "hello to some" });
    expect(await reloads()).toBe(before + 3);
    expect(await readFile(path("conf.d", "a.conf"), "utf8")).toBe(old);
    expect(await visit()).toBe("welcome to all");

    const broken = await rolledBack(await change({ "a.conf": "map {\n", "b.conf": "# nothing\n" }));
    expect(broken.phases[1]?.checks[1]).toMatchObject({
      ...{ kind: "log", passed: false, line: expect.stringMatching(/\[emerg\].*a\.conf:1/) },
    });
    expect(broken.state).toBe("rolled-back");
    expect(await visit()).toBe("welcome to all");
  });

  test("what somebody edits by hand meanwhile is a version without an author, and no stale change goes over it", async () => {
    await using app = await serve();
    const stale = await app.etag("nginx.conf");
    const byHand = configuration('return 200 "welcome by hand";');
    await writeFile(path("nginx.conf"), byHand);
    await poll("it is found", async () => {
      const { versions } = versionList.parse(await (await app.get("/config/nginx.conf/versions")).json());
      return versions.find(({ kind, author }) => kind === "found" && author === null);
    });
    const answer = await app.put("nginx.conf", configuration("return 200;"), { ...WAIT, "if-match": stale });
    expect(answer.status).toBe(412);
    expect(await readFile(path("nginx.conf"), "utf8")).toBe(byHand);
  });
});
