import { appendFileSync, readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { z } from "zod";
import { changeList, changeState } from "../../../../src/features/config/changes/change-schema.ts";
import { changeResult } from "../../../../src/features/config/config-schema.ts";
import { versionList } from "../../../../src/features/config/history/history-schema.ts";
import { poll } from "../../../support/poll.ts";
import { startProgram } from "../support/core-fixture.ts";
import { AS_VIEWER, type ServedConfig, serveConfig, testFolder } from "../support/serve-config.ts";

/** An app that reads its configuration when it is told to, and answers by what it has read: `status = 500`. So many answers after that are old ones. */
async function startReloadable(path: string, lateAnswers = 0) {
  const read = () => Number(/status = (\d+)/.exec(readFileSync(path, "utf8"))?.[1] ?? 200);
  let status = read();
  let old = { status, left: 0 };
  let reloads = 0;
  const held: ServerResponse[] = [];
  let isHolding = false;
  const server = createServer((request, answer) => {
    if (request.url === "/reload") {
      reloads += 1;
      old = { status, left: lateAnswers };
      status = read();
      if (isHolding) held.push(answer);
      else answer.end();
    } else {
      const said = old.left-- > 0 ? old.status : status;
      answer.writeHead(said).end(`status ${said}, password=hunter2`);
    }
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reloads: () => reloads,
    hold() {
      isHolding = true;
    },
    held: () => held.length,
    release() {
      isHolding = false;
      for (const answer of held.splice(0)) answer.end();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const RELOAD = { kind: "http", path: "/reload" };
const HEALTHY = { kind: "http", path: "/", timeoutMs: 500 };

const rolledBack = z.object({ code: z.string(), change: changeState });

async function stateOf(app: ServedConfig, location: string) {
  const answer = await app.get(location.replace("/_sidecar", ""));
  expect(answer.status).toBe(200);
  return changeState.parse(await answer.json());
}

async function kindsOf(app: ServedConfig, name: string) {
  const { versions } = versionList.parse(await (await app.get(`/config/${name}/versions`)).json());
  return versions.map(({ kind, verified }) => `${kind} ${verified}`);
}

test("a change that the app takes is answered at once with 202, and its phases can be watched", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "status = 200\n");
  await using core = await startReloadable(path);
  await using app = await serveConfig({ files: [path], reload: RELOAD, verify: HEALTHY }, { url: core.url });
  const answer = await app.put("app.ini?reason=try", "status = 204\n", { "if-match": "*" });
  expect(answer.status).toBe(202);
  const location = answer.headers.get("location") ?? "";
  expect(location).toMatch(/^\/_sidecar\/changes\/[\w-]+$/);
  const state = await poll("the change is over", async () => {
    const now = await stateOf(app, location);
    return now.state === "running" ? undefined : now;
  });
  expect(state).toMatchObject({ state: "done", author: "operator", reason: "try", kind: "change" });
  expect(state.phases.map(({ name, passed }) => `${name} ${passed}`)).toEqual(["reload true", "verify true"]);
  expect(state.phases[1]?.checks).toMatchObject([{ kind: "http", status: 204, passed: true }]);
  expect(await kindsOf(app, "app.ini")).toEqual(["change passed", "found not-asked"]);
  const list = await (await app.get("/changes")).json();
  expect(list).toMatchObject({ changes: [{ id: state.id }] });
});

test("a change that the app does not take is put back and reloaded, and the evidence is told", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "status = 200\n");
  await using core = await startReloadable(path);
  await using app = await serveConfig(
    { files: [path], reload: RELOAD, verify: [HEALTHY] },
    { url: core.url },
  );
  const answer = await app.put("app.ini", "status = 500\n", { prefer: "wait=60" });
  expect(answer.status).toBe(422);
  expect(answer.headers.get("preference-applied")).toBe("wait=60");
  const { code, change } = rolledBack.parse(await answer.json());
  expect(code).toBe("change-rolled-back");
  expect(change.state).toBe("rolled-back");
  const { phases } = change;
  expect(phases.map(({ name, passed }) => `${name} ${passed}`)).toEqual([
    ...["reload true", "verify false", "put-back true", "reload-again true", "verify-again true"],
  ]);
  const [check] = phases[1]?.checks ?? [];
  expect(check).toMatchObject({ status: 500, passed: false, body: "status 500, password=******" });
  expect(check?.attempts).toBeGreaterThan(1);
  expect(await folder.read("app.ini")).toBe("status = 200\n");
  expect(core.reloads()).toBe(2);
  expect(await kindsOf(app, "app.ini")).toEqual(["rollback not-asked", "change failed", "found not-asked"]);
});

test("secrets that the app and its programs quote bare are masked wherever their evidence is told", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "pin = 1234x\n");
  const log = await folder.write("app.log", "");
  const quote = "bad pin value 4711x, the last one was 1234x";
  // Where what is shown ends, no half of a secret is left.
  const core = createServer((_request, answer) => answer.writeHead(500).end(`${quote.padEnd(498)}4711x`));
  core.listen(0, "127.0.0.1");
  await new Promise((resolve) => core.once("listening", resolve));
  const url = `http://127.0.0.1:${(core.address() as AddressInfo).port}`;
  const say = { kind: "command", command: ["/bin/sh", "-c", `echo "${quote}" | tee -a ${log}`] };
  const files = [{ path, secretKeys: ["pin"], reload: say }];
  const verify = [
    { kind: "http", path: "/", timeoutMs: 300 },
    { kind: "log", path: log, fails: "bad pin", timeoutMs: 300 },
    { kind: "command", command: ["/bin/sh", "-c", `echo "${quote}"; exit 1`], timeoutMs: 300 },
  ];
  await using app = await serveConfig({ files, verify }, { url });
  const answering = app.put("app.ini", "pin = 4711x\n", { prefer: "wait=60" });
  const { id } = await poll("the change has begun", async () => {
    return changeList.parse(await (await app.get("/changes")).json()).changes[0];
  });
  const stream = app.get(`/changes/${id}`, { headers: { accept: "text/event-stream", ...AS_VIEWER } });
  const answer = await answering;
  expect(answer.status).toBe(422);
  const { change } = rolledBack.parse(JSON.parse(await answer.clone().text()));
  const masked = "bad pin value ******, the last one was ******";
  expect(change.phases[0]?.reloads[0]?.output).toBe(`${masked}\n`);
  expect(change.phases[1]?.checks.map(({ body, line, output }) => (body ?? line ?? output)?.trim())).toEqual([
    ...[expect.stringContaining(masked), masked, masked],
  ]);
  const told = [
    await answer.text(),
    await (await app.get(`/changes/${id}`, { headers: AS_VIEWER })).text(),
    await (await app.get("/changes", { headers: AS_VIEWER })).text(),
    await (await stream).text(),
    JSON.stringify(app.logged),
  ].join("\n");
  expect(told).toContain("bad pin value ******");
  expect(told).not.toContain("4711x");
  expect(told).not.toContain(" 47");
  expect(told).not.toContain("1234x");
  core.closeAllConnections();
  core.close();
});

