import { spawnSync } from "node:child_process";
import { chownSync, existsSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { jvmDetail } from "../../src/features/jvm/jvm-schema.ts";
import {
  classesAnswer,
  commandsAnswer,
  flagsAnswer,
  gcAnswer,
  heapAnswer,
  propertiesAnswer,
  threadsAnswer,
} from "../../src/features/jvm/talk-schema.ts";
import { readStat } from "../../src/linux/proc.ts";
import { childrenOf, readProcessTable } from "../../src/linux/process-table.ts";
import { jvmFeature, serveJvm } from "../features/jvm/support.ts";
import { asking, coreOf, serveAs } from "../features/processes/support.ts";
import { fixturePath, startTarget, type TargetProcess } from "../linux/target-process.ts";
import { isMissing } from "../support/needs.ts";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { OPERATOR_TOKEN, VIEWER_TOKEN } from "../support/serve-features.ts";
import { compilePrograms, installedJdks, type Programs } from "./jvms.ts";
import { startTomcat } from "./tomcat.ts";

const asViewer = { headers: { Authorization: `Bearer ${VIEWER_TOKEN}` } };
const post = (body: object) => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});
const leftBehind = (pid: number) =>
  [`/tmp/.attach_pid${pid}`, `/.attach_pid${pid}`].filter((path) => existsSync(path));
/** Whether a JVM has ever been asked to open its socket. */
const isAsked = (pid: number) => existsSync(`/tmp/.java_pid${pid}`);

