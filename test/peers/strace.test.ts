import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { traceReport } from "../../src/features/strace/trace-schema.ts";
import { isMissing } from "../support/needs.ts";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { said } from "../support/server-process.ts";
import { type Edge, startEdge } from "./edge.ts";
import { overHttp1 } from "./exchange.ts";
import { type Nginx, startNginx } from "./nginx.ts";
import { type Postgres, startPostgres } from "./postgres.ts";
import { startPython } from "./python.ts";
import { startTomcat, type Tomcat } from "./tomcat.ts";
import { type Traffic, tally, traffic } from "./traffic.ts";

/** The one worker of an nginx (proc_pid_children(5)). */
async function workerOf({ pid }: Nginx): Promise<number> {
  return Number((await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim());
}

/** Whether nobody traces any thread of a process. */
async function runsFree(pid: number): Promise<boolean> {
  return /^TracerPid:\t0$/m.test(await readFile(`/proc/${pid}/status`, "utf8"));
}

/** Expects that the traffic goes on, and that no answer of it failed. */
async function goesOn({ replies }: Traffic): Promise<void> {
  const before = replies.length;
  await poll("more answers", () => replies.length > before + 50);
  expect(tally(replies)).toEqual({ 200: replies.length });
}

describeWith(["nginx", "strace"], "a trace of nginx that serves", () => {
  let core: Nginx;
  let edge: Edge;

  beforeAll(async () => {
    core = await startNginx({ files: { "small.txt": "a small file\n" } });
    edge = await startEdge(core.port);
  });
  afterAll(async () => {
    await edge?.[Symbol.asyncDispose]();
    await core?.[Symbol.asyncDispose]();
  });

  test.skipIf(isMissing("ptrace"))("shows its calls, and costs no answer", async () => {
    const worker = await workerOf(core);
    using route = overHttp1(edge, 8);
    await using load = traffic(route, { path: "/small.txt", clients: 8 });
    await load.until(200);
    for (let round = 0; round < 3; round++) {
      const answer = await edge.ask(`/_sidecar/strace/${worker}/200`, { headers: { Accept: "text/plain" } });
      const lines = answer.body.trimEnd().split("\n");
      expect(answer.status).toBe(200);
      expect(lines).toHaveLength(200);
      expect(answer.body).toMatch(/recvfrom\(.*"GET \/small\.txt HTTP\/1\.1\\r\\n/);
      expect(answer.body).toMatch(/openat\(.*"\/.*\/html\/small\.txt", O_RDONLY/);
      await poll("the worker to run free", () => runsFree(worker));
    }
    await goesOn(load);
  });

  test.skipIf(isMissing("ptrace"))("finds master and worker by the port they listen on", async () => {
    const worker = await workerOf(core);
    using route = overHttp1(edge, 8);
    await using load = traffic(route, { path: "/small.txt", clients: 8 });
    await load.until(200);
    const answer = await edge.ask("/_sidecar/strace?lines=20", { headers: { Accept: "application/json" } });
    expect(answer.json()).toMatchObject({
      process: { pid: core.pid, name: "nginx" },
      descendants: [{ pid: worker, name: "nginx" }],
      endReason: "lines",
    });
    await goesOn(load);
  });
});

describeWith(["tomcat", "strace"], "a trace of Tomcat that serves", () => {
  let core: Tomcat;
  let edge: Edge;

  beforeAll(async () => {
    core = await startTomcat();
    edge = await startEdge(core.port);
  });
  afterAll(async () => {
    await edge?.[Symbol.asyncDispose]();
    await core?.[Symbol.asyncDispose]();
  });

  test.skipIf(isMissing("ptrace"))("shows the calls of all its threads, and costs no answer", async () => {
    using route = overHttp1(edge, 8);
    await using load = traffic(route, { path: "/examples/servlets/servlet/HelloWorldExample", clients: 8 });
    await load.until(200);
    const answer = await edge.ask(`/_sidecar/strace/${core.pid}/500`, { headers: { Accept: "text/plain" } });
    expect(answer.status).toBe(200);
    expect(answer.body).toContain("GET /examples/servlets/servlet/HelloWorldExample HTTP/1.1");
    const threads = new Set(answer.body.split("\n").map((line) => /^\d+/.exec(line)?.[0]));
    expect(threads.size).toBeGreaterThan(3);
    await poll("the JVM to run free", () => runsFree(core.pid));
    await goesOn(load);
  });
});

describeWith(["python", "strace"], "a trace of Python that serves", () => {
  test.skipIf(isMissing("ptrace"))(
    "shows what each of its threads does: its connections, its files, its text",
    async () => {
      await using core = await startPython({ "small.txt": "a small file\n" });
      await using edge = await startEdge(core.port);
      using route = overHttp1(edge, 4);
      await using load = traffic(route, { path: "/small.txt", clients: 4 });
      await load.until(200);
      const answer = await edge.ask(`/_sidecar/strace/${core.pid}/2000`, {
        headers: { Accept: "application/json" },
      });
      const { events, unparsed, endReason } = traceReport.strict().parse(answer.json());
      expect([endReason, unparsed]).toEqual(["lines", 0]);
      const calls = events.filter((event) => event.type === "call");
      // A thread that has ended before its first line is read is not known until the call returns that has made it.
      const unknown = calls.filter(({ pid }) => pid === null);
      expect(unknown.every(({ pidReason }) => pidReason !== undefined)).toBe(true);
      expect(calls.filter(({ pid }) => pid === core.pid).length).toBeGreaterThan(calls.length / 2);
      expect(calls.filter(({ pid }) => pid !== null && pid !== core.pid)).toEqual([]);
      expect(new Set(calls.map(({ tid }) => tid)).size).toBeGreaterThan(5);
      const named = (name: string) => calls.filter(({ call, errno }) => call === name && errno === null);
      expect(named("accept4").map(({ resultTarget }) => resultTarget)).toContainEqual({
        ...{ kind: "socket", protocol: "TCP", inode: expect.any(Number), local: `127.0.0.1:${core.port}` },
        peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      });
      const file = { kind: "file", path: `${core.dir}/small.txt`, isDeleted: false, device: null };
      expect(named("openat").map(({ resultTarget }) => resultTarget)).toContainEqual(file);
      expect(named("read").map(({ args }) => args?.slice(0, 2))).toContainEqual([
        { kind: "descriptor", fd: expect.any(Number), target: file },
        { kind: "string", value: "a small file\n", encoding: "utf-8", isTruncated: false },
      ]);
      expect(named("recvfrom").flatMap(({ args }) => args ?? [])).toContainEqual(
        expect.objectContaining({
          kind: "string",
          value: expect.stringContaining("GET /small.txt HTTP/1.1\r\n"),
        }),
      );
      await poll("Python runs free", () => runsFree(core.pid));
      await goesOn(load);
    },
  );
});

describeWith(["postgres", "strace"], "a trace of PostgreSQL that answers", () => {
  let core: Postgres;
  let edge: Edge;

  beforeAll(async () => {
    core = await startPostgres();
    edge = await startEdge(core.port);
  });
  afterAll(async () => {
    await edge?.[Symbol.asyncDispose]();
    await core?.[Symbol.asyncDispose]();
  });

  test.skipIf(isMissing("ptrace"))(
    "shows the statements of a session that is open, and ends none",
    async () => {
      await using session = await core.askForEver("select 6 * 7");
      await said(session, /42/);
      const answer = await edge.ask("/_sidecar/strace?lines=60&syscalls=network", {
        headers: { Accept: "application/json" },
      });
      expect(answer.json()).toMatchObject({
        ...{ process: { pid: core.pid, name: "postgres" }, endReason: "lines", unparsed: 0 },
      });
      expect(answer.body).toContain("select 6 * 7");
      const before = session.output().length;
      await poll("further answers", () => session.output().length > before + 30);
      expect(session.hasEnded).toBe(false);
      await poll("it runs free", () => runsFree(core.pid));
    },
  );

  test.skipIf(isMissing("ptrace"))(
    "shows what the process does that it forks for a new connection",
    async () => {
      const traced = edge.ask(`/_sidecar/strace/${core.pid}/120`, {
        headers: { Accept: "application/json" },
      });
      await poll("it is traced", async () => !(await runsFree(core.pid)));
      expect(await core.ask("select 6 * 7")).toBe("42\n");
      const { events, unparsed, endReason } = traceReport.parse((await traced).json());
      expect([endReason, unparsed]).toEqual(["lines", 0]);
      const pids = new Set(events.map((event) => (event.type === "unparsed" ? null : event.pid)));
      const others = [...pids].filter((pid) => pid !== core.pid);
      expect(others).toEqual([expect.any(Number)]);
      await poll("it runs free", () => runsFree(core.pid));
      expect(await core.ask("select 6 * 7")).toBe("42\n");
    },
  );
});
