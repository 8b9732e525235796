import { spawnSync } from "node:child_process";
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startAgent } from "../../src/features/jvm/access/jmx-agent.ts";
import { createAttacher } from "../../src/features/jvm/attach/attacher.ts";
import { fromJson } from "../../src/features/jvm/jmx/from-json.ts";
import { connectJmx } from "../../src/features/jvm/jmx/jmx-client.ts";
import { createJvmFinder } from "../../src/features/jvm/jvm-finder.ts";
import { attributeAnswer, mbeanDetail, mbeanList } from "../../src/features/jvm/mbeans/mbean-schema.ts";
import { isLoopback, readListeningSockets } from "../../src/linux/listening-sockets.ts";
import { createLog } from "../../src/web/log.ts";
import { jvmFeature, serveJvm } from "../features/jvm/support.ts";
import { coreOf } from "../features/processes/support.ts";
import { fixturePath, startTarget } from "../linux/target-process.ts";
import { compileJava, jmxFlags, secureFlags, startOdd } from "../support/jmx-fixtures.ts";
import { isMissing } from "../support/needs.ts";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { OPERATOR_TOKEN, VIEWER_TOKEN } from "../support/serve-features.ts";
import { compilePrograms, installedJdks, type Programs } from "./jvms.ts";
import { startTomcat } from "./tomcat.ts";

const asViewer = { headers: { Authorization: `Bearer ${VIEWER_TOKEN}` } };
const send = (method: "PUT" | "POST", body: object) => ({
  method,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});
const VALUES = encodeURIComponent("odd:type=Values");
const MODIFY = { SIDECAR_JVM_TOUCH: "modify" };
const ALLOW = {
  ...MODIFY,
  SIDECAR_JVM_JMX_ALLOW: '[{mbean: "odd:*", attributes: [Writable], operations: [echo]}]',
};
/** Runs a program of the machine, as root. */
const run = (command = "", ...args: readonly string[]) => {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
};
/** What an agent has in the app's /tmp. */
const foldersOf = (pid: number) =>
  readdirSync("/tmp").filter((name) => name.startsWith(`.tickbird-jmx-${pid}-`));
/** Where a process listens, above the ports that others are given. */
const agentPorts = async (pid: number) =>
  (await readListeningSockets(pid)).filter(({ port }) => port >= 61_000);

/** Whether something was sent to a port that nobody has read (the receive queue of proc_pid_net(5)). */
const hasUnread = (port: number) => {
  const end = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const tables = ["tcp", "tcp6"].map((table) => readFileSync(`/proc/net/${table}`, "utf8"));
  return tables
    .join("\n")
    .split("\n")
    .some((line) => {
      const [, local = "", , state, queues = ""] = line.trim().split(/\s+/);
      return local.endsWith(end) && state === "01" && !queues.endsWith(":00000000");
    });
};

