import { afterAll, beforeAll, expect, test } from "vitest";
import { type ComposeProject, upProject } from "../support/docker.ts";
import { poll } from "../support/poll.ts";
import { type Client, openClient } from "./client.ts";

/** The PID namespace in a container of its own: the sidecar outlives the core. */

const FILES = ["compose.yaml", "examples/pause/compose.yaml"];
const TIMEOUT = { timeoutMs: 60_000 };

let project: ComposeProject;
let client: Client;

beforeAll(async () => {
  project = await upProject(FILES);
  client = await openClient(project);
});

afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
});

test("while the core is stopped a browser gets a page with 503 and Retry-After, and the app again once it is started", async () => {
  const { Id, State } = await project.inspect("sidecar");
  await project.compose("stop", "core");
  const down = await client.visit("/", { headers: { Accept: "text/html" } });
  expect(down.status).toBe(503);
  expect(down.headers["retry-after"]).toMatch(/^\d+$/);
  expect(down.headers["content-type"]).toContain("text/html");
  expect((await client.ask("/livez")).status).toBe(200);
  await poll("readiness fails", async () => (await client.ask("/readyz")).status === 503, TIMEOUT);

  await project.compose("start", "core");
  await poll("the app answers again", async () => (await client.visit("/")).status === 200, TIMEOUT);
  await poll("the sidecar is ready again", async () => (await client.ask("/readyz")).status === 200, TIMEOUT);
  const after = await project.inspect("sidecar");
  expect(after.Id).toBe(Id);
  expect(after.State.StartedAt).toBe(State.StartedAt);
});

test("a core that crashes is restarted by Docker, and the sidecar serves the new one without a restart of its own", async () => {
  const before = await project.inspect("sidecar");
  await crashCore();
  await poll(
    "Docker has restarted the core",
    async () => (await project.inspect("core")).RestartCount > 0,
    TIMEOUT,
  );
  await poll("the app answers again", async () => (await client.visit("/")).status === 200, TIMEOUT);
  expect((await project.inspect("sidecar")).State.StartedAt).toBe(before.State.StartedAt);
});

test("the core's main process is found although it is not pid 1, and its system calls are read", async () => {
  const trace = await poll(
    "a trace of the core",
    async () => {
      const answer = await client.ask("/strace", { headers: { Accept: "text/plain" } });
      return answer.status === 200 && answer;
    },
    TIMEOUT,
  );
  expect(trace.text).toMatch(/\bepoll_p?wait2?\(/);
});

test("a core that a broken configuration keeps from starting is mended through the configuration API", async () => {
  const path = "/etc/legacy-app/legacy.ini";
  const good = await project.compose("exec", "-T", "core", "cat", path);
  await project.compose("exec", "-T", "core", "sh", "-c", `echo 'this is no INI' > ${path}`);
  const before = await project.inspect("core");
  await crashCore();
  await poll(
    "the core fails to start again and again",
    async () => (await project.inspect("core")).RestartCount > before.RestartCount + 1,
    TIMEOUT,
  );
  expect((await client.visit("/")).status).toBe(503);

  const { headers } = await client.ask("/config/legacy.ini", { headers: { Accept: "application/json" } });
  const mended = await client.ask("/config/legacy.ini", {
    method: "PUT",
    headers: { "Content-Type": "text/plain", "If-Match": headers.etag ?? "" },
    body: good,
  });
  expect(mended.status, mended.text).toBeLessThan(300);
  await poll("the app answers again", async () => (await client.visit("/")).status === 200, TIMEOUT);
});

/**
 * Ends the app's main process as a crash does: from inside, so that Docker applies the restart policy. Detached: the end
 * of a container ends what was executed in it, and the docker client may then wait for ever.
 */
async function crashCore(): Promise<void> {
  const script = `const { readdirSync, readFileSync } = require("node:fs");
    for (const pid of readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name))) {
      if (readFileSync("/proc/" + pid + "/cmdline", "utf8") === "node\\0server.mjs\\0") process.kill(Number(pid), "SIGKILL");
    }`;
  await project.compose("exec", "--detach", "core", "node", "-e", script);
}