describeWith(["jdk"], "JVMs are talked to", () => {
  let programs: Programs;
  beforeAll(async () => {
    programs = await compilePrograms("Plain", "Deadlock", "Unsafe");
  });
  afterAll(async () => {
    await programs?.[Symbol.asyncDispose]();
  });

  test.each(installedJdks())(
    "%s answers every question, and nothing of ours stays behind",
    async (_, home) => {
      await using jvm = await programs.start("Deadlock", {
        home,
        options: ["-Dapi.key=abc", "-XX:+UseSerialGC"],
      });
      await using served = await serveJvm(coreOf(jvm));
      const ask = async (what: string) => (await served.get(`/jvm/${jvm.pid}/${what}`, asViewer)).json();
      const { threads, deadlocks } = threadsAnswer.strict().parse(await ask("threads"));
      expect(threads.map(({ name }) => name)).toEqual(
        expect.arrayContaining(["main", "monitor left", "lock second"]),
      );
      expect(deadlocks).toHaveLength(2);
      const { flags, total } = flagsAnswer.strict().parse(await ask("flags"));
      expect(flags.find(({ name }) => name === "UseSerialGC")).toMatchObject({
        value: "true",
        origin: "command line",
      });
      expect(flags.length).toBeLessThan(total);
      expect(flagsAnswer.parse(await ask("flags?all=true")).flags).toHaveLength(total);
      const { properties } = propertiesAnswer.strict().parse(await ask("properties"));
      expect(properties.find(({ name }) => name === "api.key")).toEqual({
        ...{ name: "api.key", value: "******", isMasked: true },
      });
      const heap = heapAnswer.strict().parse(await ask("heap"));
      expect(heap.lines.join("\n")).toMatch(/eden space/);
      expect(heap.memory?.heap.maxBytes).toBeGreaterThan(60_000_000);
      expect(commandsAnswer.strict().parse(await ask("commands")).commands).toContain("Thread.print");
      const counted = await served.get(`/jvm/${jvm.pid}/classes`, post({ limit: 5 }));
      const classes = classesAnswer.strict().parse(await counted.json());
      expect(classes.classes).toHaveLength(5);
      expect(classes.total).toBeGreaterThan(100);
      expect(classes.bytes).toBeGreaterThan(100_000);
      expect(leftBehind(jvm.pid)).toEqual([]);
    },
  );

  test("text is what the JDK's own tools print, safe for a terminal", async () => {
    await using jvm = await programs.start("Plain", { options: ["-Dmy.esc=\u001b[31mred"] });
    await using served = await serveJvm(coreOf(jvm));
    const text = async (what: string, init = {}) =>
      (await served.get(`/jvm/${jvm.pid}/${what}`, { ...asking("text/plain"), ...init })).text();
    expect(await text("threads")).toContain('"main" #1 prio=5');
    expect(await text("flags")).toMatch(/^MaxHeapSize=67108864 {2}# command line$/m);
    expect(await text("properties")).toMatch(/^my\.esc=\\x1b\[31mred$/m);
    expect(await text("commands")).toContain("GC.heap_info");
    expect(await text("classes", { method: "POST" })).toContain("java.lang.String");
  });

  test("unmasked properties and counting objects are for operators; live objects take the level disturb", async () => {
    await using jvm = await programs.start("Plain", { options: ["-Dapi.key=abc", "-XX:+UseSerialGC"] });
    await using served = await serveJvm(coreOf(jvm));
    expect((await served.get(`/jvm/${jvm.pid}/properties?secrets=show`, asViewer)).status).toBe(403);
    const shown = await (await served.get(`/jvm/${jvm.pid}/properties?secrets=show`)).text();
    expect(shown).toContain('"value":"abc"');
    expect((await served.get(`/jvm/${jvm.pid}/classes`, { ...asViewer, method: "POST" })).status).toBe(403);
    const live = await served.get(`/jvm/${jvm.pid}/classes`, post({ live: true }));
    expect([live.status, await live.json()]).toMatchObject([
      403,
      { code: "touch-not-allowed", remedy: "SIDECAR_JVM_TOUCH=disturb" },
    ]);
    await using disturbing = await serveJvm(coreOf(jvm), { env: { SIDECAR_JVM_TOUCH: "disturb" } });
    const collections = async () =>
      jvmDetail.parse(await (await served.get(`/jvm/${jvm.pid}`)).json()).figures?.gc.count ?? 0;
    const before = await collections();
    expect((await disturbing.get(`/jvm/${jvm.pid}/classes`, post({}))).status).toBe(200);
    expect(await collections()).toBe(before);
    expect((await disturbing.get(`/jvm/${jvm.pid}/classes`, post({ live: true }))).status).toBe(200);
    expect(await collections()).toBeGreaterThan(before);
  });

  test("an operator makes a JVM collect, where the settings allow to disturb it", async () => {
    await using jvm = await programs.start("Plain");
    await using served = await serveJvm(coreOf(jvm));
    const refused = await served.get(`/jvm/${jvm.pid}/gc`, { method: "POST" });
    expect([refused.status, await refused.json()]).toMatchObject([
      403,
      { remedy: "SIDECAR_JVM_TOUCH=disturb" },
    ]);
    await using disturbing = await serveJvm(coreOf(jvm), { env: { SIDECAR_JVM_TOUCH: "disturb" } });
    expect((await disturbing.get(`/jvm/${jvm.pid}/gc`, { ...asViewer, method: "POST" })).status).toBe(403);
    const done = gcAnswer
      .strict()
      .parse(await (await disturbing.get(`/jvm/${jvm.pid}/gc`, { method: "POST" })).json());
    expect(done.collections).toBe(1);
    expect(done.heapUsedBytesAfter).toBeGreaterThan(100_000);
  });

  test("with the level observe nothing is sent to a JVM", async () => {
    await using jvm = await programs.start("Plain");
    await using served = await serveJvm(coreOf(jvm), { env: { SIDECAR_JVM_TOUCH: "observe" } });
    const refused = await served.get(`/jvm/${jvm.pid}/threads`);
    expect([refused.status, await refused.json()]).toMatchObject([403, { remedy: "SIDECAR_JVM_TOUCH=talk" }]);
    expect((await served.get(`/jvm/${jvm.pid}`)).status).toBe(200);
    expect(isAsked(jvm.pid)).toBe(false);
  });

  test.each([
    ["-XX:+DisableAttachMechanism", "it was started with -XX:+DisableAttachMechanism"],
    ["-XX:-UsePerfData", "the JVM keeps no performance data"],
  ])("a JVM with %s is left alone, and the capability says why", async (option, reason) => {
    await using jvm = await programs.start("Plain", { options: [option] });
    const feature = jvmFeature(coreOf(jvm));
    const { works, parts } = await feature.capability();
    expect(parts.find(({ name }) => name === `talk to JVM ${jvm.pid}`)).toMatchObject({
      works: false,
      reason: expect.stringContaining(reason),
      remedy: `Start the app without ${option}`,
    });
    expect(works).not.toBe("yes");
    await feature[Symbol.asyncDispose]?.();
    await using served = await serveJvm(coreOf(jvm));
    const answer = await served.get(`/jvm/${jvm.pid}/threads`);
    expect([answer.status, await answer.json()]).toMatchObject([
      409,
      { code: "jvm-not-attachable", detail: expect.stringContaining(reason) },
    ]);
    expect((await readStat(jvm.pid))?.stateLetter).toBe("S");
    expect(isAsked(jvm.pid)).toBe(false);
    expect(leftBehind(jvm.pid)).toEqual([]);
    await expectSilence(jvm);
  });

  test("a JVM with -Xrs, which a signal would end, is asked over the socket that it has from the start", async () => {
    await using jvm = await programs.start("Plain", { options: ["-Xrs"] });
    await using served = await serveJvm(coreOf(jvm));
    expect((await served.get(`/jvm/${jvm.pid}/heap`)).status).toBe(200);
    rmSync(`/tmp/.java_pid${jvm.pid}`);
    const refused = await served.get(`/jvm/${jvm.pid}/heap`);
    expect([refused.status, await refused.json()]).toMatchObject([
      409,
      { code: "jvm-not-attachable", detail: expect.stringContaining("it does not handle SIGQUIT") },
    ]);
    expect((await readStat(jvm.pid))?.stateLetter).toBe("S");
    expect(leftBehind(jvm.pid)).toEqual([]);
  });

  test("the capability tells of each level whether it works, and the line that opens it", async () => {
    await using jvm = await programs.start("Plain");
    const feature = jvmFeature(coreOf(jvm));
    expect(await feature.capability()).toMatchObject({
      works: "partly",
      parts: [
        { name: `observe JVM ${jvm.pid}`, works: true },
        { name: `talk to JVM ${jvm.pid}`, works: true },
        { name: `read MBeans of JVM ${jvm.pid}`, works: false, remedy: "SIDECAR_JVM_TOUCH=modify" },
        { name: `change MBeans of JVM ${jvm.pid}`, works: false, remedy: "SIDECAR_JVM_TOUCH=modify" },
        { name: `disturb JVM ${jvm.pid}`, works: false, remedy: "SIDECAR_JVM_TOUCH=disturb" },
      ],
    });
    await feature[Symbol.asyncDispose]?.();
    const change = async (env: Record<string, string>) => {
      const modifying = jvmFeature(coreOf(jvm), { env: { SIDECAR_JVM_TOUCH: "modify", ...env } });
      const { parts } = await modifying.capability();
      await modifying[Symbol.asyncDispose]?.();
      return parts.find(({ name }) => name.startsWith("change MBeans"));
    };
    expect(await change({})).toMatchObject({
      works: false,
      remedy: expect.stringMatching(/^SIDECAR_JVM_JMX_ALLOW=/),
    });
    const allow = '[{mbean: "java.lang:type=Memory", attributes: [Verbose]}]';
    expect(await change({ SIDECAR_JVM_JMX_ALLOW: allow })).toMatchObject({ works: true });
    expect(isAsked(jvm.pid)).toBe(false);
  });

  test.skipIf(isMissing("namespaces"))(
    "a JVM that was started with a read-only /tmp is read from its memory, and not talked to; the capability has the line",
    async () => {
      const script = 'mount -t tmpfs -o ro tmpfs /tmp && exec "$@"';
      const wrapper = ["unshare", "--mount", "sh", "-c", script, "sh"];
      await using jvm = await programs.start("Plain", { wrapper });
      const env = { SIDECAR_JVM_TOUCH: "modify" };
      await using served = await serveJvm(coreOf(jvm), { env });
      expect(jvmDetail.parse(await (await served.get(`/jvm/${jvm.pid}`)).json())).toMatchObject({
        ...{ source: "memory", figures: { command: "Plain", canAttach: true } },
      });
      const remedy = "Compose, for the app: tmpfs: [/tmp]";
      const refused = await served.get(`/jvm/${jvm.pid}/threads`);
      expect([refused.status, await refused.json()]).toMatchObject([
        409,
        { code: "jvm-not-attachable", remedy },
      ]);
      const feature = jvmFeature(coreOf(jvm), { env });
      expect(await feature.capability()).toMatchObject({
        works: "partly",
        parts: [
          { name: `observe JVM ${jvm.pid}`, works: true },
          { name: `talk to JVM ${jvm.pid}`, works: false, reason: "its /tmp is read-only", remedy },
          { name: `read MBeans of JVM ${jvm.pid}`, works: false, remedy },
          { works: false },
          { works: false },
        ],
      });
      await feature[Symbol.asyncDispose]?.();
      await expectSilence(jvm);
    },
  );

  test("a JVM that is stopped is not asked; one that stops later is given up in time, and goes on afterwards", async () => {
    await using jvm = await programs.start("Plain");
    await using served = await serveJvm(coreOf(jvm), { env: { SIDECAR_JVM_TIMEOUT_MS: "700" } });
    process.kill(jvm.pid, "SIGSTOP");
    await poll("it is stopped", async () => (await readStat(jvm.pid))?.stateLetter === "T");
    const stopped = await served.get(`/jvm/${jvm.pid}/heap`);
    expect([stopped.status, await stopped.json()]).toMatchObject([
      409,
      { code: "jvm-not-attachable", detail: expect.stringContaining("is stopped") },
    ]);
    process.kill(jvm.pid, "SIGCONT");
    const answers = await poll("it is stopped in the middle of an answer", async () => {
      const asked = Array.from({ length: 4 }, () => served.get(`/jvm/${jvm.pid}/heap`));
      await poll("it was asked", () => isAsked(jvm.pid));
      process.kill(jvm.pid, "SIGSTOP");
      const statuses = await Promise.all(asked.map(async (answer) => (await answer).status));
      process.kill(jvm.pid, "SIGCONT");
      return statuses.some((status) => status !== 200) && statuses;
    });
    expect(answers.every((status) => [200, 409, 504].includes(status))).toBe(true);
    expect((await served.get(`/jvm/${jvm.pid}/heap`)).status).toBe(200);
    expect(leftBehind(jvm.pid)).toEqual([]);
    await expectSilence(jvm);
  });

  test("a JVM that does not come to a safepoint is given up in time, is observed meanwhile, and answers later", async () => {
    // The second compiler makes loops without a poll.
    const options = ["-XX:TieredStopAtLevel=4", "-XX:-UseCountedLoopSafepoints"];
    await using jvm = await programs.start("Unsafe", { options });
    await using patient = await serveJvm(coreOf(jvm), { env: { SIDECAR_JVM_TIMEOUT_MS: "60000" } });
    expect((await patient.get(`/jvm/${jvm.pid}/threads`)).status).toBe(200);
    await using served = await serveJvm(coreOf(jvm), { env: { SIDECAR_JVM_TIMEOUT_MS: "150" } });
    await poll("it is held", async () => {
      const answer = await served.get(`/jvm/${jvm.pid}/threads`);
      if (answer.status === 504) expect(await answer.json()).toMatchObject({ code: "core-timeout" });
      return answer.status === 504;
    });
    expect((await served.get(`/jvm/${jvm.pid}`)).status).toBe(200);
    expect(leftBehind(jvm.pid)).toEqual([]);
    expect((await patient.get(`/jvm/${jvm.pid}/threads`)).status).toBe(200);
  });

  test("a JVM that takes the connection and never answers is given up in time", async () => {
    await using jvm = await programs.start("Plain");
    const silent = createServer();
    const path = `/tmp/.java_pid${jvm.pid}`;
    await new Promise<void>((resolve) => silent.listen(path, resolve));
    onTestFinished(() => void silent.close());
    await using served = await serveJvm(coreOf(jvm), { env: { SIDECAR_JVM_TIMEOUT_MS: "300" } });
    const answer = await served.get(`/jvm/${jvm.pid}/threads`);
    expect([answer.status, await answer.json()]).toMatchObject([504, { code: "core-timeout" }]);
  });

  test("a flood of an answer is cut off, and what is no answer is told", async () => {
    await using jvm = await programs.start("Plain");
    const path = `/tmp/.java_pid${jvm.pid}`;
    const flood = Buffer.alloc(1_048_576, "x");
    let isFlood = true;
    const liar = createServer((socket) => {
      socket.on("error", () => undefined);
      const pour = () => {
        while (socket.write(flood));
      };
      if (isFlood) socket.on("drain", pour) && pour();
      else socket.end("SSH-2.0-OpenSSH_9.2\r\n");
    });
    await new Promise<void>((resolve) => liar.listen(path, resolve));
    onTestFinished(() => void liar.close());
    await using served = await serveJvm(coreOf(jvm));
    expect(await (await served.get(`/jvm/${jvm.pid}/threads`)).json()).toMatchObject({
      code: "limit-reached",
    });
    isFlood = false;
    expect(await (await served.get(`/jvm/${jvm.pid}/threads`)).json()).toMatchObject({
      code: "core-protocol-error",
    });
  });

  test("a socket that was left behind does not matter; a link or a file in its place is not followed", async () => {
    await using jvm = await programs.start("Plain");
    await using served = await serveJvm(coreOf(jvm));
    const path = `/tmp/.java_pid${jvm.pid}`;
    symlinkSync("/run/other.sock", path);
    const linked = await served.get(`/jvm/${jvm.pid}/heap`);
    expect([linked.status, await linked.json()]).toMatchObject([
      409,
      { detail: expect.stringContaining("is no socket") },
    ]);
    rmSync(path);
    writeFileSync(path, "");
    expect((await served.get(`/jvm/${jvm.pid}/heap`)).status).toBe(409);
    rmSync(path);
    leaveSocket(path);
    expect(statSync(path).isSocket()).toBe(true);
    // HotSpot removes it when it is asked to open its own.
    expect((await served.get(`/jvm/${jvm.pid}/heap`)).status).toBe(200);
  });

  test("a JVM that ends in the middle of it is told as ended", async () => {
    await using jvm = await programs.start("Plain");
    await using served = await serveJvm(coreOf(jvm));
    const statuses: number[] = [];
    const asking = Array.from({ length: 6 }, async () => {
      statuses.push((await served.get(`/jvm/${jvm.pid}/threads`)).status);
    });
    await poll("it was asked", () => isAsked(jvm.pid));
    await jvm.kill();
    await Promise.all(asking);
    expect(statuses.every((status) => [200, 404, 409, 502].includes(status))).toBe(true);
    expect((await served.get(`/jvm/${jvm.pid}/threads`)).status).toBe(404);
    expect(leftBehind(jvm.pid)).toEqual([]);
    rmSync(`/tmp/.java_pid${jvm.pid}`, { force: true });
  });

  test("many at once are answered one after the other, and too many are refused", async () => {
    await using jvm = await programs.start("Plain");
    await using served = await serveJvm(coreOf(jvm));
    const answers = await Promise.all(Array.from({ length: 20 }, () => served.get(`/jvm/${jvm.pid}/heap`)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(8);
    expect(statuses.every((status) => status === 200 || status === 429)).toBe(true);
  });

  test.skipIf(isMissing("namespaces"))(
    "a JVM in a PID namespace and with a root of its own is observed and talked to, by the pid that it has there",
    async () => {
      const inside = ["unshare", "--pid", "--fork", "--mount", "--mount-proc", "--net"];
      const script = 'mount -t tmpfs tmpfs /tmp && exec "$@"';
      await using parent = await programs.start("Deadlock", {
        wrapper: [...inside, "sh", "-c", script, "sh"],
      });
      const [jvm] = childrenOf(await readProcessTable(), parent.pid);
      const pid = jvm?.pid ?? 0;
      await using served = await serveJvm(coreOf({ pid }));
      expect(jvmDetail.parse(await (await served.get(`/jvm/${pid}`)).json())).toMatchObject({
        ...{ source: "file", name: "java", figures: { command: "Deadlock", canAttach: true } },
      });
      const { deadlocks } = threadsAnswer.parse(await (await served.get(`/jvm/${pid}/threads`)).json());
      expect(deadlocks).toHaveLength(2);
      expect(readdirSync(`/proc/${pid}/root/tmp`).sort()).toEqual([".java_pid1", "hsperfdata_root"]);
    },
  );

  test.each([
    ["its attach socket as the JVM's user", "-dac_override", 200, {}],
    [
      "nothing, and says what is missing",
      "-dac_override,-setuid",
      409,
      {
        code: "jvm-not-attachable",
        detail: expect.stringContaining("lacks the capability DAC_OVERRIDE"),
        remedy: expect.stringMatching(/^cap_add: \[DAC_OVERRIDE, KILL\], or user: "65534:65534"/),
      },
    ],
  ])(
    "root that may not pass file modes asks a JVM of another user over %s",
    async (_, dropped, status, body) => {
      await using jvm = await programs.start("Plain", { uid: 65_534, gid: 65_534 });
      const fixture = fixturePath("serve-jvm.ts");
      await using server = await startTarget([
        ...["setpriv", "--bounding-set", dropped, process.execPath, fixture, String(jvm.pid)],
      ]);
      const url = await server.line();
      const answer = await fetch(`${url}/jvm/${jvm.pid}/heap`, {
        headers: { Authorization: `Bearer ${OPERATOR_TOKEN}` },
      });
      expect([answer.status, await answer.json()]).toMatchObject([status, body]);
      expect(isAsked(jvm.pid)).toBe(status === 200);
      expect(leftBehind(jvm.pid)).toEqual([]);
      await expectSilence(jvm);
    },
  );

  test.each(installedJdks())(
    "a /tmp in which another user's wish to attach lies is passed over: %s looks into its working directory, too",
    async (_, home) => {
      await using jvm = await programs.start("Plain", { home });
      const others = `/tmp/.attach_pid${jvm.pid}`;
      writeFileSync(others, "");
      chownSync(others, 12_345, 12_345);
      onTestFinished(() => rmSync(others, { force: true }));
      await using served = await serveJvm(coreOf(jvm));
      expect((await served.get(`/jvm/${jvm.pid}/heap`)).status).toBe(200);
      expect(leftBehind(jvm.pid)).toEqual([others]);
      await expectSilence(jvm);
    },
  );

  test("as root a JVM of another user is talked to, and as that user itself", async () => {
    await using jvm = await programs.start("Plain", { uid: 65_534, gid: 65_534 });
    await using served = await serveJvm(coreOf(jvm));
    expect((await served.get(`/jvm/${jvm.pid}/heap`)).status).toBe(200);
    await using other = await programs.start("Plain", { uid: 65_534, gid: 65_534 });
    await using itself = await serveAs({ uid: 65_534, gid: 65_534 }, other, "serve-jvm.ts");
    expect((await itself.request(`/jvm/${other.pid}/heap`)).status).toBe(200);
    expect(leftBehind(other.pid)).toEqual([]);
  });
});

describeWith(["tomcat", "jdk"], "Tomcat is talked to", () => {
  test("its threads, properties and classes are told, with no flag set for it", async () => {
    await using tomcat = await startTomcat();
    await using served = await serveJvm(coreOf(tomcat));
    const { threads } = threadsAnswer.parse(await (await served.get(`/jvm/${tomcat.pid}/threads`)).json());
    expect(threads.some(({ name }) => /^http-nio-.*-Acceptor$/.test(name))).toBe(true);
    const { properties } = propertiesAnswer.parse(
      await (await served.get(`/jvm/${tomcat.pid}/properties`)).json(),
    );
    expect(properties.find(({ name }) => name === "catalina.base")?.value).toBe(tomcat.base);
    const counted = await served.get(`/jvm/${tomcat.pid}/classes`, post({}));
    expect(classesAnswer.parse(await counted.json()).total).toBeGreaterThan(1_000);
    expect(existsSync(`${tomcat.base}/.attach_pid${tomcat.pid}`)).toBe(false);
  });
});

/** Ends a JVM in order, which it does after what it was sent before: a thread dump would be in its output. */
async function expectSilence(jvm: TargetProcess): Promise<void> {
  await jvm.kill("SIGTERM");
  expect(await jvm.line().catch(() => "nothing more")).toBe("nothing more");
}

/** Leaves the file of a socket on which nobody listens. */
function leaveSocket(path: string): void {
  const program = `import { createServer } from "node:net";
    createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"));`;
  spawnSync(process.execPath, ["--input-type=module", "--eval", program, path]);
}
