import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type ComposeProject, upProject } from "../support/docker.ts";
import { poll } from "../support/poll.ts";
import { type Client, openClient } from "./client.ts";

/** examples/nginx: nothing is shared but the PID namespace, and the configuration is driven into bad states. */

let project: ComposeProject;
let client: Client;

beforeAll(async () => {
  project = await upProject(["examples/nginx/compose.yaml"]);
  client = await openClient(project);
  await poll("nginx answers", async () => (await client.visit("/health")).status === 200);
});

afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
});

const inCore = (...command: readonly string[]) => project.compose("exec", "-T", "core", ...command);

async function put(name: string, content: string) {
  const { headers } = await client.ask(`/config/${name}`);
  return await client.ask(`/config/${name}`, {
    method: "PUT",
    headers: {
      "Content-Type": "text/plain",
      "If-Match": headers.etag ?? '"none"',
      Prefer: "wait=60",
    },
    body: content,
  });
}

const rolledBack = z.object({
  code: z.literal("change-rolled-back"),
  change: z.object({
    state: z.literal("rolled-back"),
    phases: z.array(
      z.looseObject({
        name: z.string(),
        passed: z.boolean(),
        checks: z.array(z.looseObject({ kind: z.string(), passed: z.boolean() })),
      }),
    ),
  }),
});

test("a good change is taken and verified", async () => {
  const site = await inCore("cat", "/etc/nginx/conf.d/site.conf");
  const answer = await put("site.conf", site.replace("root ", 'add_header X-Site "new";\n  root '));
  expect([answer.status, answer.text]).toMatchObject([200, expect.anything()]);
  expect(JSON.parse(answer.text)).toMatchObject({ verified: true, reload: { done: true, pid: 1 } });
  expect((await client.visit("/")).headers).toMatchObject({ "x-site": "new" });
});

test("what nginx -t refuses in the app's own root, as its user, is never written", async () => {
  const old = await inCore("cat", "/etc/nginx/nginx.conf");
  const answer = await put("nginx.conf", old.replace("server_tokens", "server_tokenz"));
  expect([answer.status, answer.text]).toMatchObject([422, expect.anything()]);
  expect(JSON.parse(answer.text)).toMatchObject({
    code: "content-invalid",
    errors: [{ line: 13, detail: expect.stringContaining('unknown directive "server_tokenz"') }],
  });
  expect(await inCore("cat", "/etc/nginx/nginx.conf")).toBe(old);
});

test.each([
  ["answers with errors", "server { listen 8080; return 500; }\n", "http"],
  ["nginx refuses", "server { listen 8080; nonsense; }\n", "log"],
])("a configuration that %s is put back, and the app goes on", async (_, content, kind) => {
  const old = await inCore("cat", "/etc/nginx/conf.d/site.conf");
  const answer = await put("site.conf", content);
  expect([answer.status, answer.text]).toMatchObject([422, expect.anything()]);
  const { phases } = rolledBack.parse(JSON.parse(answer.text)).change;
  expect(phases[1]?.checks.filter(({ passed }) => !passed)).toMatchObject([{ kind }]);
  expect(phases.at(-1)).toMatchObject({ name: "verify-again", passed: true });
  expect(await inCore("cat", "/etc/nginx/conf.d/site.conf")).toBe(old);
  expect((await client.visit("/health")).text).toBe("well\n");
});

test("nothing is left beside the files, they are still root's, and nginx was never restarted", async () => {
  expect(await inCore("ls", "-A", "/etc/nginx/conf.d")).toBe("site.conf\n");
  expect(await inCore("find", "/etc/nginx", "-name", ".tickbird*")).toBe("");
  expect(await inCore("stat", "-c", "%U %a", "/etc/nginx/conf.d/site.conf")).toBe("root 644\n");
  expect((await project.inspect("core")).RestartCount).toBe(0);
});
