import { expect, test } from "vitest";
import { changeResult } from "../../../../src/features/config/config-schema.ts";
import { poll } from "../../../support/poll.ts";
import { startCore, startProgram } from "../support/core-fixture.ts";
import { serveConfig, testFolder } from "../support/serve-config.ts";

async function reloadOf(answer: Response) {
  expect(answer.status).toBe(200);
  const { changed, reload } = changeResult.parse(await answer.json());
  expect(changed).toBe(true);
  return reload;
}

test("the main process of the app gets the signal, and the answer names it", async () => {
  await using folder = await testFolder();
  await using program = await startProgram({ handles: ["HUP"] });
  const { pid, startTime } = program;
  await using app = await serveConfig(
    { files: [await folder.write("app.ini", "a = 1\n")], reload: { kind: "signal" } },
    { process: () => ({ kind: "found", pid, startTime, foundBy: "the test" }) },
  );
  expect(await reloadOf(await app.put("app.ini", "a = 2\n"))).toEqual({
    kind: "signal",
    done: true,
    pid,
    startTime,
    detail: `SIGHUP was sent to process ${pid}.`,
  });
  await poll("the signal has come", () => program.received().length === 1);
});

test("a file's own reload goes before that of all files, and may name a process by name or pid", async () => {
  await using folder = await testFolder();
  await using named = await startProgram({ handles: ["USR1"], name: "tickbird-named" });
  await using numbered = await startProgram({ handles: ["USR2"] });
  const byName = { kind: "signal", signal: "SIGUSR1", process: "tickbird-named" };
  const byPid = { kind: "signal", signal: "SIGUSR2", process: numbered.pid };
  await using app = await serveConfig({
    files: [
      { path: await folder.write("a.ini", "a = 1\n"), reload: byName },
      { path: await folder.write("b.ini", "a = 1\n"), reload: byPid },
    ],
    reload: { kind: "http", path: "/reload" },
  });
  expect(await reloadOf(await app.put("a.ini", "a = 2\n"))).toMatchObject({ done: true, pid: named.pid });
  expect(await reloadOf(await app.put("b.ini", "a = 2\n"))).toMatchObject({ done: true, pid: numbered.pid });
  await poll(
    "both signals have come",
    () => named.received()[0] === "USR1" && numbered.received()[0] === "USR2",
  );
});

test("a process that has taken over the pid does not get the signal", async () => {
  await using folder = await testFolder();
  await using program = await startProgram({ handles: ["HUP"] });
  const { pid } = program;
  await using app = await serveConfig(
    { files: [await folder.write("app.ini", "a = 1\n")], reload: { kind: "signal" } },
    { process: () => ({ kind: "found", pid, startTime: "2001-01-01T00:00:00.000Z", foundBy: "the test" }) },
  );
  const reload = await reloadOf(await app.put("app.ini", "a = 2\n"));
  expect(reload).toMatchObject({ done: false, detail: expect.stringContaining("ended before the signal") });
  expect(await folder.read("app.ini")).toBe("a = 2\n");
  expect(program.received()).toEqual([]);
});

test("a process that would be ended by the signal does not get it, nor one that ignores it", async () => {
  await using folder = await testFolder();
  await using fragile = await startProgram();
  await using deaf = await startProgram({ ignores: ["HUP"] });
  const reloadBy = (pid: number) => ({ kind: "signal", process: pid });
  await using app = await serveConfig({
    files: [
      { path: await folder.write("a.ini", "a = 1\n"), reload: reloadBy(fragile.pid) },
      { path: await folder.write("b.ini", "a = 1\n"), reload: reloadBy(deaf.pid) },
    ],
  });
  expect(await reloadOf(await app.put("a.ini", "a = 2\n"))).toMatchObject({
    done: false,
    detail: `Process ${fragile.pid} does not handle SIGHUP: it would end it. It was not sent.`,
    remedy: expect.stringContaining("config.reload"),
  });
  expect(await reloadOf(await app.put("b.ini", "a = 2\n"))).toMatchObject({
    done: false,
    detail: `Process ${deaf.pid} ignores SIGHUP.`,
  });
  expect(fragile.hasEnded()).toBe(false);
});

