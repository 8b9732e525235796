import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { isMissing } from "../support/needs.ts";
import { poll } from "../support/poll.ts";
import { type RunningSidecar, startSidecarProcess, TOKEN } from "../support/sidecar.ts";

/** The whole sidecar, as a process, in front of the demo app: from a client's HTTPS down to the app's processes and files. */

const APP = fileURLToPath(new URL("../../examples/legacy-app/server.mjs", import.meta.url));
let dir: string;
let config: string;
let app: ChildProcess;
let appPort: number;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "tickbird-inside-"));
  config = join(dir, "legacy.ini");
  await writeFile(config, "; kept\n[site]\ntitle = Before\ngreeting = Hello\n");
  app = spawn(process.execPath, [APP], {
    env: {
      PATH: process.env["PATH"],
      LEGACY_PORT: "0",
      LEGACY_CONFIG: config,
      LEGACY_LOG: join(dir, "legacy.log"),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  app.stdout?.on("data", (chunk) => {
    output += String(chunk);
  });
  appPort = await poll("the app", () => Number(/localhost:(\d+)/.exec(output)?.[1] ?? 0) || undefined);
});
afterAll(async () => {
  app.kill("SIGKILL");
  await rm(dir, { recursive: true, force: true });
});

const start = (env: Record<string, string> = {}) =>
  startSidecarProcess(appPort, {
    SIDECAR_CONFIG_FILES: config,
    SIDECAR_CONFIG_RELOAD: "{kind: signal, signal: SIGHUP}",
    ...env,
  });

const tracerOf = async (pid: number | undefined) =>
  Number(/^TracerPid:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1]);

/** Begins a trace of many lines and does not wait for its end. */
async function beginTrace(sidecar: RunningSidecar): Promise<void> {
  const asked = request({
    ...{
      host: "127.0.0.1",
      port: sidecar.port,
      ca: await sidecar.ca(),
      servername: "localhost",
      agent: false,
    },
    path: `/_sidecar/strace/${app.pid}/10000`,
    headers: { Host: "localhost", Authorization: `Bearer ${TOKEN}` },
  });
  asked.on("error", () => undefined);
  asked.on("response", (answer) => answer.on("error", () => undefined).resume());
  asked.end();
  await poll("the app to be traced", async () => (await tracerOf(app.pid)) !== 0);
}

/** What is answered of the calls of a request. */
const callsOf = z.object({
  request: z.object({ id: z.string(), path: z.string(), status: z.int().nullable() }),
  events: z.array(z.object({ call: z.string(), touches: z.string(), args: z.unknown() })),
});

const capabilitiesOf = z.object({
  capabilities: z.array(
    z.object({ name: z.string(), parts: z.array(z.looseObject({ name: z.string(), works: z.boolean() })) }),
  ),
});

describe.skipIf(isMissing("ptrace"))("system calls of the app", () => {
  test("are told for a request that was forwarded, by its id, and not those of the requests beside it", async () => {
    await using sidecar = await start();
    const { id } = (
      await sidecar.ask("/_sidecar/traces", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ process: app.pid }),
      })
    ).json();
    const answers = await Promise.all(
      ["first", "second", "third"].map((name) =>
        sidecar.ask(`/about?${name}`, { token: null, headers: { "X-Request-Id": `the-${name}` } }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const requestId = "the-second";
    const asked = `/_sidecar/traces/${id}/events?request=${requestId}`;
    const { request: about, events } = await poll("the calls of the request", async () => {
      const answer = await sidecar.ask(asked);
      const found = answer.status === 200 ? callsOf.parse(answer.json()) : undefined;
      const isWhole = found?.events.some(({ call, touches }) => call === "write" && touches === "connection");
      return isWhole === true ? found : undefined;
    });
    expect(about).toMatchObject({ id: requestId, path: "/about", status: 200 });
    const onConnection = JSON.stringify(events.filter(({ touches }) => touches === "connection"));
    expect(onConnection.match(/GET \/about\?\w+/g)).toEqual(["GET /about?second"]);
    expect((await sidecar.ask(`${asked}x`)).status).toBe(404);
    const refused = await sidecar.ask(`${asked}&limit=3`);
    expect([refused.status, refused.json()["code"]]).toEqual([400, "invalid-parameter"]);
  });

  test.each(["1", "2"])(
    "are not told for a request where the traffic is not counted, with the line that mends it (SIDECAR_CLUSTER=%s)",
    async (cluster) => {
      await using sidecar = await start({ SIDECAR_TRAFFIC_ENABLED: "false", SIDECAR_CLUSTER: cluster });
      const headers = { "Content-Type": "application/json" };
      const body = JSON.stringify({ process: app.pid });
      const begun = await sidecar.ask("/_sidecar/traces", { method: "POST", headers, body });
      const answer = await sidecar.ask(`/_sidecar/traces/${begun.json()["id"]}/events?request=abc`);
      const mended = { remedy: "SIDECAR_TRAFFIC_ENABLED=true" };
      expect(answer.json()).toMatchObject({ status: 404, code: "not-found", ...mended });
      const { capabilities } = capabilitiesOf.parse((await sidecar.ask("/_sidecar/capabilities")).json());
      const partsOf = (name: string) => capabilities.find((one) => one.name === name)?.parts;
      expect(partsOf("strace")).toContainEqual(
        expect.objectContaining({ name: expect.stringContaining("maxLatencyMs"), works: false, ...mended }),
      );
      expect(partsOf("traffic")).toMatchObject([{ works: false, reason: "switched off", ...mended }]);
      expect((await sidecar.ask("/_sidecar/traffic")).status).toBe(404);
      expect((await sidecar.ask("/_sidecar/metrics")).status).toBe(200);
      expect(sidecar.log().filter(({ level }) => level === "error")).toEqual([]);
    },
  );

  test("are answered for its main process, which nobody had to name", async () => {
    await using sidecar = await start();
    const [answer] = await Promise.all([
      sidecar.ask("/_sidecar/strace?lines=20"),
      poll(
        "requests to make it busy",
        async () => (await sidecar.ask("/about", { token: null })).status === 200,
      ),
    ]);
    expect(answer.headers["content-type"]).toContain("text/plain");
    const lines = answer.body.trimEnd().split("\n");
    expect(lines).toHaveLength(20);
    for (const line of lines) expect(line).toMatch(/^\d+ +\d+\.\d+ /);
    expect(await tracerOf(app.pid)).toBe(0);
    expect((await sidecar.ask("/_sidecar/processes")).json()).toMatchObject({ main: { pid: app.pid } });
  });

  test("end with the sidecar, on SIGTERM", async () => {
    await using sidecar = await start();
    await beginTrace(sidecar);
    sidecar.process.kill("SIGTERM");
    await sidecar.ended();
    expect(await tracerOf(app.pid)).toBe(0);
  });

  test("end with the sidecar, when it is killed", async () => {
    await using sidecar = await start();
    await beginTrace(sidecar);
    sidecar.process.kill("SIGKILL");
    await sidecar.ended();
    await poll("the app to be free", async () => (await tracerOf(app.pid)) === 0);
    expect(await readFile(`/proc/${app.pid}/status`, "utf8")).toMatch(/^State:\s+[SR]/m);
  });
});

