import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { z } from "zod";
import { maskValue } from "../../../src/base/command-line.ts";
import {
  cgroupAnswer,
  envAnswer,
  filesAnswer,
  limitsAnswer,
  mapsAnswer,
  socketsAnswer,
  threadsAnswer,
} from "../../../src/features/processes/part-schema.ts";
import { processList } from "../../../src/features/processes/process-schema.ts";
import { pathInRoot } from "../../../src/linux/root-path.ts";
import { startFixture, startIdle, startTarget } from "../../linux/target-process.ts";
import { isMissing } from "../../support/needs.ts";
import { poll } from "../../support/poll.ts";
import { type ServedFeatures, VIEWER_TOKEN } from "../../support/serve-features.ts";
import { asking, coreOf, serveAs, serveProcesses } from "./support.ts";

async function answerOf<S extends z.ZodType>(
  served: ServedFeatures,
  { pid }: { pid: number },
  part: string,
  schema: S,
): Promise<z.output<S>> {
  return schema.parse(await (await served.get(`/processes/${pid}/${part}`)).json());
}

test("each thread is told with its state, its CPU time and its own context switches", async () => {
  await using target = await startFixture("threads.mjs");
  await using served = await serveProcesses(coreOf(target));
  const answer = await poll("its workers run", async () => {
    const now = await answerOf(served, target, "threads?interval=0.1", threadsAnswer.strict());
    return now.threads.filter(({ voluntarySwitches }) => (voluntarySwitches ?? 0) > 5).length >= 4 && now;
  });
  expect(answer.total).toBeGreaterThanOrEqual(4);
  expect(answer.threads.map(({ tid }) => tid)).toContain(target.pid);
  expect(answer.threads.every(({ startTime, state }) => startTime !== "" && state !== "unknown")).toBe(true);
  const cut = await answerOf(served, target, "threads?interval=0.1&limit=2", threadsAnswer.strict());
  expect(cut.threads).toHaveLength(2);
  expect(cut.total).toBeGreaterThanOrEqual(4);
});

const SOCKETS = `
import { createServer, connect } from "node:net";
import { createSocket } from "node:dgram";
const listen = (server, ...where) => new Promise((done) => server.listen(...where, done));
const four = createServer(() => {}), six = createServer(), path = createServer();
await listen(four, 0, "127.0.0.1");
await listen(six, 0, "::1").catch(() => {});
await listen(path, process.argv[1]);
const client = connect(four.address().port, "127.0.0.1");
await new Promise((done) => client.once("connect", done));
const udp = createSocket("udp4");
await new Promise((done) => udp.bind(0, "127.0.0.1", done));
console.log(JSON.stringify([four.address().port, six.address()?.port ?? 0, udp.address().port, client.localPort]));
`;

async function startSockets(wrapper: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), "tickbird-sockets-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "with a blank.sock");
  const program = [process.execPath, "--input-type=module", "--eval", SOCKETS, path];
  const target = await startTarget([...wrapper, ...program]);
  const [four = 0, six = 0, udp = 0, client = 0]: number[] = JSON.parse(await target.line());
  return { target, path, ports: { four, six, udp, client } };
}

function expectSockets(
  sockets: z.output<typeof socketsAnswer>["sockets"],
  { path, ports }: Pick<Awaited<ReturnType<typeof startSockets>>, "path" | "ports">,
): void {
  const at = (local: string) => (sockets ?? []).filter((each) => each.local === local);
  expect(at(`127.0.0.1:${ports.four}`)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ family: "inet", type: "tcp", state: "LISTEN", peer: null }),
      expect.objectContaining({ state: "ESTABLISHED", peer: `127.0.0.1:${ports.client}` }),
    ]),
  );
  expect(at(`127.0.0.1:${ports.client}`)).toMatchObject([{ peer: `127.0.0.1:${ports.four}` }]);
  expect(at(`127.0.0.1:${ports.udp}`)).toMatchObject([{ family: "inet", type: "udp", peer: null }]);
  expect(at(`[::1]:${ports.six}`)).toMatchObject([{ family: "inet6", type: "tcp", state: "LISTEN" }]);
  expect(at(path)).toMatchObject([{ family: "unix", type: "stream", state: "LISTEN" }]);
}

