import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { serveConfig, type TestFolder, testFolder } from "../features/config/support/serve-config.ts";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";

/** Redis reads its configuration, finds that it is to listen nowhere, and ends before it looks at its data. */
const CHECK = [
  "redis-server",
  "{file}",
  ...["--port", "0", "--unixsocket", "", "--pidfile", "", "--logfile", ""],
  ...["--daemonize", "yes"],
];

/** Starts the server, and has it answer. */
async function askRedis(folder: TestFolder, ...question: readonly string[]): Promise<string> {
  const server = spawn("redis-server", [join(folder.path, "redis.conf")], { stdio: "ignore" });
  const ended = once(server, "exit");
  try {
    return await poll("Redis answers", async () => {
      const client = spawn("redis-cli", ["-s", join(folder.path, "socket"), ...question]);
      const said = await text(client.stdout);
      return said === "" ? undefined : said;
    });
  } finally {
    server.kill();
    await ended;
  }
}

describeWith(["redis"], "Redis' configuration, changed through the sidecar", () => {
  test("a new content is checked by the server itself, which leaves its data alone, and is what it has when it starts", async () => {
    await using folder = await testFolder();
    const lines = ["port 0", `unixsocket ${folder.path}/socket`, `dir ${folder.path}`];
    const old = [...lines, "appendonly yes", "# as it was", "maxmemory 50mb", ""].join("\n");
    const path = await folder.write("redis.conf", old);
    await using app = await serveConfig({ files: [{ path, format: "text", validate: { command: CHECK } }] });
    const refused = await app.put("redis.conf", old.replace("50mb", "fifty"));
    expect([refused.status, await refused.json()]).toMatchObject([
      422,
      { output: expect.stringContaining("argument must be a memory value") },
    ]);
    expect(await folder.read("redis.conf")).toBe(old);
    expect((await app.put("redis.conf", old.replace("50mb", "60mb"))).status).toBe(200);
    expect(await folder.read("redis.conf")).toBe(old.replace("50mb", "60mb"));
    expect(await readdir(folder.path)).toEqual(["redis.conf"]);
    expect(await askRedis(folder, "CONFIG", "GET", "maxmemory")).toBe("maxmemory\n62914560\n");
  });
});
