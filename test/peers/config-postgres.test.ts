import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveConfig } from "../features/config/support/serve-config.ts";
import { describeWith } from "../support/peers.ts";
import { processOf, rolledBack, WAIT } from "./config-change.ts";
import { type Postgres, startPostgres } from "./postgres.ts";

describeWith(["postgres"], "PostgreSQL's configuration, changed through the sidecar", () => {
  let core: Postgres;
  let file: string;
  let initial: string;

  beforeAll(async () => {
    core = await startPostgres("logging_collector = on\nlog_filename = 'server.log'\n");
    file = join(core.data, "postgresql.conf");
    initial = await readFile(file, "utf8");
  });
  afterAll(async () => await core?.[Symbol.asyncDispose]());

  const log = () => join(core.data, "log", "server.log");
  const show = async (name: string) => (await core.ask(`SHOW ${name}`)).trim();

  async function serve(more: object = {}) {
    const main = await processOf(core.pid);
    const reload = { kind: "signal", signal: "SIGHUP" };
    const verify = { kind: "log", path: log(), contains: "reloading configuration files", timeoutMs: 5_000 };
    return await serveConfig(
      { files: [{ path: file, format: "text", reload, verify, ...more }] },
      { process: () => main },
    );
  }

  test("a good value is taken after SIGHUP, as the log and the server itself say", async () => {
    await using app = await serve();
    const before = await stat(file);
    const answer = await app.put("postgresql.conf", `${initial}work_mem = 7MB\n`, WAIT);
    expect([answer.status, await answer.json()]).toMatchObject([
      200,
      { verified: true, reload: { done: true, pid: core.pid } },
    ]);
    expect(await show("work_mem")).toBe("7MB");
    // The server's own user goes on reading it, and nobody else.
    const { uid, gid, mode } = await stat(file);
    expect({ uid, gid, mode }).toEqual({ uid: before.uid, gid: before.gid, mode: before.mode });
  });

  test("a bad value that nothing has checked is refused by the server in its log, and put back", async () => {
    await using app = await serve({
      verify: { kind: "log", path: log(), fails: "contains errors", timeoutMs: 2_000 },
    });
    const old = await readFile(file, "utf8");
    const answer = await app.put("postgresql.conf", old.replace("7MB", "seven"), WAIT);
    const { state, phases } = await rolledBack(answer);
    expect(state).toBe("rolled-back");
    expect(phases[1]?.checks).toMatchObject([
      { kind: "log", passed: false, line: expect.stringMatching(/configuration file .* contains errors/) },
    ]);
    expect(phases.at(-1)).toMatchObject({ name: "verify-again", passed: true });
    expect(await readFile(file, "utf8")).toBe(old);
    expect(await show("work_mem")).toBe("7MB");
  });

  test("a value that only a new start would take is seen by asking the server", async () => {
    const ask = ["psql", "-h", "127.0.0.1", "-p", String(core.port), "-U", "postgres", "-Atc"];
    const isApplied = "SELECT 1/(count(*) = 0)::int FROM pg_settings WHERE pending_restart";
    await using app = await serve({
      verify: [
        { kind: "log", path: log(), contains: "reloading configuration files", timeoutMs: 5_000 },
        { kind: "command", command: [...ask, isApplied], timeoutMs: 1_500 },
      ],
    });
    const old = await readFile(file, "utf8");
    const { state, phases } = await rolledBack(
      await app.put("postgresql.conf", `${old}shared_buffers = 17MB\n`, WAIT),
    );
    expect(state).toBe("rolled-back");
    expect(phases[1]?.checks).toMatchObject([
      { kind: "log", passed: true },
      { kind: "command", passed: false, output: expect.stringContaining("division by zero") },
    ]);
    expect(await show("work_mem")).toBe("7MB");
  });

  test("postgres -C checks a copy beforehand: the file is not touched, and the server not told", async () => {
    const check = [core.program, "-C", "shared_buffers", "-D", core.data, "-c", "config_file={file}"];
    const asItself = [...core.asItsUser, ...check];
    await using app = await serve({ validate: { command: asItself } });
    const old = await readFile(file, "utf8");
    const answer = await app.put("postgresql.conf", `${old}shared_buffers = plenty\n`, WAIT);
    expect([answer.status, await answer.json()]).toMatchObject([
      422,
      {
        code: "content-invalid",
        output: expect.stringContaining('invalid value for parameter "shared_buffers"'),
      },
    ]);
    expect(await readFile(file, "utf8")).toBe(old);
  });
});