test("sockets of several families are told with their addresses", async () => {
  const started = await startSockets([]);
  await using target = started.target;
  await using served = await serveProcesses(coreOf(target));
  const { sockets, unreadable } = await answerOf(served, target, "sockets", socketsAnswer.strict());
  expectSockets(sockets, started);
  expect(unreadable).toEqual([]);
});

test.skipIf(isMissing("namespaces"))(
  "so they are from another network namespace, which the sidecar is not in",
  async () => {
    const started = await startSockets([
      "unshare",
      "--net",
      "sh",
      "-c",
      'ip link set lo up && exec "$@"',
      "sh",
    ]);
    await using target = started.target;
    await using served = await serveProcesses(coreOf(target));
    expectSockets((await answerOf(served, target, "sockets", socketsAnswer.strict())).sockets, started);
  },
);

test("open files are told with their kind, access and target, of their limit", async () => {
  await using idle = await startIdle();
  await using served = await serveProcesses(coreOf(idle));
  const answer = await answerOf(served, idle, "files", filesAnswer.strict());
  expect(answer.files?.find((each) => each.fd === 0)).toMatchObject({
    kind: "device",
    target: "/dev/null",
    access: "read",
  });
  expect(answer.files?.find((each) => each.fd === 1)?.kind).toMatch(/pipe|socket/);
  expect(answer.total).toBe(answer.files?.length);
  expect(answer.limit).toBeGreaterThan(0);
});

test("paths are relative to the root of the process", async (context) => {
  context.skip(process.getuid?.() !== 0, "needs root, for chroot");
  const folder = await mkdtemp(join(tmpdir(), "tickbird-root-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await using target = await startTarget([
    ...["perl", "-e"],
    '$| = 1; chroot $ARGV[0]; chdir "/"; open F, ">", "/inside"; unlink "/inside"; open G, ">", "/kept"; print fileno(F), " ", fileno(G), "\\n"; sleep 300',
    folder,
  ]);
  const [removed, kept] = (await target.line()).split(" ").map(Number);
  await using served = await serveProcesses(coreOf(target));
  const { files } = await answerOf(served, target, "files", filesAnswer.strict());
  expect(files?.find(({ fd }) => fd === kept)).toMatchObject({
    kind: "file",
    target: "/kept",
    isDeleted: false,
    access: "write",
  });
  expect(files?.find(({ fd }) => fd === removed)).toMatchObject({ target: "/inside", isDeleted: true });
  expect(pathInRoot("/elsewhere", folder)).toBe("/elsewhere");
  expect(pathInRoot(`${folder}x/a`, folder)).toBe(`${folder}x/a`);
});

test("the environment is masked, and an operator may see it unmasked", async () => {
  const env = {
    PATH: "/usr/bin:/bin",
    DB_PASSWORD: "hunter2",
    URL: "http://u:hunter2@db/",
    DSN2: "Server=db;Password=hunter2;Port=1",
    EMPTY_TOKEN: "",
  };
  await using target = await startTarget(["sleep", "300"], { env });
  await using served = await serveProcesses(coreOf(target));
  const { variables, total } = await answerOf(served, target, "env", envAnswer.strict());
  expect(total).toBe(5);
  expect(variables).toEqual([
    { name: "PATH", value: "/usr/bin:/bin", isMasked: false },
    { name: "DB_PASSWORD", value: "******", isMasked: true },
    { name: "URL", value: "http://u:******@db/", isMasked: true },
    { name: "DSN2", value: "Server=db;Password=******;Port=1", isMasked: true },
    { name: "EMPTY_TOKEN", value: "", isMasked: false },
  ]);
  for (const accept of ["text/plain", "text/html", "application/json"]) {
    expect(await (await served.get(`/processes/${target.pid}/env`, asking(accept))).text()).not.toContain(
      "hunter2",
    );
  }
  const shown = await answerOf(served, target, "env?secrets=show", envAnswer.strict());
  expect(shown.variables?.[1]).toMatchObject({ value: "hunter2" });
  const refused = await served.get(`/processes/${target.pid}/env?secrets=show`, {
    headers: { Authorization: `Bearer ${VIEWER_TOKEN}` },
  });
  expect(refused.status).toBe(403);
  expect(maskValue("JAVA_OPTS", "-Xmx1g -Ddb.password=x --token abc")).toBe(
    "-Xmx1g -Ddb.password=****** --token ******",
  );
});