test("good answers of before the reload, which come for a moment still, are no proof", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "status = 200\n");
  await using core = await startReloadable(path, 3);
  await using app = await serveConfig(
    { files: [path], reload: RELOAD, verify: { ...HEALTHY, timeoutMs: 3_000 } },
    { url: core.url },
  );
  const answer = await app.put("app.ini", "status = 500\n", { prefer: "wait=60" });
  expect(answer.status).toBe(422);
  expect(rolledBack.parse(await answer.json()).change.state).toBe("rolled-back");
});

test("a failed reload that goes on complaining after its content was put back is not held against the second", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "a = 1\n");
  const log = await folder.write("app.log", "");
  const verify = { kind: "log", path: log, fails: "failed", timeoutMs: 500 };
  await using app = await serveConfig({ files: [path], verify });
  const location = (await app.put("app.ini", "a = 2\n")).headers.get("location") ?? "";
  let isLate = false;
  const state = await poll("the change is over", async () => {
    const now = await stateOf(app, location);
    if (now.phases.length === 2) appendFileSync(log, "failed\n");
    if (!isLate && now.phases.at(-1)?.name === "verify-again") {
      isLate = true;
      appendFileSync(log, "failed again, after a while\n");
    }
    return now.state === "running" ? undefined : now;
  });
  expect(state).toMatchObject({ state: "rolled-back" });
  expect(state.phases.at(-1)).toMatchObject({ name: "verify-again", passed: true });
});

