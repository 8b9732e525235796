import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { connectStreams, OPCODE, startEchoCore } from "../forward/upgrade/support.ts";
import { makeTestCertificate } from "../support/certificate.ts";
import { isAlive, openTls, startCluster, workersOf } from "../support/cluster.ts";
import { type CountingCore, startCountingCore } from "../support/counting-core.ts";
import { poll } from "../support/poll.ts";
import { type RunningSidecar, runProgram } from "../support/sidecar.ts";
import { startSteadyLoad } from "../support/steady-load.ts";

/** A sidecar of several processes: how it starts, changes, loses one of them, and ends. */

let core: CountingCore;
let dir: string;

beforeAll(async () => {
  core = await startCountingCore();
  dir = await mkdtemp(join(tmpdir(), "tickbird-cluster-life-"));
});
afterAll(async () => {
  await core[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});
beforeEach(() => core.seen.clear());

const said = (sidecar: RunningSidecar, message: string) =>
  poll(`"${message}" in the log`, () =>
    sidecar.log().find((line) => String(line["msg"]).startsWith(message)),
  );

const areGone = (pids: readonly number[]) =>
  poll("all of them to be gone", async () => !(await Promise.all(pids.map(isAlive))).includes(true));

describe("a start that can't succeed", () => {
  test("because the port is in use says so once, and ends as that of a single process does", async () => {
    await using program = runProgram(["--core", "http://127.0.0.1:1", "--https-port", String(core.port)], {
      ...{ SIDECAR_CLUSTER: "2", SIDECAR_HTTPS_HOST: "127.0.0.1", SIDECAR_HTTP_ENABLED: "false" },
      SIDECAR_CERTS_DIR: join(dir, "in-use"),
    });
    expect(await program.ended()).toBe(1);
    expect(program.stderr()).toBe(
      `Tickbird can't start: Port ${core.port} is in use.\n` +
        "What mends it: Set SIDECAR_HTTPS_PORT to a free port, or stop what uses it.\n",
    );
  });

  test("because there would be processes without a connection is refused with the setting", async () => {
    await using program = runProgram(["--core", "http://127.0.0.1:1"], {
      ...{ SIDECAR_CLUSTER: "4", SIDECAR_CORE_MAX_CONNECTIONS: "3" },
    });
    expect(await program.ended()).toBe(64);
    expect(program.stderr()).toContain("SIDECAR_CORE_MAX_CONNECTIONS (3) is not valid");
  });
});

describe("SIGTERM", () => {
  test.each([1, 2, 3])("under full load loses no request, and ends with 0 (round %i)", async (round) => {
    await using sidecar = await startCluster(core.port);
    const workers = await workersOf(sidecar);
    await using load = startSteadyLoad(sidecar.port, { http1Clients: 32, http2Streams: 16 });
    await load.answered(50 * round);
    sidecar.process.kill("SIGTERM");
    const report = await load.result();
    core.expectNothingLost(report);
    expect(report.answered).toBeGreaterThan(100 * round);
    expect(await sidecar.ended()).toBe(0);
    expect(sidecar.log().at(-1)).toMatchObject({ msg: "stopped", clean: true });
    await areGone(workers);
    // The log is of whole lines, and of every request.
    const lines = sidecar.stdout().trimEnd().split("\n");
    expect(lines.filter((line) => !line.startsWith('{"level":') || !line.endsWith("}"))).toEqual([]);
    const logged = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "request");
    expect(logged.length).toBeGreaterThanOrEqual(report.answered);
  });

  test("counts what is in flight in all processes; who is too slow is cut, and it ends with 1", async () => {
    await using sidecar = await startCluster(core.port, { SIDECAR_SHUTDOWN_GRACE_MS: "200" });
    const answers = [1, 2, 3, 4].map((index) =>
      sidecar.ask(`/never/${index}`).catch((error: unknown) => error),
    );
    await poll("the requests to arrive", () => core.seen.size === 4);
    sidecar.process.kill("SIGTERM");
    expect(await said(sidecar, "stopping")).toMatchObject({ inFlight: 4 });
    expect(await sidecar.ended()).toBe(1);
    for (const answer of await Promise.all(answers)) expect(answer).toBeInstanceOf(Error);
    // Also of those that were cut, before the last of it all.
    expect(sidecar.log().filter((line) => line["complete"] === false)).toHaveLength(4);
    expect(sidecar.log().at(-1)).toMatchObject({ msg: "stopped", clean: false });
  });

  test("says that it is not ready while new connections are still taken", async () => {
    await using sidecar = await startCluster(core.port, { SIDECAR_SHUTDOWN_DELAY_MS: "8000" });
    sidecar.process.kill("SIGTERM");
    await poll("not to be ready", async () => (await sidecar.ask("/_sidecar/readyz")).status === 503);
    for (const path of ["/late/1", "/late/2", "/_sidecar/livez", "/_sidecar/livez"]) {
      const answer = await sidecar.ask(path);
      expect([answer.status, answer.headers.connection], path).toEqual([200, "close"]);
    }
    expect(await sidecar.ended()).toBe(0);
  });

  test("a second time ends all processes at once", async () => {
    const temporary = await mkdtemp(join(dir, "at-once-"));
    await using sidecar = await startCluster(core.port, {
      ...{ SIDECAR_SHUTDOWN_GRACE_MS: "60000", TMPDIR: temporary },
    });
    expect(await readdir(temporary)).toHaveLength(1);
    const workers = await workersOf(sidecar);
    const answer = sidecar.ask("/never").catch((error: unknown) => error);
    await poll("the request to arrive", () => core.seen.size === 1);
    sidecar.process.kill("SIGINT");
    await said(sidecar, "stopping");
    sidecar.process.kill("SIGINT");
    expect(await sidecar.ended()).toBe(1);
    await areGone(workers);
    expect(await readdir(temporary)).toEqual([]);
    expect(await answer).toBeInstanceOf(Error);
  });

  test("closes the WebSockets of all processes with 1001", async () => {
    await using echo = await startEchoCore();
    await using sidecar = await startCluster(echo.port, { SIDECAR_SHUTDOWN_WEBSOCKET_GRACE_MS: "300" });
    const ca = await sidecar.ca();
    const closes = [];
    for (const path of ["/one", "/two"]) {
      const socket = new WebSocket(`wss://127.0.0.1:${sidecar.port}${path}`, { ca });
      await once(socket, "open");
      closes.push(once(socket, "close"));
    }
    using streams = await connectStreams({ port: sidecar.port, ca });
    const overHttp2 = streams.dial("/three");
    await overHttp2.answered;
    overHttp2.stream.on("data", () => overHttp2.send(OPCODE.CLOSE, overHttp2.frames.at(-1)?.payload ?? ""));
    sidecar.process.kill("SIGTERM");
    for (const [code] of await Promise.all(closes)) expect(code).toBe(1_001);
    expect(await overHttp2.closed).toBe(0);
    expect(await sidecar.ended()).toBe(0);
    expect(await said(sidecar, "stopping")).toMatchObject({ inFlight: 3 });
  });

  test("that comes to the workers too, as from a terminal, changes nothing", async () => {
    await using sidecar = await startCluster(core.port);
    const workers = await workersOf(sidecar);
    const idle = await openTls(sidecar.port);
    for (const pid of workers) process.kill(pid, "SIGINT");
    for (const pid of workers) process.kill(pid, "SIGHUP");
    expect((await sidecar.ask("/after")).body).toBe("/after");
    sidecar.process.kill("SIGTERM");
    expect(await sidecar.ended()).toBe(0);
    expect(sidecar.log().at(-1)).toMatchObject({ msg: "stopped", clean: true });
    idle.destroy();
  });
});