describeWith(["jdk", "tomcat"], "The MBeans of a JVM over REST", () => {
  let odd: string;
  let programs: Programs;
  beforeAll(async () => {
    [odd, programs] = await Promise.all([compileJava("Odd"), compilePrograms("Plain")]);
  });
  afterAll(async () => {
    await programs?.[Symbol.asyncDispose]();
  });

  test("are read by an agent that is started for it on loopback only, and of which nothing stays", async () => {
    await using app = await startOdd(odd, ["-Dapi.key=abc"]);
    const lines: string[] = [];
    const log = createLog({ level: "info", access: false }, { write: (line) => void lines.push(line) });
    {
      await using served = await serveJvm(coreOf(app), { env: MODIFY, log });
      const ask = async (what: string) =>
        (await served.get(`/jvm/${app.pid}/mbeans${what}`, asViewer)).json();
      const all = mbeanList.strict().parse(await ask(""));
      expect(all.mbeans.length).toBe(all.total);
      const page = mbeanList.parse(await ask("?limit=2&query=java.lang:*"));
      expect(page.mbeans).toHaveLength(2);
      const rest = mbeanList.parse(
        await ask(`?query=java.lang:*&cursor=${encodeURIComponent(page.next ?? "")}`),
      );
      expect([rest.mbeans.length + 2, rest.next]).toEqual([page.total, null]);
      const values = mbeanDetail.strict().parse(await ask(`/${VALUES}`));
      expect(values.attributes.find(({ name }) => name === "Writable")).toMatchObject({ value: 1 });
      expect(values.attributes.find(({ name }) => name === "NotSerializable")?.reason).toMatch(
        /NotSerializable/,
      );
      expect(values.operations.map(({ name }) => name)).toContain("echo");
      const smallest = await served.get(`/jvm/${app.pid}/mbeans/${VALUES}/attributes/SmallestLong`);
      expect(await smallest.text()).toContain('"value":-9223372036854775808');
      const runtime = await served.get(`/jvm/${app.pid}/mbeans/java.lang:type=Runtime`, asViewer);
      expect(await runtime.text()).not.toMatch(/"abc"|=abc/);
      const shown = await served.get(`/jvm/${app.pid}/mbeans/java.lang:type=Runtime?secrets=show`);
      expect(await shown.text()).toContain('"api.key":"abc"');
      const refused = await served.get(`/jvm/${app.pid}/mbeans/${VALUES}?secrets=show`, asViewer);
      expect(refused.status).toBe(403);
      const missing = await served.get(`/jvm/${app.pid}/mbeans/odd:type=None`);
      expect([missing.status, await missing.json()]).toMatchObject([404, { code: "not-found" }]);
      const noName = await served.get(`/jvm/${app.pid}/mbeans/none`);
      expect([noName.status, await noName.json()]).toMatchObject([400, { code: "invalid-parameter" }]);
      expect((await agentPorts(app.pid)).map(({ address }) => isLoopback(address))).toEqual([true]);
      expect(foldersOf(app.pid)).toHaveLength(1);
    }
    expect(foldersOf(app.pid)).toEqual([]);
    expect(await agentPorts(app.pid)).toEqual([]);
    const started = lines.find((line) => line.includes("agent was started"));
    expect(Object.keys(JSON.parse(started ?? "{}")).sort()).toEqual([
      ...["host", "level", "msg", "pid", "port", "time"],
    ]);
    // So long is a password; an id of a request has as many characters, all hexadecimal.
    expect(lines.join("\n")).not.toMatch(/"(?![\da-f]{32}")[\w-]{32}"/);
  });

  test("are those of a Tomcat that was started with no flag for JMX, with slashes in their names", async () => {
    await using tomcat = await startTomcat();
    await using served = await serveJvm(coreOf({ pid: tomcat.pid }), { env: MODIFY });
    const modules = mbeanList.parse(
      await (await served.get(`/jvm/${tomcat.pid}/mbeans?query=*:j2eeType=WebModule,*`)).json(),
    );
    const [{ mbean = "", path = "" } = {}] = modules.mbeans;
    expect(mbean).toContain("name=//localhost/examples");
    const module = mbeanDetail.parse(await (await served.get(path.replace("/_sidecar", ""))).json());
    expect(module.attributes.find(({ name }) => name === "path")?.value).toBe("/examples");
  });

  test.each(installedJdks())(
    "are read from %s, and from one that another user runs, as root",
    async (_, home) => {
      await using jvm = await programs.start("Plain", { home });
      await using served = await serveJvm(coreOf(jvm), { env: MODIFY });
      const heap = `/mbeans/java.lang:type=Memory/attributes/HeapMemoryUsage`;
      expect(await (await served.get(`/jvm/${jvm.pid}${heap}`)).json()).toMatchObject({
        value: { used: expect.any(Number) },
      });
      if (process.getuid?.() !== 0) return;
      await using other = await programs.start("Plain", { home, uid: 65_534, gid: 65_534 });
      await using asRoot = await serveJvm(coreOf(other), { env: MODIFY });
      expect((await asRoot.get(`/jvm/${other.pid}${heap}`)).status).toBe(200);
      const [folder = ""] = foldersOf(other.pid);
      expect(statSync(join("/tmp", folder, "access"))).toMatchObject({
        uid: 65_534,
        gid: 65_534,
        mode: 0o100600,
      });
    },
    60_000,
  );

  test.skipIf(process.getuid?.() !== 0)(
    "are beyond reach where the file with the password can't be the JVM's own, and nothing stays behind",
    async () => {
      await using jvm = await programs.start("Plain", { uid: 65_534, gid: 65_534 });
      const argv = ["setpriv", "--bounding-set", "-chown", process.execPath, fixturePath("serve-jvm.ts")];
      await using server = await startTarget([...argv, String(jvm.pid), JSON.stringify(MODIFY)]);
      const refused = await fetch(`${await server.line()}/jvm/${jvm.pid}/mbeans`, {
        headers: { Authorization: `Bearer ${OPERATOR_TOKEN}` },
      });
      expect([refused.status, await refused.json()]).toMatchObject([
        409,
        {
          code: "jvm-not-attachable",
          detail: expect.stringContaining("may not write files of the app's user"),
          remedy: expect.stringContaining("the app's own user"),
        },
      ]);
      expect(foldersOf(jvm.pid)).toEqual([]);
      expect(await agentPorts(jvm.pid)).toEqual([]);
    },
    60_000,
  );

  test.skipIf(isMissing("namespaces"))(
    "are beyond reach where the app's /tmp is read-only, also after the JVM was talked to",
    async () => {
      const script = 'mount -t tmpfs tmpfs /tmp && exec "$@"';
      const wrapper = ["unshare", "--mount", "sh", "-c", script, "sh"];
      // Else it would hold a file there that it writes into, and nobody could make that read-only.
      const options = ["-XX:+PerfDisableSharedMem"];
      await using jvm = await programs.start("Plain", { wrapper, options });
      await using served = await serveJvm(coreOf(jvm), { env: MODIFY });
      expect((await served.get(`/jvm/${jvm.pid}/heap`)).status).toBe(200);
      const inside = ["nsenter", "--mount", "--target", String(jvm.pid)];
      run(...inside, "mount", "-o", "remount,ro", "/tmp");
      expect((await served.get(`/jvm/${jvm.pid}/heap`)).status).toBe(200);
      const refused = await served.get(`/jvm/${jvm.pid}/mbeans`);
      expect([refused.status, await refused.json()]).toMatchObject([
        409,
        { code: "jvm-not-attachable", remedy: "Compose, for the app: tmpfs: [/tmp]" },
      ]);
      expect(await agentPorts(jvm.pid)).toEqual([]);
    },
    60_000,
  );

  test.skipIf(isMissing("namespaces"))(
    "are beyond reach where the app's /tmp is full, and nothing stays behind",
    async () => {
      const script = 'mount -t tmpfs -o size=256k tmpfs /tmp && exec "$@"';
      const wrapper = ["unshare", "--mount", "sh", "-c", script, "sh"];
      // Else the JVM would have its file there, and take the room for it.
      const options = ["-XX:+PerfDisableSharedMem"];
      await using jvm = await programs.start("Plain", { wrapper, options });
      await using served = await serveJvm(coreOf(jvm), { env: MODIFY });
      expect((await served.get(`/jvm/${jvm.pid}/heap`)).status).toBe(200);
      const inside = `/proc/${jvm.pid}/root/tmp`;
      const fill = openSync(`${inside}/fill`, "w");
      expect(() => {
        for (;;) writeSync(fill, Buffer.alloc(4_096));
      }).toThrow("ENOSPC");
      const refused = await served.get(`/jvm/${jvm.pid}/mbeans`);
      expect([refused.status, await refused.json()]).toMatchObject([
        409,
        { code: "jvm-not-attachable", remedy: "Make room in the app's /tmp" },
      ]);
      expect(readdirSync(inside).filter((name) => name.startsWith(".tickbird"))).toEqual([]);
      closeSync(fill);
      rmSync(`${inside}/fill`);
      expect((await served.get(`/jvm/${jvm.pid}/mbeans`)).status).toBe(200);
    },
    60_000,
  );

  test.skipIf(isMissing("namespaces"))(
    "of a JVM with a network of its own that core.url does not lead into are beyond reach, and the remedy says so",
    async () => {
      await using jvm = await programs.start("Plain", { wrapper: ["unshare", "--net"] });
      await using served = await serveJvm(coreOf(jvm), { env: MODIFY });
      const refused = await served.get(`/jvm/${jvm.pid}/mbeans`);
      expect([refused.status, await refused.json()]).toMatchObject([
        409,
        { code: "jmx-not-open", remedy: "Compose, for the sidecar: network_mode: service:core" },
      ]);
      expect(foldersOf(jvm.pid)).toEqual([]);
    },
    60_000,
  );

  test.skipIf(isMissing("namespaces"))(
    "of a JVM with a network of its own are read over the private network that both are in, and by no other address",
    async () => {
      await using jvm = await programs.start("Plain", { wrapper: ["unshare", "--net"] });
      const name = `tb${jvm.pid}`;
      const inside = ["nsenter", "--net", "--target", String(jvm.pid)];
      run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", String(jvm.pid));
      onTestFinished(() => void spawnSync("ip", ["link", "delete", name]));
      run("ip", "address", "add", "198.18.77.1/30", "dev", name);
      run("ip", "link", "set", name, "up");
      run(...inside, "ip", "address", "add", "198.18.77.2/30", "dev", "eth0");
      run(...inside, "ip", "link", "set", "eth0", "up");
      const env = { ...MODIFY, SIDECAR_CORE_URL: "http://198.18.77.2:9" };
      await using served = await serveJvm(coreOf(jvm), { env });
      const heap = `/jvm/${jvm.pid}/mbeans/java.lang:type=Memory/attributes/HeapMemoryUsage`;
      expect(await (await served.get(heap)).json()).toMatchObject({ value: { used: expect.any(Number) } });
      expect((await agentPorts(jvm.pid)).map(({ address }) => address)).toEqual([
        expect.stringMatching(/^(?:198\.18\.77\.2|::ffff:c612:4d02)$/),
      ]);
    },
    60_000,
  );

  test("take the level modify where the app has no JMX port, and the capability says so", async () => {
    await using app = await startOdd(odd, []);
    const feature = jvmFeature(coreOf(app));
    const name = `read MBeans of JVM ${app.pid}`;
    const part = (await feature.capability()).parts.find((one) => one.name === name);
    expect(part).toMatchObject({ works: false, remedy: "SIDECAR_JVM_TOUCH=modify" });
    await feature[Symbol.asyncDispose]?.();
    await using served = await serveJvm(coreOf(app));
    const refused = await served.get(`/jvm/${app.pid}/mbeans`);
    expect([refused.status, await refused.json()]).toMatchObject([
      403,
      { code: "touch-not-allowed", remedy: "SIDECAR_JVM_TOUCH=modify" },
    ]);
    expect(foldersOf(app.pid)).toEqual([]);
  });

  test("are changed by operators where the settings name them, each time logged", async () => {
    await using app = await startOdd(odd, []);
    const lines: string[] = [];
    const log = createLog({ level: "info", access: false }, { write: (line) => void lines.push(line) });
    await using served = await serveJvm(coreOf(app), { env: ALLOW, log });
    const at = `/jvm/${app.pid}/mbeans`;
    const set = await served.get(`${at}/${VALUES}/attributes/Writable`, send("PUT", { value: 41 }));
    expect(attributeAnswer.parse(await set.json()).value).toBe(41);
    const echo = await served.get(
      `${at}/${VALUES}/operations/echo`,
      send("POST", { arguments: ["what was said"] }),
    );
    expect(await echo.json()).toMatchObject({ result: "what was said" });
    const wrong = await served.get(`${at}/${VALUES}/attributes/Writable`, send("PUT", { value: "no" }));
    expect([wrong.status, await wrong.json()]).toMatchObject([422, { code: "content-invalid" }]);
    const viewed = await served.get(`${at}/${VALUES}/attributes/Writable`, {
      ...send("PUT", { value: 5 }),
      headers: { ...asViewer.headers, "Content-Type": "application/json" },
    });
    expect([viewed.status, await viewed.json()]).toMatchObject([403, { code: "role-required" }]);
    const other = await served.get(
      `${at}/java.lang:type=Memory/attributes/Verbose`,
      send("PUT", { value: true }),
    );
    expect([other.status, await other.json()]).toMatchObject([
      403,
      {
        code: "mbean-not-allowed",
        remedy: 'SIDECAR_JVM_JMX_ALLOW=[{"mbean":"java.lang:type=Memory","attributes":["Verbose"]}]',
      },
    ]);
    const collecting = await served.get(`${at}/java.lang:type=Memory/operations/gc`, { method: "POST" });
    expect(collecting.status).toBe(403);
    expect(lines.filter((line) => line.includes('"audit":"jvm.mbean-')).length).toBe(3);
    expect(lines.join("\n")).not.toContain("what was said");
  });

  test("stay as they are where the settings do not allow a change, by operators too", async () => {
    await using app = await startOdd(odd, []);
    const path = `/jvm/${app.pid}/mbeans/${VALUES}`;
    const set = send("PUT", { value: 41 });
    const refusal = async (env: Record<string, string>, where: string, how: ReturnType<typeof send>) => {
      await using served = await serveJvm(coreOf(app), { env });
      const answer = await served.get(`${path}/${where}`, how);
      return [answer.status, await answer.json()];
    };
    expect(await refusal({}, "attributes/Writable", set)).toMatchObject([
      403,
      { code: "touch-not-allowed", remedy: "SIDECAR_JVM_TOUCH=modify" },
    ]);
    expect(await refusal(MODIFY, "attributes/Writable", set)).toMatchObject([
      403,
      { code: "mbean-not-allowed", remedy: expect.stringMatching(/^SIDECAR_JVM_JMX_ALLOW=/) },
    ]);
    const call = send("POST", { arguments: ["text"] });
    expect(await refusal(MODIFY, "operations/echo", call)).toMatchObject([
      403,
      { code: "mbean-not-allowed", remedy: expect.stringMatching(/^SIDECAR_JVM_JMX_ALLOW=/) },
    ]);
    await using served = await serveJvm(coreOf(app), { env: MODIFY });
    expect(await (await served.get(`${path}/attributes/Writable`)).json()).toMatchObject({ value: 1 });
  });

  test("of a JVM that is stopped are given up in time, and answered again when it goes on", async () => {
    const port = await freePort();
    await using app = await startOdd(odd, jmxFlags(port));
    await using served = await serveJvm(coreOf(app), { env: { SIDECAR_JVM_TIMEOUT_MS: "2000" } });
    const path = `/jvm/${app.pid}/mbeans`;
    expect((await served.get(path)).status).toBe(200);
    process.kill(app.pid, "SIGSTOP");
    const late = await served.get(path);
    process.kill(app.pid, "SIGCONT");
    expect([late.status, await late.json()]).toMatchObject([504, { code: "core-timeout" }]);
    await poll("it answers again", async () => (await served.get(path)).status === 200);
  });

  test("can't be changed with the role that reads: the JVM itself refuses, and there is no other", async () => {
    await using app = await startOdd(odd, []);
    await using finder = createJvmFinder({ find: async () => coreOf(app) });
    const jvm = await finder.require(app.pid);
    const attacher = createAttacher({ timeoutMs: 10_000 });
    await using agent = await startAgent(jvm, { attacher, host: "127.0.0.1", isChangeAllowed: false });
    expect(agent.changer).toBeNull();
    const { name: user, password } = agent.reader;
    const where = { host: "127.0.0.1", port: agent.port };
    await using client = await connectJmx({ ...where, credentials: { user, password } });
    const one = fromJson(1, "int", null);
    await expect(client.setAttribute("odd:type=Values", "Writable", one)).rejects.toMatchObject({
      failure: "forbidden",
    });
    await expect(client.invoke("java.lang:type=Memory", "gc", [], [])).rejects.toMatchObject({
      failure: "forbidden",
    });
    await expect(connectJmx({ ...where, credentials: null })).rejects.toMatchObject({
      failure: "login-refused",
    });
  });

  test("are reached anew after a sidecar that was killed has left its agent, and the agent goes when it is idle", async () => {
    await using app = await startOdd(odd, []);
    await using finder = createJvmFinder({ find: async () => coreOf(app) });
    const jvm = await finder.require(app.pid);
    const attacher = createAttacher({ timeoutMs: 10_000 });
    await using _lost = await startAgent(jvm, { attacher, host: "127.0.0.1", isChangeAllowed: true });
    const [left] = foldersOf(app.pid);
    await using served = await serveJvm(coreOf(app), {
      env: { ...MODIFY, SIDECAR_JVM_JMX_IDLE_MS: "1000" },
    });
    expect((await served.get(`/jvm/${app.pid}/mbeans`)).status).toBe(200);
    expect(foldersOf(app.pid)).toHaveLength(1);
    expect(foldersOf(app.pid)).not.toContain(left);
    await poll("the agent is removed", () => foldersOf(app.pid).length === 0);
    await poll("nothing listens", async () => (await agentPorts(app.pid)).length === 0);
    expect((await served.get(`/jvm/${app.pid}/mbeans`)).status).toBe(200);
  });

  test("of a JVM that ends in the middle of a call are answered as a failure of the app, and its files go", async () => {
    await using app = await startOdd(odd, []);
    await using served = await serveJvm(coreOf(app), { env: MODIFY });
    const path = `/jvm/${app.pid}/mbeans/${VALUES}/attributes/Writable`;
    expect((await served.get(path)).status).toBe(200);
    const [{ port = 0 } = {}] = await agentPorts(app.pid);
    process.kill(app.pid, "SIGSTOP");
    const asked = served.get(path);
    await poll("the call has come to the JVM", () => hasUnread(port));
    process.kill(app.pid, "SIGKILL");
    const answer = await asked;
    expect([502, 503]).toContain(answer.status);
    expect(await answer.json()).toMatchObject({ code: expect.stringMatching(/^core-/) });
    await poll("its files are removed", () => foldersOf(app.pid).length === 0);
  });

  test("are read by a port that the app has opened, with TLS and a password, at the level talk", async () => {
    const port = await freePort();
    const { flags, ca, folder } = await secureFlags(port);
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [caFile, passwordFile] = [join(folder, "ca.pem"), join(folder, "looker")];
    writeFileSync(caFile, ca);
    writeFileSync(passwordFile, "apassword\n");
    await using app = await startOdd(odd, flags);
    const env = {
      SIDECAR_JVM_JMX_CA_FILE: caFile,
      SIDECAR_JVM_JMX_USER: "looker",
      SIDECAR_JVM_JMX_PASSWORD_FILE: passwordFile,
    };
    await using served = await serveJvm(coreOf(app), { env });
    const path = `/jvm/${app.pid}/mbeans/${VALUES}/attributes/Writable`;
    expect(await (await served.get(path)).json()).toMatchObject({ value: 1 });
    await using unknown = await serveJvm(coreOf(app), { env: { SIDECAR_JVM_JMX_CA_FILE: caFile } });
    const refused = await unknown.get(path);
    expect([refused.status, await refused.json()]).toMatchObject([
      409,
      { code: "jmx-not-open", remedy: expect.stringContaining("SIDECAR_JVM_JMX_PASSWORD_FILE") },
    ]);
    await using changing = await serveJvm(coreOf(app), { env: { ...env, ...ALLOW } });
    const forbidden = await changing.get(path, send("PUT", { value: 2 }));
    expect([forbidden.status, await forbidden.json()]).toMatchObject([409, { code: "jvm-refused" }]);
    const feature = jvmFeature(coreOf(app));
    const part = (await feature.capability()).parts.find(({ name }) => name.startsWith("read MBeans"));
    expect(part).toMatchObject({ works: true, reason: expect.stringContaining(String(port)) });
    await feature[Symbol.asyncDispose]?.();
  });

  test("are read by an open port at the level talk where the JVM keeps no performance data", async () => {
    const port = await freePort();
    await using app = await startOdd(odd, ["-XX:-UsePerfData", ...jmxFlags(port)]);
    await using served = await serveJvm(coreOf(app));
    const answer = await served.get(`/jvm/${app.pid}/mbeans/${VALUES}/attributes/Writable`);
    expect([answer.status, await answer.json()]).toMatchObject([200, { value: 1 }]);
    expect(foldersOf(app.pid)).toEqual([]);
  });

  test("are beyond reach while another agent is there that is not ours, and it is left alone", async () => {
    await using app = await startOdd(odd, []);
    await using finder = createJvmFinder({ find: async () => coreOf(app) });
    const jvm = await finder.require(app.pid);
    const port = await freePort();
    const flags = jmxFlags(port).map((flag) => flag.replace("-Dcom.sun.management.", ""));
    const attacher = createAttacher({ timeoutMs: 10_000 });
    await attacher.ask(jvm, "jcmd", `ManagementAgent.start ${flags.join(" ")}`);
    await using served = await serveJvm(coreOf(app), { env: MODIFY });
    const refused = await served.get(`/jvm/${app.pid}/mbeans`);
    expect([refused.status, await refused.json()]).toMatchObject([
      409,
      { code: "jmx-not-open", remedy: expect.stringContaining("ManagementAgent.stop") },
    ]);
    await using client = await connectJmx({ host: "127.0.0.1", port, credentials: null });
    expect(await client.domains()).toContain("odd");
    expect(foldersOf(app.pid)).toEqual([]);
  });
});
