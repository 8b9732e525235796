import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ComposeProject, upProject } from "../support/docker.ts";
import { poll } from "../support/poll.ts";
import { type Client, openClient } from "./client.ts";
import { tracerPids } from "./tracers.ts";

/** examples/tomcat: a JVM as the core. */

let project: ComposeProject;
let client: Client;

beforeAll(async () => {
  project = await upProject(["examples/tomcat/compose.yaml"]);
  client = await openClient(project);
  await poll("Tomcat has started", async () => (await client.visit("/examples/")).status === 200, {
    timeoutMs: 120_000,
  });
});

afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
});

test("Tomcat's servlets and JSPs are browsed over HTTPS", async () => {
  const servlet = await client.visit("/examples/servlets/servlet/HelloWorldExample");
  expect(servlet.status).toBe(200);
  expect(servlet.text).toContain("Hello World!");
  const jsp = await client.visit("/examples/jsp/jsp2/el/basic-arithmetic.jsp");
  expect(jsp.status).toBe(200);
});

test("Tomcat's WebSocket example echoes", async () => {
  const socket = client.webSocket("/examples/websocket/echoProgrammatic");
  await once(socket, "open");
  socket.send("hello, JVM");
  const [message] = await once(socket, "message");
  expect(String(message)).toBe("hello, JVM");
  socket.close();
  await once(socket, "close");
});

test("the system calls of the JVM's many threads are read, and every thread is left untraced", async () => {
  const { status, text } = await client.ask("/strace/1/200", { headers: { Accept: "text/plain" } });
  expect(status, text).toBe(200);
  expect(text).toContain("futex(");
  const tracers = await tracerPids(project, 1);
  expect(tracers).toEqual(new Set(["0"]));
  expect((await client.visit("/examples/servlets/servlet/HelloWorldExample")).status).toBe(200);
});

test("Tomcat's properties are read and changed in place", async () => {
  const json = { Accept: "application/json" };
  const before = await client.ask("/config/logging.properties", { headers: json });
  expect(before.status).toBe(200);
  const changed = await client.ask("/config/logging.properties", {
    method: "PATCH",
    headers: {
      ...json,
      "Content-Type": "application/merge-patch+json",
      "If-Match": before.headers.etag ?? "",
    },
    body: JSON.stringify({ "java.util.logging.ConsoleHandler.level": "FINE" }),
  });
  expect(changed.status, changed.text).toBe(200);
  const file = await project.compose("exec", "-T", "core", "cat", "/srv/tomcat/conf/logging.properties");
  expect(file).toMatch(/^java\.util\.logging\.ConsoleHandler\.level *= *FINE$/m);
  expect(file).toContain("# Licensed to the Apache Software Foundation");
});
