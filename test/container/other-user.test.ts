import { afterAll, beforeAll, expect, test } from "vitest";
import { type ComposeProject, upProject } from "../support/docker.ts";
import { poll } from "../support/poll.ts";
import { type Answer, type Client, openClient } from "./client.ts";
import { tracerPids } from "./tracers.ts";

/** A core that runs as another user: what the sidecar says without privileges, and that what it says is the cure. */

const FILES = ["compose.yaml", "test/container/other-user.yaml"];
const text = { headers: { Accept: "text/plain" } };

let project: ComposeProject;
let client: Client;

beforeAll(async () => {
  project = await upProject(FILES);
  client = await openClient(project);
});

afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
});

test("the app is served, and a trace is refused with the capability and the user it needs", async () => {
  expect((await client.visit("/")).status).toBe(200);
  const refused = await client.ask("/strace/1/5", { headers: { Accept: "application/json" } });
  expect(refused.status).toBe(403);
  const problem: { code: string; remedy: string } = JSON.parse(refused.text);
  expect(problem.code).toBe("permission-denied");
  expect(problem.remedy).toContain("SYS_PTRACE");
  expect(await tracerPids(project, 1)).toEqual(new Set(["0"]));
});

test("the capabilities endpoint says the same before anyone tries", async () => {
  const { text: capabilities } = await client.ask("/capabilities", {
    headers: { Accept: "application/json" },
  });
  expect(capabilities).toContain("SYS_PTRACE");
});

test("with the remedy applied the trace works, names files, and leaves the core untraced", async () => {
  await project.composeWith(
    [...FILES, "test/container/other-user-root.yaml"],
    ...["up", "--detach", "--wait", "--wait-timeout", "120"],
  );
  const events = await client.stream("/events");
  const trace = await client.ask("/strace/1/20", text);
  events.destroy();
  expect(trace.status, trace.text).toBe(200);
  // File names stand behind descriptors only where /proc/PID/fd can be read: that is DAC_READ_SEARCH.
  expect(trace.text).toMatch(/\bepoll_p?wait2?\(\d+</);
  expect(trace.text).not.toContain("Operation not permitted");
  expect(await tracerPids(project, 1)).toEqual(new Set(["0"]));

  const { HostConfig } = await project.inspect("sidecar");
  expect(HostConfig.CapDrop).toEqual(["ALL"]);
  expect(new Set(HostConfig.CapAdd)).toEqual(new Set(["SYS_PTRACE", "DAC_READ_SEARCH", "KILL"]));
  expect(HostConfig.Privileged).toBe(false);
});

test("a change of a file that belongs to neither of them is refused with what it needs, and works with it", async () => {
  const refused = await changeGreeting("refused");
  expect(refused.status).toBe(403);
  const problem: { remedy: string } = JSON.parse(refused.text);
  expect(problem.remedy).toContain("cap_add: [DAC_OVERRIDE, CHOWN, FOWNER]");

  await project.composeWith(
    [...FILES, "test/container/other-user-files.yaml"],
    ...["up", "--detach", "--wait", "--wait-timeout", "120"],
  );
  const changed = await changeGreeting("Changed by root");
  expect(changed.status, changed.text).toBe(200);
  await poll("the app shows it", async () => (await client.visit("/")).text.includes("Changed by root"));
  const owner = await project.compose(
    "exec",
    "-T",
    "core",
    "stat",
    "-c",
    "%u:%g %a",
    "/etc/legacy-app/legacy.ini",
  );
  expect(owner.trim()).toBe("1000:1000 644");
});

async function changeGreeting(greeting: string): Promise<Answer> {
  const { headers } = await client.ask("/config/legacy.ini");
  return client.ask("/config/legacy.ini", {
    method: "PATCH",
    headers: {
      Accept: "application/json",
      "Content-Type": "application/merge-patch+json",
      "If-Match": headers.etag ?? "",
    },
    body: JSON.stringify({ site: { greeting } }),
  });
}
