import { afterAll, beforeAll, expect, test } from "vitest";
import { recordingState } from "../../src/features/jvm/recordings/recording-schema.ts";
import { type ComposeProject, upProject } from "../support/docker.ts";
import { poll } from "../support/poll.ts";
import { type Client, openClientAt } from "./client.ts";

/** A JVM in a container of its own, with nothing set for it, and what the sidecar makes of it as this or that user. */

const FILE = "test/container/jvm.yaml";
const TOKEN = "operator-token-of-the-container-tests";
const UP = ["up", "--detach", "--wait", "--wait-timeout", "120"];

let project: ComposeProject;
let client: Client;

beforeAll(async () => {
  project = await upProject([FILE]);
  client = await openClientAt(project.httpsPort, TOKEN);
  await poll("Tomcat has started", async () => (await client.visit("/examples/")).status === 200, {
    timeoutMs: 120_000,
  });
});

afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
});

async function ask(path: string, method = "GET", body?: object) {
  const headers = { Accept: "application/json", "Content-Type": "application/json" };
  const answer = await client.ask(path, {
    ...{ method, headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { ...answer, json: answer.text === "" ? {} : JSON.parse(answer.text) };
}

/** What the capabilities say of the JVM, by what could be done with it. */
async function levels(): Promise<Readonly<Record<string, { works: boolean; remedy?: string }>>> {
  const { json } = await ask("/capabilities");
  const { parts } = json.capabilities.find(({ name }: { name: string }) => name === "jvm");
  return Object.fromEntries(
    parts.map(({ name, ...part }: { name: string; works: boolean }) => [name.split(" ")[0], part]),
  );
}

/** What is left of ours in the /tmp of the core. */
async function leftBehind(): Promise<string[]> {
  const names = (await project.compose("exec", "-T", "core", "ls", "-A", "/tmp")).split("\n");
  return names.filter((name) => /^\.(?:tickbird|attach_pid)/.test(name));
}

test("as the core's own user, without any capability, the sidecar observes the JVM and talks to it", async () => {
  const { json } = await ask("/jvm");
  expect(json.jvms).toMatchObject([{ pid: 1, isMain: true, implementation: "HotSpot", unreadable: [] }]);
  expect(json.jvms[0].heapUsedBytes).toBeGreaterThan(1_000_000);
  const threads = await ask("/jvm/1/threads");
  expect(threads.status, threads.text).toBe(200);
  expect(threads.text).toContain("http-nio-8080-Acceptor");
  expect((await ask("/jvm/1/properties")).text).toContain('"catalina.base"');
  const works = Object.entries(await levels()).map(([name, part]) => [name, part.works]);
  // The settings name no MBean that may be changed.
  expect(Object.fromEntries(works)).toEqual({
    ...{ observe: true, talk: true, read: true, change: false, disturb: true },
  });
  expect(await leftBehind()).toEqual([]);
});

test("it reads and lists MBeans by an agent that it has started on the private address alone", async () => {
  const server = await ask("/jvm/1/mbeans/Catalina:type=Server/attributes/serverInfo");
  expect(server.json.value, server.text).toMatch(/^Apache Tomcat\/10/);
  const all = await ask("/jvm/1/mbeans?query=Catalina:*");
  expect(all.json.total).toBeGreaterThan(50);
  const jolokia = await ask("/jolokia/read/java.lang:type=Memory/HeapMemoryUsage");
  expect(jolokia.json).toMatchObject({ status: 200, value: { used: expect.any(Number) } });
  const { NetworkSettings } = await project.inspect("core");
  const [{ IPAddress = "" } = {}] = Object.values(NetworkSettings.Networks);
  const sockets = await ask("/processes/1/sockets?limit=1000");
  const agent = sockets.text.match(/"[^"]*:6[1-5]\d{3}"/g) ?? [];
  expect(agent.length, sockets.text).toBeGreaterThan(0);
  expect(agent.filter((address) => !address.includes(IPAddress))).toEqual([]);
});

test("it has the JVM record, and takes the recording home", async () => {
  const begun = await ask("/jvm/1/recordings", "POST", { durationSeconds: 1 });
  expect(begun.status, begun.text).toBe(202);
  const { links } = recordingState.parse(begun.json);
  const path = links.self.slice("/_sidecar".length);
  const done = await poll("it is over", async () => {
    const { json } = await ask(path);
    return json.state !== "running" && json;
  });
  expect(done).toMatchObject({ state: "ended", reason: null });
  const file = await client.ask(`${path}/recording.jfr`);
  expect(file.text.slice(0, 4)).toBe("FLR\0");
});

test("as another user it says which line opens each level, and leaves the JVM alone", async () => {
  await project.composeWith([FILE, "test/container/jvm-other-user.yaml"], ...UP);
  client = await openClientAt(project.httpsPort, TOKEN);
  // The sidecar that has ended took its agent with it.
  expect(await leftBehind()).toEqual([]);
  for (const { works, remedy } of Object.values(await levels())) {
    expect(works).toBe(false);
    expect(remedy).toContain('user: "1500:1500"');
  }
  const refused = await ask("/jvm/1/threads");
  expect([403, 409]).toContain(refused.status);
  expect(refused.json.remedy).toContain('user: "1500:1500"');
  expect(await project.logs("core")).not.toContain("Full thread dump");
});

test("as root that may become the core's user it asks the JVM as that user", async () => {
  await project.composeWith([FILE, "test/container/jvm-root.yaml"], ...UP);
  client = await openClientAt(project.httpsPort, TOKEN);
  const threads = await ask("/jvm/1/threads");
  expect(threads.status, threads.text).toBe(200);
  expect(threads.text).toContain("http-nio-8080-Acceptor");
  expect(await leftBehind()).toEqual([]);
  expect(await project.logs("core")).not.toContain("Full thread dump");
});
