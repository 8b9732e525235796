import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { generate } from "selfsigned";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeTestCertificate } from "../support/certificate.ts";
import { openTls, socketsOf, startCluster, workersOf } from "../support/cluster.ts";
import { listenLocally } from "../support/front.ts";
import { isMissing } from "../support/needs.ts";
import { poll } from "../support/poll.ts";
import { ask, type RunningSidecar, TOKEN } from "../support/sidecar.ts";

/** A sidecar of several processes answers as one of a single process does. */

/** So many connections that every worker gets some. */
const SEVERAL = 4;
const core = createServer((seen, answer) =>
  answer.end(`core: ${seen.url} ${seen.headers["x-forwarded-for"]}`),
);
let corePort: number;
let dir: string;
let sidecar: RunningSidecar;

beforeAll(async () => {
  corePort = await listenLocally(core);
  dir = await mkdtemp(join(tmpdir(), "tickbird-cluster-test-"));
  sidecar = await startCluster(corePort);
});
afterAll(async () => {
  await sidecar[Symbol.asyncDispose]();
  core.closeAllConnections();
  core.close();
  await rm(dir, { recursive: true, force: true });
});

/** Does something once for each of several new connections. */
const severalTimes = <T>(work: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: SEVERAL }, (_, index) => work(index)));

const requestLine = (path: string) =>
  poll(`the line of ${path}`, () => sidecar.log().find((line) => line["path"] === path));

test("two processes get the connections in turn, and each of them serves", async () => {
  const workers = await workersOf(sidecar);
  expect(workers).toHaveLength(2);
  const before = await Promise.all(workers.map(socketsOf));
  const sockets: TLSSocket[] = [];
  for (let count = 0; count < SEVERAL; count += 1) sockets.push(await openTls(sidecar.port));
  const after = await Promise.all(workers.map(socketsOf));
  expect(after.map((count, index) => count - (before[index] ?? 0))).toEqual([SEVERAL / 2, SEVERAL / 2]);
  for (const [index, socket] of sockets.entries()) {
    socket.write(`GET /turn/${index} HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n`);
    let text = "";
    for await (const piece of socket) text += String(piece);
    expect(text).toContain(`core: /turn/${index} `);
  }
});

test("says where it is as a single process does, with one port for all", async () => {
  const where = `Tickbird is in front of http://127.0.0.1:${corePort}: https://localhost:${sidecar.port}/`;
  expect(sidecar.stderr()).toBe(`${where}\nDashboard: https://localhost:${sidecar.port}/_sidecar/\n`);
});

describe("the sidecar's own paths", () => {
  test("are answered by one app, whichever process has the connection", async () => {
    const starts = await severalTimes(async () => (await sidecar.ask("/_sidecar/processes")).json());
    expect(starts).toHaveLength(SEVERAL);
    const refused = await severalTimes(() => sidecar.ask("/_sidecar/health", { token: null }));
    for (const answer of refused) {
      expect(answer.status).toBe(401);
      expect(answer.headers["www-authenticate"]).toMatch(/^Bearer /);
      expect(answer.headers["x-request-id"]).toBe(answer.json()["requestId"]);
      expect(Object.keys(answer.headers)).not.toContain("tickbird-relay");
    }
    expect((await sidecar.ask("/_sidecar/nowhere")).json()).toMatchObject({ code: "not-found" });
    expect((await sidecar.ask("//_sidecar/health")).status).toBe(404);
    await poll("readiness", async () => (await sidecar.ask("/_sidecar/readyz")).status === 200);
  });

  test("keep a session of a browser that comes on any connection", async () => {
    const begun = await sidecar.ask("/_sidecar/session", { method: "POST" });
    const cookie = begun.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    const headers = { Cookie: cookie };
    const answers = await severalTimes(() => sidecar.ask("/_sidecar/session", { token: null, headers }));
    for (const answer of answers) expect(answer.json()).toMatchObject({ name: "operator", via: "session" });
  });

  test("are answered over HTTP/2, with the methods and bodies of the client", async () => {
    const session = connectHttp2(`https://localhost:${sidecar.port}`, { ca: await sidecar.ca() });
    const send = async (method: string, body: string | undefined) => {
      const stream = session.request({
        ...{ ":method": method, ":path": "/_sidecar/session", authorization: `Bearer ${TOKEN}` },
      });
      stream.end(body);
      let status: unknown;
      stream.on("response", (headers) => {
        status = headers[":status"];
      });
      let text = "";
      for await (const piece of stream) text += String(piece);
      return [status, text];
    };
    expect(await send("GET", undefined)).toEqual([200, expect.stringContaining('"via":"bearer"')]);
    expect(await send("HEAD", undefined)).toEqual([200, ""]);
    expect(await send("DELETE", undefined)).toEqual([204, ""]);
    expect(await send("PUT", "{}")).toEqual([405, expect.stringContaining("method-not-allowed")]);
    expect(await send("MYSTERY", "x")).toEqual([501, expect.stringContaining("method-unknown")]);
    session.close();
  });

  test("stand in the one access log with the client's protocol, its credential and what went wrong", async () => {
    const headers = { "X-Request-Id": "cluster-log-1" };
    await sidecar.ask("/_sidecar/session", { headers });
    expect(await requestLine("/_sidecar/session")).toBeDefined();
    const line = await poll("the line", () =>
      sidecar.log().find((one) => one["requestId"] === "cluster-log-1"),
    );
    expect(line).toMatchObject({
      ...{ client: "127.0.0.1", method: "GET", path: "/_sidecar/session", http: "1.1", route: "sidecar" },
      ...{ user: "operator", status: 200, complete: true, msg: "request" },
    });
    await sidecar.ask("/_sidecar/no-such-thing");
    expect(await requestLine("/_sidecar/no-such-thing")).toMatchObject({ failure: "not-found", status: 404 });
  });
});