test("waited for, a change that is taken is answered with 200 as any other", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "status = 200\n");
  await using core = await startReloadable(path);
  await using app = await serveConfig({ files: [path], reload: RELOAD, verify: HEALTHY }, { url: core.url });
  const answer = await app.put("app.ini", "status = 201\n", { prefer: "wait=60" });
  expect(answer.status).toBe(200);
  expect(changeResult.parse(await answer.json())).toMatchObject({ verified: true, reload: { done: true } });
});

test("a reload that fails is a failed verification", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "status = 200\n");
  await using core = await startReloadable(path);
  const reload = { kind: "http", path: "/nothing-here" };
  await folder.write("app.ini", "status = 404\n");
  await using failing = await startReloadable(path);
  await folder.write("app.ini", "status = 200\n");
  await using app = await serveConfig({ files: [path], reload, verify: HEALTHY }, { url: failing.url });
  const answer = await app.put("app.ini", "status = 201\n", { prefer: "wait=60" });
  expect(answer.status).toBe(422);
  expect(await folder.read("app.ini")).toBe("status = 200\n");
  expect(core.reloads()).toBe(0);
});

test("a line in the log decides, for and against, and only a new one", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "a = 1\n");
  const log = await folder.write("app.log", "reload failed: an old line\n");
  const check = {
    kind: "log",
    path: log,
    contains: "reload done",
    fails: "reload failed",
    timeoutMs: 20_000,
  };
  await using app = await serveConfig({ files: [path], verify: check });
  const change = async (content: string, line: string) => {
    const answer = await app.put("app.ini", content);
    expect(answer.status).toBe(202);
    const location = answer.headers.get("location") ?? "";
    await poll("it is verified", async () => (await stateOf(app, location)).phases.length > 0);
    appendFileSync(log, line);
    return poll("the change is over", async () => {
      const now = await stateOf(app, location);
      // What is put back is verified again, by another line.
      if (now.phases.at(-1)?.name === "verify-again") appendFileSync(log, "reload done\n");
      return now.state === "running" ? undefined : now;
    });
  };
  const taken = await change("a = 2\n", "half a line, then\nreload done, token=abcdef123\n");
  expect(taken).toMatchObject({ state: "done" });
  expect(taken.phases.at(-1)?.checks[0]?.line).toBe("reload done, token=******");
  const refused = await change("a = 3\n", "reload failed: no such value\n");
  expect(refused).toMatchObject({ state: "rolled-back" });
  expect(await folder.read("app.ini")).toBe("a = 2\n");
});

test("a check that can't be looked at is one that fails, and says what mends it", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "a = 1\n");
  const verify = { kind: "log", path: folder.path, contains: "a folder is no log" };
  await using app = await serveConfig({ files: [path], verify });
  const answer = await app.put("app.ini", "a = 2\n", { prefer: "wait=60" });
  expect(answer.status).toBe(422);
  const { change } = rolledBack.parse(await answer.json());
  expect(change.state).toBe("rolled-back");
  expect(change.phases.find(({ name }) => name === "verify")?.checks).toMatchObject([
    { passed: false, detail: expect.stringContaining("It can't be looked: "), remedy: expect.any(String) },
  ]);
  expect(await folder.read("app.ini")).toBe("a = 1\n");
});

test("a verification that never comes ends at its time-out, and the change is put back", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "a = 1\n");
  const log = await folder.write("app.log", "");
  const verify = { kind: "log", path: log, contains: "never", timeoutMs: 300 };
  await using app = await serveConfig({ files: [path], verify });
  const answer = await app.put("app.ini", "a = 2\n", { prefer: "wait=60" });
  expect(answer.status).toBe(422);
  expect(await answer.json()).toMatchObject({ detail: expect.stringContaining("That was so for 300 ms.") });
  expect(await folder.read("app.ini")).toBe("a = 1\n");
});