describe("a worker that is killed", () => {
  test("is replaced, and the others serve on", async () => {
    await using sidecar = await startCluster(core.port);
    const [victim = 0, other = 0] = await workersOf(sidecar);
    process.kill(victim, "SIGKILL");
    await areGone([victim]);
    expect(await said(sidecar, "a process of the cluster has ended")).toMatchObject({
      ...{ level: "error", pid: victim, signal: "SIGKILL", delayMs: 100 },
    });
    for (let index = 0; index < 4; index += 1) {
      expect((await sidecar.ask(`/on/${index}`)).body).toBe(`/on/${index}`);
      expect((await sidecar.ask("/_sidecar/livez")).status).toBe(200);
    }
    const { pid } = await said(sidecar, "a process of the cluster has been replaced");
    expect(await workersOf(sidecar)).toEqual([other, pid]);
    // Who dies again soon is replaced later.
    process.kill(Number(pid), "SIGKILL");
    await poll("the second end", () =>
      sidecar.log().find((line) => line["pid"] === pid && line["delayMs"] === 200),
    );
    await poll("two of them", async () => (await workersOf(sidecar)).length === 2);
    sidecar.process.kill("SIGTERM");
    expect(await sidecar.ended()).toBe(0);
  });

  test("with all others leaves the port to those that come", async () => {
    await using sidecar = await startCluster(core.port);
    const workers = await workersOf(sidecar);
    for (const pid of workers) process.kill(pid, "SIGKILL");
    await areGone(workers);
    const again = async () => (await sidecar.ask("/again")).body === "/again";
    await poll("answers at the same port", again, { timeoutMs: 30_000 });
    await poll("two new ones", async () => (await workersOf(sidecar)).length === 2);
  });
});