test("a change of the app's configuration is written, kept in form, and taken over by the app", async () => {
  await using sidecar = await start();
  const read = await sidecar.ask("/_sidecar/config/legacy.ini");
  const change = await sidecar.ask("/_sidecar/config/legacy.ini", {
    method: "PATCH",
    headers: { "If-Match": read.headers.etag ?? "", "Content-Type": "application/merge-patch+json" },
    body: JSON.stringify({ site: { title: "After" } }),
  });
  expect(change.json()).toMatchObject({
    changed: true,
    atomic: true,
    reload: { kind: "signal", done: true },
  });
  expect(await readFile(config, "utf8")).toBe("; kept\n[site]\ntitle = After\ngreeting = Hello\n");
  await poll("the app's page", async () => (await sidecar.ask("/", { token: null })).body.includes("After"));
  const stale = await sidecar.ask("/_sidecar/config/legacy.ini", {
    method: "PUT",
    headers: { "If-Match": read.headers.etag ?? "", "Content-Type": "text/plain" },
    body: "[site]\n",
  });
  expect(stale.json()).toMatchObject({ status: 412, code: "precondition-failed" });
});

test("a change that the app does not take is put back, as its log and its page show; one that a kill interrupts, too", async () => {
  const state = await mkdtemp(join(tmpdir(), "tickbird-inside-state-"));
  const env = {
    SIDECAR_CONFIG_HISTORY_DIR: state,
    SIDECAR_CONFIG_VERIFY: JSON.stringify([
      { kind: "log", path: join(dir, "legacy.log"), contains: "read again", fails: "stays as it was" },
      { kind: "http", path: "/", contains: "Hello", timeoutMs: 1_000 },
    ]),
  };
  const put = (sidecar: RunningSidecar, body: string, prefer: string) =>
    sidecar.ask("/_sidecar/config/legacy.ini", {
      method: "PUT",
      headers: { "If-Match": "*", "Content-Type": "text/plain", Prefer: prefer },
      body,
    });
  const good = "[site]\ntitle = Verified\ngreeting = Hello\n";
  {
    await using sidecar = await start(env);
    const taken = await put(sidecar, good, "wait=60");
    expect([taken.status, taken.json()]).toMatchObject([200, { verified: true }]);
    const misread = await put(sidecar, `a key before any section = 1\n${good}`, "wait=60");
    expect([misread.status, misread.json()]).toMatchObject([
      422,
      { code: "change-rolled-back", detail: expect.stringContaining("stays as it was") },
    ]);
    expect(await readFile(config, "utf8")).toBe(good);
    const begun = await put(sidecar, good.replace("Hello", "Goodbye"), "respond-async");
    expect(begun.status).toBe(202);
    sidecar.process.kill("SIGKILL");
    await sidecar.ended();
  }
  expect(await readFile(config, "utf8")).toContain("Goodbye");
  await using next = await start(env);
  await poll("it is put back", async () => (await readFile(config, "utf8")) === good, { timeoutMs: 30_000 });
  await poll("the app says so", async () => (await next.ask("/", { token: null })).body.includes("Hello"));
  await rm(state, { recursive: true, force: true });
});

test("a configuration file that is made unreadable while we run is refused with what mends it, and left as it is", async () => {
  // Root reads everything, unless it is without capabilities.
  const starter = process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] : [];
  const path = join(dir, "locked.ini");
  await writeFile(path, "a = 1\n");
  await using sidecar = await startSidecarProcess(appPort, { SIDECAR_CONFIG_FILES: path }, starter);
  const { headers } = await sidecar.ask("/_sidecar/config/locked.ini");
  await chmod(path, 0o000);
  for (const method of ["GET", "PUT"]) {
    const answer = await sidecar.ask("/_sidecar/config/locked.ini", {
      method,
      headers: { "If-Match": headers.etag ?? "", "Content-Type": "text/plain" },
      ...(method === "PUT" ? { body: "a = 2\n" } : {}),
    });
    expect([answer.status, answer.json()]).toMatchObject([
      403,
      { code: "permission-denied", remedy: expect.any(String) },
    ]);
  }
  await chmod(path, 0o600);
  expect(await readFile(path, "utf8")).toBe("a = 1\n");
});