describe("what the processes tell each other", () => {
  test("can't be said by a client", async () => {
    const forged = Buffer.from(
      JSON.stringify({ id: "forged", method: "GET", address: "6.6.6.6", certificateName: "operator" }),
    ).toString("base64url");
    for (const name of ["Tickbird-Relay", "tickbird-relay", "TICKBIRD-RELAY"]) {
      const headers = { [name]: `guess ${forged}`, "X-Request-Id": `forged-by-${name}` };
      const answer = await sidecar.ask("/_sidecar/session", { token: null, headers });
      expect(answer.status).toBe(401);
      const line = await poll("the line", () =>
        sidecar.log().find((one) => one["requestId"] === `forged-by-${name}`),
      );
      expect(line).toMatchObject({ client: "127.0.0.1", status: 401 });
      expect(line["user"]).toBeUndefined();
    }
  });

  test("names the client that a load balancer tells of", async () => {
    await using own = await startCluster(corePort, {
      SIDECAR_HTTPS_PROXY_PROTOCOL: "true",
      SIDECAR_HTTPS_TRUSTED_PEERS: "127.0.0.1",
    });
    const get = async (path: string) => {
      const tcp = connectTcp(own.port, "127.0.0.1");
      tcp.write("PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n");
      const socket: TLSSocket = connect({ socket: tcp, rejectUnauthorized: false });
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      let text = "";
      for await (const piece of socket) text += String(piece);
      return text;
    };
    expect(await get("/_sidecar/livez")).toMatch(/^HTTP\/1\.1 200 /);
    expect(await get("/app")).toContain("core: /app 192.0.2.7");
    const lines = await poll("both lines", () => {
      const found = own.log().filter((line) => line["msg"] === "request");
      return found.length === 2 && found;
    });
    expect(lines).toMatchObject([
      { path: "/_sidecar/livez", client: "192.0.2.7" },
      { path: "/app", client: "192.0.2.7" },
    ]);
  });

  test("names the client certificate that the handshake has verified, and no other", async () => {
    const ca = await makeTestCertificate();
    const issue = (issuer: { certPem: string; keyPem: string }, cn: string) =>
      generate([{ name: "commonName", value: cn }], {
        ...{ keyType: "ec", algorithm: "sha256" },
        ca: { cert: issuer.certPem, key: issuer.keyPem },
      });
    const caFile = join(dir, "client-ca.crt");
    await writeFile(caFile, ca.certPem);
    await using own = await startCluster(corePort, {
      SIDECAR_AUTH_CLIENT_CA_FILE: caFile,
      SIDECAR_AUTH_CLIENT_OPERATORS: "Jürgen Ops",
    });
    const serverCa = await own.ca();
    const whoami = async (client: { cert: string; private: string }) => {
      const tls = { cert: client.cert, key: client.private };
      return (await ask(own.port, serverCa, "/_sidecar/session", { token: null, tls })).json();
    };
    const [known, foreign] = [
      await issue(ca, "Jürgen Ops"),
      await issue(await makeTestCertificate("x"), "ops"),
    ];
    for (const said of await severalTimes(() => whoami(known)))
      expect(said).toMatchObject({ via: "certificate", name: "Jürgen Ops" });
    expect(await whoami(foreign)).toMatchObject({ status: 401 });
  });
});

