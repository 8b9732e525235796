import { chmod, chown, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { fileList } from "../../../../src/features/config/config-schema.ts";
import { isMissing } from "../../../support/needs.ts";
import { startInOwnRoot } from "../support/own-root.ts";
import { AS_VIEWER, serveConfig, type TestFolder, testFolder } from "../support/serve-config.ts";

/** Writes a script that is the app's own check. */
async function checkScript(folder: TestFolder, ...lines: readonly string[]): Promise<string> {
  const path = await folder.write("check", ["#!/bin/sh", ...lines, ""].join("\n"));
  await chmod(path, 0o755);
  return path;
}

async function withCheck(folder: TestFolder, lines: readonly string[], more: object = {}) {
  const path = await folder.write("app.conf", "old\n");
  const command = [await checkScript(folder, ...lines), "{file}"];
  return await serveConfig({ files: [{ path, validate: { command, ...more } }] });
}

describe("the app's own check", () => {
  test("looks at a copy beside the file, of its owner, mode and ending, which is gone again", async () => {
    await using folder = await testFolder();
    await using app = await withCheck(folder, [
      `stat -c '%u:%g %a' "$1" >> ${folder.path}/seen`,
      `echo "$1" >> ${folder.path}/seen; cat "$1" >> ${folder.path}/seen`,
      `ls -A ${folder.path} | wc -l >> ${folder.path}/seen`,
      'grep -q good "$1" || { echo "$1:3: no good" >&2; exit 4; }',
    ]);
    await chown(join(folder.path, "app.conf"), 1234, 1235);
    await chmod(join(folder.path, "app.conf"), 0o640);
    expect((await app.put("app.conf", "good\n")).status).toBe(200);
    const [owner, path, content] = (await folder.read("seen")).split("\n");
    expect([owner, content]).toEqual(["1234:1235 640", "good"]);
    expect(path).toMatch(/\/\.tickbird-[0-9a-f]{12}\.check\.conf$/);
    const answer = await app.put("app.conf", "bad\n");
    const real = join(folder.path, "app.conf");
    expect([answer.status, await answer.json()]).toMatchObject([
      422,
      {
        code: "content-invalid",
        detail: expect.stringContaining("ended with 4"),
        remedy: expect.any(String),
        errors: [{ pointer: "", detail: `${real}:3: no good`, line: 3 }],
        output: `${real}:3: no good\n`,
        ...{ exitCode: 4, signal: null, timedOut: false, outputTruncated: false },
      },
    ]);
    expect(await folder.read("app.conf")).toBe("good\n");
    expect((await stat(real)).uid).toBe(1234);
    expect((await readdir(folder.path)).sort()).toEqual(["app.conf", "check", "seen"]);
  });

  test("that hangs is stopped, nothing is written, and the answer says so", async () => {
    await using folder = await testFolder();
    await using app = await withCheck(folder, ["trap '' TERM", "echo begun", "while :; do sleep 300; done"], {
      timeoutMs: 200,
    });
    const answer = await app.put("app.conf", "new\n");
    expect([answer.status, await answer.json()]).toMatchObject([
      504,
      {
        code: "check-timeout",
        remedy: expect.stringContaining("timeoutMs"),
        ...{ output: "begun\n", timedOut: true, signal: "SIGKILL", exitCode: null },
      },
    ]);
    expect(await folder.read("app.conf")).toBe("old\n");
    expect((await readdir(folder.path)).sort()).toEqual(["app.conf", "check"]);
  });

  test("that floods its output is cut; secrets that it quotes are masked", async () => {
    await using folder = await testFolder();
    await using app = await withCheck(folder, [
      'sed "s/.*pass/quoted/" "$1"; echo "near hunter2;"; yes flood | head -c 1000000; exit 1',
    ]);
    const answer = await app.put("app.conf", "dbpass hunter2;\n");
    const text = await answer.text();
    expect(answer.status).toBe(422);
    expect(text.length).toBeLessThan(200_000);
    expect(text).not.toContain("hunter2");
    expect(JSON.parse(text)).toMatchObject({
      outputTruncated: true,
      output: expect.stringContaining("near ******"),
    });
  });

  test("that quotes the value of an element whose name is in another attribute, has it masked, as GET has", async () => {
    await using folder = await testFolder();
    const xml = (password: string) => `<c><add key="db.password" value="${password}"/></c>\n`;
    const path = await folder.write("app.xml", xml("old-one-8"));
    const script = await checkScript(folder, `sed 's/.*value="/refused: /; s/".*//' "$1"; exit 1`);
    await using app = await serveConfig({ files: [{ path, validate: { command: [script, "{file}"] } }] });
    const answer = await app.put("app.xml", xml("hunter22xyz"));
    expect([answer.status, await answer.json()]).toMatchObject([
      422,
      { exitCode: 1, output: expect.stringContaining("refused: ******") },
    ]);
    const shown = await app.get("/config/app.xml", { headers: AS_VIEWER });
    expect(await shown.text()).not.toContain("old-one-8");
  });

  test("that can't be run refuses every change, and list and capabilities say so", async () => {
    await using folder = await testFolder();
    const path = await folder.write("app.conf", "old\n");
    const validate = { command: ["no-such-check", "{file}"] };
    await using app = await serveConfig({ files: [{ path, validate }] });
    const { files } = fileList.parse(await (await app.get("/config")).json());
    expect(files[0]).toMatchObject({
      writable: false,
      problem: { detail: expect.stringContaining("no-such-check") },
    });
    const answer = await app.put("app.conf", "new\n");
    expect([answer.status, await answer.json()]).toMatchObject([409, { remedy: expect.any(String) }]);
    expect(await folder.read("app.conf")).toBe("old\n");
  });

  test("must have {file} in its arguments", async () => {
    const files = [{ path: "/etc/app.conf", validate: { command: ["nginx", "-t"] } }];
    await expect(serveConfig({ files })).rejects.toThrow("{file}");
  });

  test("of nginx itself, nginx -t, refuses what nginx would not start with, with the line; includes work", async () => {
    await using folder = await testFolder();
    await mkdir(join(folder.path, "conf.d"));
    await writeFile(join(folder.path, "conf.d", "one.conf"), "server { listen 127.0.0.1:18999; }\n");
    const good = `pid ${folder.path}/nginx.pid;\nerror_log stderr;\nevents {}\nhttp { access_log off; include conf.d/*.conf; }\n`;
    const path = await folder.write("nginx.conf", good);
    const validate = { command: ["nginx", "-t", "-e", "stderr", "-c", "{file}"] };
    await using app = await serveConfig({ files: [{ path, validate }] });
    const changed = await app.put("nginx.conf", `${good}# a comment\n`);
    expect([changed.status, await changed.text()]).toMatchObject([200, expect.anything()]);
    const answer = await app.put(
      "nginx.conf",
      good.replace("access_log off;", "access_log off; lissten 80;"),
    );
    expect([answer.status, await answer.json()]).toMatchObject([
      422,
      {
        exitCode: 1,
        output: expect.stringContaining('unknown directive "lissten"'),
        errors: [{ line: 4, detail: expect.stringContaining(`in ${path}:4`) }],
      },
    ]);
    await writeFile(join(folder.path, "conf.d", "one.conf"), "nonsense;\n");
    expect((await app.put("nginx.conf", good)).status).toBe(422);
    expect(await folder.read("nginx.conf")).toBe(`${good}# a comment\n`);
  });

  test("of PostgreSQL, postgres -C, refuses a bad value", async (context) => {
    const program = await findPostgres();
    if (program === undefined) return context.skip("no postgres here");
    await using folder = await testFolder();
    const path = await folder.write("postgresql.conf", "port = 5432\n");
    const command = [program, "-C", "port", "-D", folder.path, "-c", "config_file={file}"];
    await using app = await serveConfig({ files: [{ path, format: "text", validate: { command } }] });
    const good = await app.put("postgresql.conf", "port = 5433\n");
    expect([good.status, await good.text()]).toMatchObject([200, expect.anything()]);
    const answer = await app.put("postgresql.conf", "port = many\n");
    expect([answer.status, await answer.json()]).toMatchObject([
      422,
      { output: expect.stringContaining('invalid value for parameter "port"') },
    ]);
    expect(await folder.read("postgresql.conf")).toBe("port = 5433\n");
  });
});

async function findPostgres(): Promise<string | undefined> {
  const versions = await readdir("/usr/lib/postgresql").catch(() => []);
  return versions.map((version) => `/usr/lib/postgresql/${version}/bin/postgres`)[0];
}

describe.skipIf(isMissing("namespaces"))("a check in the app's own root", () => {
  const fill = `mkdir etc/app; echo old > etc/app/app.conf; echo marker > etc/app/beside
    printf '#!/bin/sh\\nid -u; ls -A /etc/app; cd "$(dirname "$1")"; cat beside; grep -q good "$1" || { echo "bad: $1:1"; exit 1; }\\n' > run/check
    chmod 755 run/check; chown -R 1234:1235 etc/app`;

  test("runs as the app's user on a path that the app sees", async () => {
    await using core = await startInOwnRoot(
      fill,
      "exec setpriv --reuid=1234 --regid=1235 --clear-groups sleep 300",
    );
    const files = [
      { path: "core:/etc/app/app.conf", validate: { command: ["/run/check", "{file}"], in: "core" } },
    ];
    await using app = await serveConfig({ files }, { process: () => core.core });
    const answer = await app.put("app.conf", "bad\n");
    const problem = z
      .object({ output: z.string() })
      .loose()
      .parse(await answer.json());
    expect([answer.status, problem]).toMatchObject([422, { exitCode: 1, errors: [{ line: 1 }] }]);
    expect(problem.output).toMatch(
      /^1234\n\.tickbird-[0-9a-f]{12}\.check\.conf\napp\.conf\nbeside\nmarker\n/,
    );
    expect(problem.output).toContain("bad: core:/etc/app/app.conf:1");
    expect((await app.put("app.conf", "good\n")).status).toBe(200);
    expect(await readFile(`${core.root}/etc/app/app.conf`, "utf8")).toBe("good\n");
    expect((await readdir(`${core.root}/etc/app`)).sort()).toEqual(["app.conf", "beside"]);
  });

  test("may run in the sidecar, too, and one that the app does not see is refused there", async () => {
    await using core = await startInOwnRoot(fill);
    await using folder = await testFolder();
    const check = await checkScript(folder, 'cat "$(dirname "$1")/beside"; exit 7');
    const own = await folder.write("own.conf", "old\n");
    await using app = await serveConfig(
      {
        files: [
          { path: "core:/etc/app/app.conf", validate: { command: [check, "{file}"] } },
          { path: own, validate: { command: ["/run/check", "{file}"], in: "core" } },
        ],
      },
      { process: () => core.core },
    );
    const answer = await app.put("app.conf", "new\n");
    expect([answer.status, await answer.json()]).toMatchObject([422, { exitCode: 7, output: "marker\n" }]);
    const unseen = await app.put("own.conf", "good\n");
    expect([unseen.status, await unseen.json()]).toMatchObject([
      409,
      { remedy: expect.stringContaining("core:/…") },
    ]);
  });

  test("of nginx itself knows the app's own address, where the sidecar may enter its network, and says where it was", async () => {
    const conf = (address: string) =>
      `pid /run/nginx.pid;\nevents {}\nhttp { access_log off; server { listen ${address}:18998; } }\n`;
    await using core = await startInOwnRoot(
      "mkdir -p etc/nginx var/lib/nginx; cp /etc/passwd /etc/group etc; ip link set lo up; ip addr add 10.99.0.1/32 dev lo",
      "exec sleep 300",
      ["--net", "--uts", "--ipc"],
    );
    await writeFile(`${core.root}/etc/nginx/nginx.conf`, conf("127.0.0.1"));
    const command = ["nginx", "-t", "-e", "stderr", "-c", "{file}"];
    const files = [{ path: "core:/etc/nginx/nginx.conf", validate: { command, in: "core" } }];
    await using app = await serveConfig({ files }, { process: () => core.core });
    const inCore = { root: "core", network: "core", uts: "core", ipc: "core" };
    const tried = await app.put("nginx.conf?dryRun=true", conf("10.99.0.1"), { "if-match": "*" });
    expect([tried.status, await tried.json()]).toMatchObject([200, { files: [{ checkRanIn: inCore }] }]);
    const good = await app.put("nginx.conf", conf("10.99.0.1"));
    expect([good.status, await good.json()]).toMatchObject([200, { checkRanIn: inCore }]);
    // An address that the sidecar has, and the app has not.
    const bad = await app.put("nginx.conf", conf("127.0.0.1").replace("127.0.0.1", ownAddress()));
    expect([bad.status, await bad.json()]).toMatchObject([
      422,
      { output: expect.stringContaining("Cannot assign requested address"), ranIn: inCore },
    ]);
  });
});

/** One of this machine's, beside those of loopback. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const found = all.find(({ family, internal }) => family === "IPv4" && !internal);
  if (found === undefined) throw new Error("this machine has no address");
  return found.address;
}
