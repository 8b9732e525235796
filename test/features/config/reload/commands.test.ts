import { expect, test } from "vitest";
import { z } from "zod";
import { changeState } from "../../../../src/features/config/changes/change-schema.ts";
import { changeResult } from "../../../../src/features/config/config-schema.ts";
import { serveConfig, testFolder } from "../support/serve-config.ts";

const shell = (script: string, more: object = {}) => ({
  kind: "command",
  command: ["/bin/sh", "-c", script],
  ...more,
});

async function reloadOf(answer: Response) {
  expect(answer.status).toBe(200);
  return changeResult.parse(await answer.json()).reload;
}

test("a command that makes the app reload is run, with its own environment and nothing of the sidecar's", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "a = 1\n");
  const reload = shell(`env | sort; echo "password=hunter2" >&2; cp ${path} ${path}.copy`, {
    env: { APP_MODE: "reload" },
  });
  await using app = await serveConfig({ files: [path], reload });
  const outcome = await reloadOf(await app.put("app.ini", "a = 2\n"));
  expect(outcome).toMatchObject({ kind: "command", done: true, exitCode: 0 });
  expect(await folder.read("app.ini.copy")).toBe("a = 2\n");
  expect(outcome.output).toContain("APP_MODE=reload\n");
  expect(outcome.output).toContain("password=******");
  expect(outcome.output).not.toContain("VITEST");
});

test("a command that fails, that hangs, or that is not there, is a failed reload that says why", async () => {
  await using folder = await testFolder();
  const files = [
    { path: await folder.write("a.ini", "a = 1\n"), reload: shell("echo no such worker; exit 3") },
    {
      path: await folder.write("b.ini", "a = 1\n"),
      reload: shell("trap '' TERM; while :; do sleep 0.1; done", { timeoutMs: 200 }),
    },
    {
      path: await folder.write("c.ini", "a = 1\n"),
      reload: { kind: "command", command: ["no-such-program"] },
    },
  ];
  await using app = await serveConfig({ files });
  expect(await reloadOf(await app.put("a.ini", "a = 2\n"))).toMatchObject({
    ...{ done: false, exitCode: 3, output: "no such worker\n" },
    detail: "/bin/sh ended with exit code 3.",
  });
  expect(await reloadOf(await app.put("b.ini", "a = 2\n"))).toMatchObject({
    ...{ done: false, exitCode: null },
    detail: expect.stringMatching(/did not end within \d+ ms and was stopped/),
  });
  expect(await reloadOf(await app.put("c.ini", "a = 2\n"))).toMatchObject({
    ...{ done: false, detail: expect.stringContaining("There is no program no-such-program") },
    remedy: expect.stringContaining("in: core"),
  });
  expect(await folder.read("c.ini")).toBe("a = 2\n");
});

test("a command decides whether the app has taken a change, and is asked until it says so", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "a = 1\n");
  const tries = await folder.write("tries", "");
  const verify = shell(`echo try >> ${tries}; test $(wc -l < ${tries}) -ge 2 && grep -q 'a = 2' ${path}`);
  await using app = await serveConfig({ files: [path], verify: { ...verify, timeoutMs: 20_000 } });
  expect((await app.put("app.ini", "a = 2\n", { prefer: "wait=60" })).status).toBe(200);
  expect((await folder.read("tries")).split("\n").length).toBeGreaterThan(2);
  await using strict = await serveConfig({ files: [path], verify: { ...verify, timeoutMs: 300 } });
  const answer = await strict.put("app.ini", "a = 3\n", { prefer: "wait=60" });
  expect(answer.status).toBe(422);
  const { change } = z.object({ change: changeState }).parse(await answer.json());
  expect(change.phases.find(({ name }) => name === "verify")?.checks).toMatchObject([
    { kind: "command", passed: false, exitCode: 1 },
  ]);
  expect(await folder.read("app.ini")).toBe("a = 2\n");
});