test("a worker that stands still is seen by the health check of the event loop", async () => {
  await using sidecar = await startCluster(core.port, { SIDECAR_HEALTH_INTERVAL_MS: "100" });
  const statusOf = async () => {
    const { checks } = (await sidecar.ask("/_sidecar/health")).json();
    const found: unknown = Array.isArray(checks) && checks.find(({ name }) => name === "event-loop");
    return JSON.stringify(found);
  };
  await poll("it to be measured", async () => /"p99Ms":[\d.]+/.test(await statusOf()));
  const [victim = 0] = await workersOf(sidecar);
  process.kill(victim, "SIGSTOP");
  // Every other connection is given to the one that stands still, and waits.
  const asked = statusOf();
  const lines = () => sidecar.log().filter((line) => line["check"] === "event-loop" && line["to"] === "warn");
  await poll("the warning", () => lines().length > 0);
  process.kill(victim, "SIGCONT");
  await asked;
  await poll("it to be well again", async () => (await statusOf()).includes('"pass"'));
});

test("nothing outlives the primary that is killed: no process, no port, no socket", async () => {
  const temporary = await mkdtemp(join(dir, "killed-"));
  await using sidecar = await startCluster(core.port, { TMPDIR: temporary });
  const workers = await workersOf(sidecar);
  const open = await openTls(sidecar.port);
  sidecar.process.kill("SIGKILL");
  expect(await sidecar.ended()).toBe("SIGKILL");
  await areGone(workers);
  expect(await readdir(temporary)).toEqual([]);
  expect(sidecar.stderr()).not.toContain("Error");
  const server = createServer();
  server.listen(sidecar.port, "127.0.0.1");
  await once(server, "listening");
  server.close();
  open.destroy();
});

describe("a reload", () => {
  const replace = async () => {
    const { certPem, keyPem } = await makeTestCertificate();
    await writeFile(join(dir, "tls.key"), keyPem);
    await writeFile(join(dir, "tls.crt"), certPem);
    return new X509Certificate(certPem).fingerprint256;
  };
  const fingerprint = async (port: number) => {
    const socket = await openTls(port);
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.destroy();
    return fingerprint256;
  };

  test("brings a certificate to all processes, and loses no request", async () => {
    await replace();
    await using sidecar = await startCluster(core.port, {
      SIDECAR_HTTPS_CERT_FOLDER: dir,
      // Nothing is seen but at the signal.
      SIDECAR_HTTPS_RELOAD_INTERVAL_MS: "3600000",
    });
    await using load = startSteadyLoad(sidecar.port, {
      ...{ http1Clients: 16, http2Streams: 8, requestsPerConnection: 50 },
    });
    await load.answered(50);
    for (let time = 1; time <= 3; time += 1) {
      const wanted = await replace();
      sidecar.process.kill("SIGHUP");
      await poll(
        "the reload",
        () => sidecar.log().filter(({ msg }) => /^reloaded/.test(String(msg))).length === time,
      );
      const found = await Promise.all([1, 2, 3, 4].map(() => fingerprint(sidecar.port)));
      expect(found).toEqual(Array(4).fill(wanted));
    }
    load.stop();
    const { lost, refusedConnections } = await load.result();
    expect([lost, refusedConnections]).toEqual([[], 0]);
  });

  test("brings the log level to all processes, to those also that come later", async () => {
    const file = join(dir, "settings.yaml");
    await writeFile(file, "log: {level: error}\n");
    await using sidecar = await startCluster(core.port, { SIDECAR_SETTINGS: file });
    await sidecar.ask("/silent");
    await writeFile(file, "log: {level: info}\n");
    sidecar.process.kill("SIGHUP");
    await said(sidecar, "reloaded");
    const [victim = 0] = await workersOf(sidecar);
    process.kill(victim, "SIGKILL");
    await said(sidecar, "a process of the cluster has been replaced");
    const paths = ["/loud/1", "/loud/2", "/loud/3", "/loud/4"];
    for (const path of paths) await sidecar.ask(path);
    const lines = await poll("the lines", () => {
      const found = sidecar.log().filter(({ msg }) => msg === "request");
      return found.length >= paths.length && found;
    });
    expect(lines.map(({ path }) => path).sort()).toEqual(paths);
  });
});
