import { once } from "node:events";
import type { RequestListener } from "node:http";
import { createServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { z } from "zod";
import { makeTestCertificate } from "../../support/certificate.ts";
import { said } from "../../support/server-process.ts";
import { connectOften } from "../scenarios/connecting.ts";
import { LoadResultSchema } from "./load.ts";
import { startClient } from "./run-client.ts";

/** The load programs, each against a server of Node. */

const DIR = tmpdir();
const BODY = "x".repeat(100);
const client = (name: string) => new URL(`${name}-client.ts`, import.meta.url);
const paced = { path: "/", connections: 1, requests: 60, perSecond: 100 };
let tls: { cert: string; key: string };

beforeAll(async () => {
  const { certPem, keyPem } = await makeTestCertificate();
  tls = { cert: certPem, key: keyPem };
});

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close().closeAllConnections();
});

async function serve(answer: RequestListener = (_request, response) => void response.end(BODY)) {
  const server = createServer({ ...tls, keepAliveTimeout: 60_000 }, answer);
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  return { server, port: address !== null && typeof address === "object" ? address.port : 0 };
}

test("new connections are counted, and none of them resumes a session where none shall", async () => {
  const { server, port } = await serve();
  let connections = 0;
  server.on("secureConnection", () => {
    connections += 1;
  });
  const result = await connectOften({ port, requests: 50, dir: DIR }, { isResuming: false });
  expect(result).toMatchObject({
    ...{ requests: 50, resumed: 0, tls: "TLSv1.3 TLS_AES_128_GCM_SHA256 X25519" },
    session: expect.any(String),
  });
  expect(connections).toBe(50);
});

test("each counted connection resumes a session where it shall", async () => {
  const { port } = await serve();
  const result = await connectOften({ port, requests: 50, dir: DIR }, { isResuming: true });
  expect(result).toMatchObject({ requests: 50, resumed: 50 });
});

test("a session of another server's is not resumed, and that shows", async () => {
  const [first, second] = [await serve(), await serve()];
  const { session } = await connectOften({ ...first, requests: 1, dir: DIR }, { isResuming: false });
  const result = await connectOften({ ...second, requests: 20, dir: DIR }, { isResuming: true, session });
  expect(result).toMatchObject({ requests: 20, resumed: 0 });
});

test("a wrong answer fails the load, with its head", async () => {
  const { port } = await serve((_request, response) => void response.writeHead(503).end());
  await expect(connectOften({ port, requests: 5, dir: DIR }, { isResuming: false })).rejects.toThrow("503");
});

test("requests at a rate come at that rate", async () => {
  const { port } = await serve();
  const result = await startClient(client("paced"), { ...paced, port }, DIR).result(LoadResultSchema);
  expect(result.requests).toBe(60);
  expect(result.seconds).toBeGreaterThan(0.55);
});

test("one stall of the server counts for every request that was due meanwhile", async () => {
  let count = 0;
  const { port } = await serve((_request, response) => {
    count += 1;
    void delay(count === 20 ? 300 : 0).then(() => response.end(BODY));
  });
  const job = { ...paced, port, requests: 300, perSecond: 200 };
  const { p99Ms } = await startClient(client("paced"), job, DIR).result(LoadResultSchema);
  expect(p99Ms).toBeGreaterThan(250);
});

test("messages of WebSockets come back and are counted", async () => {
  const { server, port } = await serve();
  const sockets = new WebSocketServer({ server });
  let messages = 0;
  sockets.on("connection", (socket) => {
    socket.on("message", (data) => {
      messages += 1;
      socket.send(data);
    });
  });
  const job = { port, path: "/", connections: 4, messages: 100, messageBytes: 32 };
  const result = await startClient(client("websocket"), job, DIR).result(LoadResultSchema);
  expect(result).toMatchObject({ requests: 100, tls: "TLSv1.3 TLS_AES_128_GCM_SHA256 X25519" });
  expect(messages).toBe(100);
});

test("idle connections ask again when they are told to, and those that were closed meanwhile show", async () => {
  const { server, port } = await serve();
  const sockets: TLSSocket[] = [];
  server.on("secureConnection", (socket) => void sockets.push(socket));
  const job = { port, path: "/", connections: 30, atOnce: 4 };
  await using holding = startClient(client("holding"), job, DIR);
  await said(holding.process, /^holding$/m);
  for (const socket of sockets.slice(0, 3)) socket.destroy();
  holding.process.signal("SIGUSR2");
  expect(await holding.result(z.unknown())).toEqual({ opened: 30, answered: 27 });
});