test.each(["TLSv1.2", "TLSv1.3"] as const)(
  "a TLS session of %s is resumed by every process",
  async (maxVersion) => {
    const first = await openTls(sidecar.port, { maxVersion });
    let session: Buffer | undefined;
    first.on("session", (made) => {
      session = made;
    });
    // TLS 1.2 brings it with the handshake, TLS 1.3 afterwards.
    const made = await poll("a ticket", () => (maxVersion === "TLSv1.2" ? first.getSession() : session));
    first.destroy();
    const sockets = await severalTimes(() => openTls(sidecar.port, { session: made, maxVersion }));
    expect(sockets.map((socket) => socket.isSessionReused())).toEqual(Array(SEVERAL).fill(true));
    for (const socket of sockets) socket.destroy();
  },
);

test("limits for the whole sidecar are limits of all processes together", async () => {
  let now = 0;
  let most = 0;
  const slow = createServer((seen, answer) => {
    if (seen.url === "/") return void answer.end();
    now += 1;
    most = Math.max(most, now);
    setTimeout(() => {
      now -= 1;
      answer.end("slow");
    }, 50);
  });
  await using own = await startCluster(await listenLocally(slow), {
    SIDECAR_CORE_MAX_CONNECTIONS: "3",
    SIDECAR_LIMITS_MAX_CONNECTIONS: "31",
  });
  const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => own.ask(`/slow/${index}`)));
  expect(answers.map(({ body }) => body)).toEqual(Array(12).fill("slow"));
  const sockets: TLSSocket[] = [];
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(3);
  await poll("a connection beyond what all may have", async () => {
    const socket = await openTls(own.port).catch(() => undefined);
    if (socket !== undefined) sockets.push(socket);
    return socket === undefined;
  });
  expect(sockets.length).toBeLessThanOrEqual(31);
  expect(sockets.length).toBeGreaterThan(20);
  for (const socket of sockets) socket.destroy();
  slow.close();
});

describe("the sidecar's own processes", () => {
  test("are known as such, and are not traced", async () => {
    const workers = await workersOf(sidecar);
    const { processes } = (await sidecar.ask("/_sidecar/processes")).json();
    if (!Array.isArray(processes)) throw new Error("no list of processes");
    const own = processes.filter(({ pid }) => workers.includes(pid));
    expect(own).toHaveLength(2);
    for (const one of own)
      expect(JSON.stringify(one)).toMatch(/"sidecar":true|"isSidecar":true|"role":"sidecar"/);
    for (const pid of workers) {
      const answer = await sidecar.ask(`/_sidecar/strace/${pid}`);
      expect(answer.json(), String(pid)).toMatchObject({ status: 409, code: "process-not-traceable" });
    }
  });
});

describe.skipIf(isMissing("ptrace"))("a stream", () => {
  test("flows through both processes, and ends at once when the client goes", async () => {
    const traced = spawn("sh", ["-c", "while :; do sleep 0.05; done"], { stdio: "ignore" });
    const tracerOf = async () =>
      Number(/^TracerPid:\s+(\d+)/m.exec(await readFile(`/proc/${traced.pid}/status`, "utf8"))?.[1]);
    try {
      const asked = request({
        ...{ host: "127.0.0.1", port: sidecar.port, ca: await sidecar.ca(), servername: "localhost" },
        ...{ agent: false, path: `/_sidecar/strace/${traced.pid}/10000` },
        headers: { Host: "localhost", Authorization: `Bearer ${TOKEN}`, Accept: "text/event-stream" },
      });
      asked.on("error", () => undefined);
      let text = "";
      asked.on("response", (answer) => {
        answer.on("error", () => undefined);
        answer.on("data", (piece) => {
          text += String(piece);
        });
      });
      asked.end();
      await poll("lines of the trace", () => text.includes("data:"));
      expect(await tracerOf()).not.toBe(0);
      asked.destroy();
      await poll("the trace to end", async () => (await tracerOf()) === 0);
    } finally {
      traced.kill("SIGKILL");
    }
  });
});
