import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { listThreads, readStat, readStatus } from "../../../src/linux/proc.ts";
import { start } from "../../../src/linux/spawn.ts";
import { fixturePath, startBusy, startIdle, startTarget, startZombie } from "../../linux/target-process.ts";
import { isMissing } from "../../support/needs.ts";
import { poll } from "../../support/poll.ts";
import { coreOf, isFree, makeStrace, serveStrace, untilFree, untilTraced } from "./serve-strace.ts";

describe.skipIf(isMissing("ptrace"))("what can't be traced", () => {
  test.each(["abc", "0", "-1", "1.5", "99999999999", "1%20"])("%s is no pid: 400", async (pid) => {
    await using served = await serveStrace();
    const response = await served.get(`/strace/${pid}/5`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: "invalid-parameter",
      errors: [{ pointer: "path:pid" }],
    });
  });

  test.each(["0", "10001", "1000000"])(
    "%s lines are outside of the limit, which the answer names",
    async (lines) => {
      await using served = await serveStrace();
      for (const [path, place] of [
        [`/strace/1/${lines}`, "path"],
        [`/strace/1?lines=${lines}`, "query"],
        [`/strace?lines=${lines}`, "query"],
      ]) {
        const response = await served.get(path ?? "");
        expect(response.status).toBe(400);
        expect(await response.json()).toMatchObject({
          ...{ code: "invalid-parameter", maxLines: 10_000, detail: expect.stringContaining("1 to 10000") },
          ...{ errors: [{ pointer: `${place}:lines` }], remedy: expect.stringContaining("lines=") },
        });
      }
    },
  );

  test.each(["many", "-1", "1e3", "1.5", "9999999999"])("%s lines is no number: 400", async (lines) => {
    await using served = await serveStrace();
    expect((await served.get(`/strace/1/${lines}`)).status).toBe(400);
    expect((await served.get(`/strace/1?lines=${lines}`)).status).toBe(400);
  });

  test("a process that is not there is 404, and so is an app whose process is not known", async () => {
    await using served = await serveStrace();
    expect(await (await served.get("/strace/4194303")).json()).toMatchObject({
      status: 404,
      code: "process-not-found",
    });
    expect(await (await served.get("/strace")).json()).toMatchObject({
      ...{ status: 404, code: "process-not-found", remedy: "Share it." },
      detail: expect.stringContaining("No core here."),
    });
  });

  test("the sidecar, its threads and what it has started are refused", async () => {
    await using child = await start(["sleep", "300"]);
    await using served = await serveStrace();
    for (const pid of [process.pid, child.pid]) {
      expect(await (await served.get(`/strace/${pid}`)).json()).toMatchObject({
        ...{ status: 409, code: "process-not-traceable", refusal: "own-process", remedy: expect.any(String) },
        detail: expect.stringContaining("the sidecar itself"),
      });
    }
    const thread = (await listThreads(process.pid)).find((id) => id !== process.pid);
    expect(await (await served.get(`/strace/${thread}`)).json()).toMatchObject({
      ...{ status: 404, detail: `${thread} is a thread of process ${process.pid}.` },
    });
  });

  test("a zombie is refused, and called one", async () => {
    await using parent = await startZombie();
    await using served = await serveStrace();
    expect(await (await served.get(`/strace/${parent.zombie}`)).json()).toMatchObject({
      ...{
        status: 409,
        code: "process-not-traceable",
        refusal: "zombie",
        detail: expect.stringContaining("zombie"),
      },
    });
  });

  test("a kernel thread is refused, and called one", async (context) => {
    context.skip(
      (await readStat(2))?.isKernelThread !== true,
      "no kernel thread is visible in this PID namespace",
    );
    await using served = await serveStrace();
    expect(await (await served.get("/strace/2")).json()).toMatchObject({
      ...{
        status: 409,
        code: "process-not-traceable",
        refusal: "kernel-thread",
        detail: expect.stringContaining("kernel thread"),
      },
    });
  });

  test("a process with another tracer is refused, and the tracer is named", async () => {
    await using target = await startIdle();
    await using tracer = await startTarget(["strace", "-qq", "-o", "/dev/null", "-p", String(target.pid)]);
    await untilTraced(target);
    await using served = await serveStrace({ core: coreOf(target) });
    for (const path of [`/strace/${target.pid}`, "/strace"]) {
      expect(await (await served.get(path)).json()).toMatchObject({
        ...{ status: 409, code: "already-traced", remedy: expect.stringContaining(String(tracer.pid)) },
        tracer: { pid: tracer.pid, command: `strace -qq -o /dev/null -p ${target.pid}`, isOurs: false },
      });
    }
    expect((await readStatus(target.pid))?.tracerPid).toBe(tracer.pid);
  });

  test("two traces of one process: the second is told that the first is ours, also when both start at once", async () => {
    await using target = await startBusy();
    await using served = await serveStrace({ settings: { MAX_CONCURRENT: 8, MAX_LINES: 100_000 } });
    const answers = await Promise.all(
      [1, 2, 3].map(() =>
        served.get(`/strace/${target.pid}/100000`, { headers: { Accept: "text/event-stream" } }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    for (const answer of answers) {
      if (answer.status === 409)
        expect(await answer.json()).toMatchObject({ code: "already-traced", tracer: { isOurs: true } });
      else await answer.body?.cancel();
    }
    await untilFree(target);
  });

  test("beyond the limit of traces it is 429, with the time when one ends; after that it works again", async () => {
    await using one = await startIdle();
    await using two = await startBusy();
    await using served = await serveStrace({ settings: { MAX_CONCURRENT: 1 } });
    const running = await served.get(`/strace/${one.pid}`);
    const refused = await served.get(`/strace/${two.pid}`);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThanOrEqual(1);
    expect(await refused.json()).toMatchObject({
      ...{ code: "limit-reached", maxConcurrent: 1, remedy: expect.any(String) },
    });
    expect(await isFree(two.pid)).toBe(true);
    await running.body?.cancel();
    await untilFree(one);
    await poll("its place is free", async () => {
      const response = await served.get(`/strace/${two.pid}/1`);
      await response.text();
      return response.status === 200;
    });
    for (let round = 0; round < 3; round++) {
      const again = await served.get(`/strace/${two.pid}/1`);
      expect([again.status, await again.text()]).toEqual([200, expect.any(String)]);
    }
  });

  test("a refused trace gives its place back", async () => {
    await using target = await startIdle();
    await using served = await serveStrace({
      settings: { DURATION_MS: 200, MAX_CONCURRENT: 1, DIR: "/nonexistent-folder" },
    });
    for (let round = 0; round < 3; round++) {
      expect(await (await served.get(`/strace/${target.pid}`)).json()).toMatchObject({
        ...{ status: 501, code: "not-supported", remedy: expect.stringContaining("SIDECAR_STRACE_DIR") },
        refusal: "no-folder",
      });
    }
    expect(await isFree(target.pid)).toBe(true);
  });

  test("a form that there is not is 406, before anything is traced", async () => {
    await using target = await startIdle();
    await using served = await serveStrace();
    const response = await served.get(`/strace/${target.pid}`, { headers: { Accept: "image/png" } });
    expect(response.status).toBe(406);
    expect(await isFree(target.pid)).toBe(true);
  });

  test("the process of another user is refused without the capability, naming it and the user to be", async () => {
    // As root we can be nobody; else the first process of the machine is another user's already.
    const isRoot = process.getuid?.() === 0;
    await using target = await startIdle();
    const pid = isRoot ? target.pid : 1;
    const options = isRoot ? { uid: 65_534, gid: 65_534 } : {};
    await using sidecar = await startTarget(
      [process.execPath, fixturePath("trace-process.ts"), String(pid), "1000"],
      {
        ...options,
        cwd: "/",
      },
    );
    const [uid, gid] = isRoot ? [65_534, 65_534] : [process.getuid?.(), process.getgid?.()];
    expect(JSON.parse(await sidecar.line())).toEqual({
      ...{ event: "refused", code: "permission-denied", status: 403, refusal: "other-user" },
      detail: expect.stringContaining(
        `as uid:gid 0:0, the sidecar as ${uid}:${gid} without the capability SYS_PTRACE`,
      ),
      remedy: expect.stringMatching(/cap_add: \[SYS_PTRACE\].*user: "0:0"/),
    });
    expect((await readStatus(pid))?.tracerPid).toBe(0);
  });
});

describe.skipIf(isMissing("ptrace"))("no capability is needed", () => {
  test("where the sidecar runs as the app's own user and group", async (context) => {
    context.skip(process.getuid?.() !== 0, "needs root to be somebody else; all other tests show it then");
    const nobody = { uid: 65_534, gid: 65_534, cwd: "/" };
    await using target = await startTarget(["sleep", "300"], nobody);
    await using sidecar = await startTarget(
      [
        "setpriv",
        "--no-new-privs",
        process.execPath,
        fixturePath("trace-process.ts"),
        String(target.pid),
        "100",
      ],
      nobody,
    );
    expect(JSON.parse(await sidecar.line())).toEqual({ event: "attached" });
    expect(JSON.parse(await sidecar.line())).toMatchObject({
      result: { endReason: "time-limit", warnings: [] },
    });
    expect(await isFree(target.pid)).toBe(true);
  });
});

describe.skipIf(isMissing("ptrace"))("the capability", () => {
  test("says that it works, with the version of strace, and touches the core not once", async () => {
    await using target = await startIdle();
    const { works, parts } = await makeStrace({ core: coreOf(target) }).capability();
    const version = /version (\S+)/.exec(spawnSync("strace", ["-V"], { encoding: "utf8" }).stdout)?.[1];
    expect(works).toBe("yes");
    expect(parts[0]).toMatchObject({ works: true, reason: `strace ${version}` });
    expect(parts.map(({ name }) => name)).toContain("trace the app's main process");
    expect(await isFree(target.pid)).toBe(true);
  });

  test("says what does not work, why, and what mends it", async () => {
    const { works, parts } = await makeStrace({ settings: { DIR: "/nonexistent-folder" } }).capability();
    expect(works).toBe("partly");
    expect(parts.filter((part) => !part.works)).toEqual([
      {
        name: "write to /nonexistent-folder",
        works: false,
        reason: expect.any(String),
        remedy: expect.stringContaining("SIDECAR_STRACE_DIR"),
      },
      { name: "trace the app's main process", works: false, reason: "No core here.", remedy: "Share it." },
    ]);
  });

  test("says that no trace is ended because requests wait long, where that is wished and none are counted", async () => {
    await using target = await startIdle();
    const isMissed = async (maxLatencyMs: number, counted: boolean) => {
      const { works, parts } = await makeStrace({
        ...{ core: coreOf(target), settings: { MAX_LATENCY_MS: maxLatencyMs } },
        env: { SIDECAR_TRAFFIC_ENABLED: String(counted) },
      }).capability();
      return [works, parts.filter((part) => part.name.includes("maxLatencyMs"))];
    };
    const part = {
      name: "end a trace while requests wait long for the app (strace.maxLatencyMs)",
      works: false,
      reason: expect.stringContaining("not counted"),
      remedy: "SIDECAR_TRAFFIC_ENABLED=true",
    };
    expect(await isMissed(5_000, false)).toEqual(["partly", [part]]);
    expect(await isMissed(0, false)).toEqual(["yes", []]);
    expect(await isMissed(5_000, true)).toEqual(["yes", []]);
  });
});