test("limits, memory and cgroup are the kernel's", async () => {
  await using target = await startIdle();
  await using served = await serveProcesses(coreOf(target));
  const { limits } = await answerOf(served, target, "limits", limitsAnswer.strict());
  expect(limits?.find(({ name }) => name === "open files")?.used).toBeGreaterThanOrEqual(3);
  expect(limits?.find(({ name }) => name === "address space")?.used).toBeGreaterThan(0);
  const maps = await answerOf(served, target, "maps?limit=3", mapsAnswer.strict());
  expect(maps.mappings).toHaveLength(3);
  expect(maps.total).toBeGreaterThan(3);
  expect(maps.mappings?.[0]?.path).toMatch(/sleep|coreutils|busybox/);
  expect(maps.summary?.pssBytes).toBeLessThanOrEqual(maps.summary?.rssBytes ?? 0);
  expect(maps.virtualBytes).toBeGreaterThan(maps.summary?.rssBytes ?? Number.NaN);
  const cgroup = await answerOf(served, target, "cgroup", cgroupAnswer.strict());
  expect(cgroup).toMatchObject({ isOfMain: true, version: expect.stringMatching(/v1|v2|hybrid/) });
  expect(cgroup.memberships?.length).toBeGreaterThan(0);
});

test("each part has a text and a page, and refuses what is beyond its limit", async () => {
  await using target = await startIdle();
  await using served = await serveProcesses(coreOf(target));
  for (const part of ["threads", "files", "sockets", "limits", "env", "maps", "cgroup"]) {
    const path = `/processes/${target.pid}/${part}`;
    const text = await (await served.get(path, asking("text/plain"))).text();
    expect(text).toMatch(new RegExp(`^# \\w[\\w ]* of process ${target.pid} \\(sleep\\), since `));
    expect(await (await served.get(path, asking("text/html"))).text()).toContain(
      `of process ${target.pid} (sleep)`,
    );
    expect((await served.get(`/processes/4194303/${part}`)).status).toBe(404);
  }
  const refused = await served.get(`/processes/${target.pid}/files?limit=10001`);
  expect(await refused.json()).toMatchObject({
    code: "invalid-parameter",
    errors: [{ pointer: "query:limit", detail: "must be 1 to 10000, and is 10001" }],
  });
});

test("what another user's sidecar can't read is null, with the reason and what mends it", async (context) => {
  context.skip(process.getuid?.() !== 0, "needs root, to be somebody else");
  await using target = await startIdle();
  await using other = await serveAs({ uid: 65_534, gid: 65_534 }, target);
  const read = async <S extends z.ZodType>(part: string, schema: S) =>
    schema.parse(await (await other.request(`/processes/${target.pid}/${part}`)).json());
  const mended = {
    reason: "the app runs as uid:gid 0:0, the sidecar as 65534:65534 without the capability SYS_PTRACE",
    remedy: expect.stringContaining("SYS_PTRACE"),
  };
  const files = await read("files", filesAnswer.strict());
  expect(files).toMatchObject({ total: null, files: null });
  expect(files.unreadable).toMatchObject([
    { field: "total", ...mended },
    { field: "files", ...mended },
  ]);
  for (const [part, schema, field] of [
    ["sockets", socketsAnswer, "sockets"],
    ["env", envAnswer, "variables"],
    ["maps", mapsAnswer, "mappings"],
  ] as const) {
    const answer: z.output<typeof schema> = await read(part, schema);
    expect([part, answer]).toMatchObject([part, { [field]: null }]);
    expect(answer.unreadable.find((each) => each.field === field)).toMatchObject(mended);
  }
  const list = processList.strict().parse(await (await other.request("/processes?interval=0.1")).json());
  const listed = list.processes.find(({ pid }) => pid === target.pid);
  expect(listed).toMatchObject({ io: null, ioRates: null });
  for (const field of ["io", "ioRates"]) {
    expect(listed?.unreadable.find((each) => each.field === field)).toMatchObject(mended);
  }
  // These need no right.
  expect((await read("threads?interval=0.1", threadsAnswer.strict())).threads).toHaveLength(1);
  expect((await read("limits", limitsAnswer.strict())).limits?.length).toBeGreaterThan(5);
  expect((await read("cgroup", cgroupAnswer.strict())).isOfMain).toBe(true);
});