test("a reload that ends the app is seen, and the old content is back for when it comes again", async () => {
  await using folder = await testFolder();
  await using program = await startProgram({ handles: ["HUP"] });
  const { pid, startTime } = program;
  const path = await folder.write("app.ini", "a = 1\n");
  await using app = await serveConfig(
    { files: [path], reload: { kind: "signal" }, verify: { kind: "process", stableMs: 20_000 } },
    { process: () => ({ kind: "found", pid, startTime, foundBy: "the test" }) },
  );
  const answering = app.put("app.ini", "a = 2\n", { prefer: "wait=60" });
  await poll("it has the signal", () => program.received().length === 1);
  process.kill(pid, "SIGKILL");
  const answer = await answering;
  expect(answer.status).toBe(422);
  const { change } = rolledBack.parse(await answer.json());
  expect(change.phases[1]?.checks).toMatchObject([
    { kind: "process", passed: false, pid, detail: `Process ${pid} has ended since the change.` },
  ]);
  expect(await folder.read("app.ini")).toBe("a = 1\n");
});

test("a reload by which the app ends itself is a change that it did not take", async () => {
  await using folder = await testFolder();
  await using program = await startProgram({ diesOf: ["HUP"] });
  const { pid, startTime } = program;
  const path = await folder.write("app.ini", "a = 1\n");
  await using app = await serveConfig(
    { files: [path], reload: { kind: "signal" }, verify: { kind: "process", stableMs: 20_000 } },
    { process: () => ({ kind: "found", pid, startTime, foundBy: "the test" }) },
  );
  const answer = await app.put("app.ini", "a = 2\n", { prefer: "wait=60" });
  expect(answer.status).toBe(422);
  const { change } = rolledBack.parse(await answer.json());
  expect(program.hasEnded()).toBe(true);
  expect(change.phases.slice(0, 3).map(({ name, passed }) => `${name} ${passed}`)).toEqual([
    ...["reload true", "verify false", "put-back true"],
  ]);
  expect(change.phases[1]?.detail).toBe(`Process ${pid} has ended since the change.`);
  expect(await folder.read("app.ini")).toBe("a = 1\n");
});

test("while a change is verified, another one of the same file is refused, and it can be given up", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "a = 1\n");
  const log = await folder.write("app.log", "");
  const verify = { kind: "log", path: log, contains: "never", timeoutMs: 60_000 };
  await using app = await serveConfig({ files: [path], verify });
  const first = await app.put("app.ini", "a = 2\n");
  const { id } = changeState.parse(await first.json());
  const second = await app.put("app.ini", "a = 3\n");
  expect(second.status).toBe(409);
  expect(second.headers.get("retry-after")).toBe("1");
  expect(await second.json()).toMatchObject({ change: id });
  expect((await app.get(`/changes/${id}`, { method: "DELETE" })).status).toBe(202);
  await poll("the old content is back", async () => (await folder.read("app.ini")) === "a = 1\n");
});

test("what another program has written meanwhile is not overwritten by putting back", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "a = 1\n");
  const log = await folder.write("app.log", "");
  const verify = { kind: "log", path: log, contains: "done", fails: "failed", timeoutMs: 60_000 };
  await using app = await serveConfig({ files: [path], verify });
  const location = (await app.put("app.ini", "a = 2\n")).headers.get("location") ?? "";
  await poll("it is verified", async () => (await stateOf(app, location)).phases.length > 0);
  await folder.write("app.ini", "a = 9\n");
  appendFileSync(log, "failed\n");
  const state = await poll("the change is over", async () => {
    const now = await stateOf(app, location);
    if (now.phases.at(-1)?.name === "verify-again") appendFileSync(log, "done\n");
    return now.state === "running" ? undefined : now;
  });
  expect(state.state).toBe("failed");
  expect(state.phases.find(({ name }) => name === "put-back")?.detail).toContain("it was left alone");
  expect(await folder.read("app.ini")).toBe("a = 9\n");
});