test("where no process is found, the change stays and the answer says what mends it", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({
    files: [
      { path: await folder.write("a.ini", "a = 1\n"), reload: { kind: "signal" } },
      {
        path: await folder.write("b.ini", "a = 1\n"),
        reload: { kind: "signal", process: "no-such-program" },
      },
      { path: await folder.write("c.ini", "a = 1\n"), reload: { kind: "signal", process: process.pid } },
    ],
  });
  expect(await reloadOf(await app.put("a.ini", "a = 2\n"))).toEqual({
    kind: "signal",
    done: false,
    detail: "No app runs in this test.",
    remedy: "none",
  });
  expect(await reloadOf(await app.put("b.ini", "a = 2\n"))).toMatchObject({
    done: false,
    detail: "No visible process of the app is called no-such-program.",
    remedy: expect.stringContaining("service:core"),
  });
  // Not the sidecar's own process, either.
  expect(await reloadOf(await app.put("c.ini", "a = 2\n"))).toMatchObject({ done: false });
  expect(await folder.read("a.ini")).toBe("a = 2\n");
  const warnings = () => app.logged.filter(({ level, phases }) => level === "warn" && phases !== undefined);
  await poll("every change is in the log", () => warnings().length === 3);
});

test("the app gets the configured call, and its status is in the answer", async () => {
  await using folder = await testFolder();
  await using core = await startCore(() => 204);
  const reload = { kind: "http", method: "PUT", path: "/admin/reload?now=1" };
  await using app = await serveConfig(
    { files: [await folder.write("app.ini", "a = 1\n")], reload },
    { url: core.url },
  );
  expect(await reloadOf(await app.put("app.ini", "a = 2\n"))).toEqual({
    kind: "http",
    done: true,
    status: 204,
    detail: "The app answered 204 to PUT /admin/reload?now=1.",
  });
  expect(core.calls).toEqual([{ method: "PUT", url: "/admin/reload?now=1" }]);
});

test("a path with two slashes names no other host", async () => {
  await using folder = await testFolder();
  await using core = await startCore(() => 200);
  const reload = { kind: "http", path: "//example.com/reload" };
  await using app = await serveConfig(
    { files: [await folder.write("app.ini", "a = 1\n")], reload },
    { url: core.url },
  );
  expect(await reloadOf(await app.put("app.ini", "a = 2\n"))).toMatchObject({ done: true });
  expect(core.calls).toEqual([{ method: "POST", url: "//example.com/reload" }]);
});

test("a refusal, a silence and no app at all are failed reloads of a change that stays", async () => {
  await using folder = await testFolder();
  await using core = await startCore(({ url }) => (url === "/refuse" ? 500 : undefined));
  const files = [
    { path: await folder.write("a.ini", "a = 1\n"), reload: { kind: "http", path: "/refuse" } },
    {
      path: await folder.write("b.ini", "a = 1\n"),
      reload: { kind: "http", path: "/silent", timeoutMs: 50 },
    },
  ];
  await using app = await serveConfig({ files }, { url: core.url });
  expect(await reloadOf(await app.put("a.ini", "a = 2\n"))).toMatchObject({ done: false, status: 500 });
  expect(await reloadOf(await app.put("b.ini", "a = 2\n"))).toMatchObject({
    done: false,
    detail: "The app did not answer POST /silent within 50 ms.",
    remedy: "Raise config.reload.timeoutMs.",
  });
  await using alone = await serveConfig({ files }, { url: "http://127.0.0.1:9" });
  expect(await reloadOf(await alone.put("a.ini", "a = 3\n"))).toMatchObject({
    done: false,
    detail: expect.stringContaining("could not be sent to http://127.0.0.1:9"),
  });
  expect(await folder.read("a.ini")).toBe("a = 3\n");
});