test("changes that come while a reload runs share the next one", async () => {
  await using folder = await testFolder();
  const names = Array.from({ length: 8 }, (_, index) => `${index}.ini`);
  const files = await Promise.all(names.map((name) => folder.write(name, "status = 200\n")));
  await using core = await startReloadable(files[0] ?? "");
  core.hold();
  await using app = await serveConfig({ files, reload: RELOAD }, { url: core.url });
  const first = app.put("0.ini", "status = 201\n");
  await poll("the first reload runs", () => core.held() === 1);
  const others = names.slice(1).map((name) => app.put(name, "status = 201\n"));
  await poll("all are written, and wait", async () => {
    const { changes } = changeList.parse(await (await app.get("/changes")).json());
    return changes.filter(({ files: written }) => written.length === 1).length === names.length;
  });
  core.release();
  for (const answer of await Promise.all([first, ...others])) {
    expect(changeResult.parse(await answer.json()).reload).toMatchObject({ done: true });
  }
  expect(core.reloads()).toBe(2);
});

test("a reload waits for more changes as long as the settings say", async () => {
  await using folder = await testFolder();
  const files = [await folder.write("a.ini", "status = 200\n"), await folder.write("b.ini", "x = 1\n")];
  await using core = await startReloadable(files[0] ?? "");
  await using app = await serveConfig({ files, reload: RELOAD, reloadDelayMs: 1_000 }, { url: core.url });
  const answers = await Promise.all([app.put("a.ini", "status = 201\n"), app.put("b.ini", "x = 2\n")]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(core.reloads()).toBe(1);
});

test("the phases of a change can be followed as a stream, to its end", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "status = 200\n");
  await using core = await startReloadable(path);
  await using app = await serveConfig({ files: [path], reload: RELOAD, verify: HEALTHY }, { url: core.url });
  const location = (await app.put("app.ini", "status = 500\n")).headers.get("location") ?? "";
  const stream = await app.get(location.replace("/_sidecar", ""), {
    headers: { accept: "text/event-stream" },
  });
  const states = (await stream.text())
    .split("\n")
    .filter((line) => line.startsWith("data: "))
    .map((line) => changeState.parse(JSON.parse(line.slice(6))).state);
  expect(states.at(-1)).toBe("rolled-back");
  expect(states[0]).toBe("running");
});

test("a check that can't be made does not pass, and says why", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "a = 1\n");
  const verify = [
    { kind: "log", path: folder.path, contains: "done" },
    { kind: "log", path: "core:/var/log/app.log", contains: "done", timeoutMs: 100 },
    { kind: "command", command: ["no-such-program"], timeoutMs: 100 },
  ];
  await using app = await serveConfig({ files: [path], verify });
  const answer = await app.put("app.ini", "a = 2\n", { prefer: "wait=60" });
  expect(answer.status).toBe(422);
  const { change } = rolledBack.parse(await answer.json());
  const verified = change.phases.find(({ name }) => name === "verify");
  const checks = verified?.checks.map(({ passed, detail }) => `${passed} ${detail}`);
  expect(checks?.[0]).toMatch(/^false .* is a folder/);
  expect(checks?.[1]).toMatch(/^false No new line of core:/);
  expect(checks?.[2]).toMatch(/^false .*There is no program no-such-program/);
  expect(await folder.read("app.ini")).toBe("a = 1\n");
});

test("how changes ended is counted for Prometheus", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "status = 200\n");
  await using core = await startReloadable(path);
  await using app = await serveConfig({ files: [path], reload: RELOAD, verify: HEALTHY }, { url: core.url });
  await app.put("app.ini", "status = 201\n", { prefer: "wait=60" });
  await app.put("app.ini", "status = 500\n", { prefer: "wait=60" });
  const [changes] = await app.metrics();
  expect(changes?.samples).toEqual([
    { labels: { result: "done" }, value: 1 },
    { labels: { result: "rolled-back" }, value: 1 },
    { labels: { result: "failed" }, value: 0 },
  ]);
});
