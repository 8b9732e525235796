import { execFile } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findLocalConnector } from "../../src/features/jvm/access/local-connector.ts";
import { createJvmFinder } from "../../src/features/jvm/jvm-finder.ts";
import { isWildcard, readListeningSockets } from "../../src/linux/listening-sockets.ts";
import { createLog } from "../../src/web/log.ts";
import { jvmFeature, serveJvm } from "../features/jvm/support.ts";
import { coreOf } from "../features/processes/support.ts";
import { compileJava, startOdd } from "../support/jmx-fixtures.ts";
import { isMissing } from "../support/needs.ts";
import { describeWith } from "../support/peers.ts";
import { OPERATOR_TOKEN } from "../support/serve-features.ts";
import { compilePrograms, installedJdks, type Programs } from "./jvms.ts";

const run = promisify(execFile);
const WRITABLE = "mbeans/odd:type=Values/attributes/Writable";
const ALLOW = {
  SIDECAR_JVM_TOUCH: "modify",
  SIDECAR_JVM_JMX_ALLOW: '[{mbean: "odd:*", attributes: [Writable]}]',
};
const PUT = {
  method: "PUT",
  headers: { Authorization: `Bearer ${OPERATOR_TOKEN}`, "Content-Type": "application/json" },
  body: '{"value": 5}',
};

const jcmd = (home: string, pid: number, command: string) =>
  run(join(home, "bin/jcmd"), [String(pid), command]);
const foldersOf = (pid: number) =>
  readdirSync("/tmp").filter((name) => name.startsWith(`.tickbird-jmx-${pid}-`));

/** Where a process listens itself: others may be in its network. */
async function listeningOf(pid: number): Promise<string[]> {
  const held = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      return [];
    }
  });
  return (await readListeningSockets(pid))
    .filter(({ inode }) => held.includes(inode))
    .map(({ address }) => address);
}

async function hasConnector(pid: number): Promise<boolean> {
  await using finder = createJvmFinder({ find: async () => coreOf({ pid }) });
  return (await findLocalConnector(await finder.require(pid))) !== undefined;
}

describeWith(["jdk"], "The local connector of a JVM", () => {
  let odd: string;
  let programs: Programs;
  beforeAll(async () => {
    [odd, programs] = await Promise.all([compileJava("Odd"), compilePrograms("Plain")]);
  });
  afterAll(async () => {
    await programs?.[Symbol.asyncDispose]();
  });

  test.each(installedJdks())(
    "that somebody has opened is used at the level talk where the network is shared, and nothing is started: %s",
    async (_, home) => {
      await using app = await startOdd(odd, [], join(home, "bin/java"));
      await jcmd(home, app.pid, "ManagementAgent.start_local");
      const before = await listeningOf(app.pid);
      const lines: string[] = [];
      const log = createLog({ level: "info", access: false }, { write: (line) => void lines.push(line) });
      await using served = await serveJvm(coreOf(app), { log });
      const answer = await served.get(`/jvm/${app.pid}/${WRITABLE}`);
      expect([answer.status, await answer.json()]).toMatchObject([200, { value: 1 }]);
      const jolokia = await served.get("/jolokia/read/odd:type=Values/Writable");
      expect(await jolokia.json()).toMatchObject({ status: 200, value: 1 });
      const set = await served.get(`/jvm/${app.pid}/${WRITABLE}`, PUT);
      expect([set.status, await set.json()]).toMatchObject([403, { code: "touch-not-allowed" }]);
      expect(foldersOf(app.pid)).toEqual([]);
      expect(await listeningOf(app.pid)).toEqual(before);
      expect(lines.filter((line) => line.includes("agent"))).toEqual([]);
    },
    120_000,
  );

  test("that the app was started with is used, the capability says so, and only what the settings name is changed", async () => {
    await using app = await startOdd(odd, ["-Dcom.sun.management.jmxremote"]);
    const feature = jvmFeature(coreOf(app), { env: ALLOW });
    const { parts } = await feature.capability();
    expect(parts.find(({ name }) => name.startsWith("read MBeans"))).toMatchObject({
      works: true,
      reason: expect.stringContaining("local connector"),
    });
    await feature[Symbol.asyncDispose]?.();
    await using served = await serveJvm(coreOf(app), { env: ALLOW });
    const set = await served.get(`/jvm/${app.pid}/${WRITABLE}`, PUT);
    expect([set.status, await set.json()]).toMatchObject([200, { value: 5 }]);
    // The JVM itself would let it pass.
    const other = await served.get(`/jvm/${app.pid}/mbeans/java.lang:type=Memory/attributes/Verbose`, {
      ...PUT,
      body: '{"value": true}',
    });
    expect([other.status, await other.json()]).toMatchObject([403, { code: "mbean-not-allowed" }]);
    expect(foldersOf(app.pid)).toEqual([]);
  });

  test.skipIf(isMissing("namespaces"))(
    "of a JVM with a network of its own is not used: it would refuse whoever is not on its machine",
    async () => {
      const options = ["-Dcom.sun.management.jmxremote"];
      await using jvm = await programs.start("Plain", { wrapper: ["unshare", "--net"], options });
      await using served = await serveJvm(coreOf(jvm));
      const refused = await served.get(`/jvm/${jvm.pid}/mbeans`);
      expect([refused.status, await refused.json()]).toMatchObject([
        403,
        { code: "touch-not-allowed", remedy: "SIDECAR_JVM_TOUCH=modify" },
      ]);
    },
    120_000,
  );

  test.each(installedJdks())(
    "is never opened by the sidecar, since nobody could close it, and it listens on all addresses: %s",
    async (_, home) => {
      await using app = await startOdd(odd, [], join(home, "bin/java"));
      {
        await using served = await serveJvm(coreOf(app), { env: ALLOW });
        expect((await served.get(`/jvm/${app.pid}/${WRITABLE}`)).status).toBe(200);
        expect(await hasConnector(app.pid)).toBe(false);
      }
      expect(await listeningOf(app.pid)).toEqual([]);
      await jcmd(home, app.pid, "ManagementAgent.start_local");
      await jcmd(home, app.pid, "ManagementAgent.stop");
      expect(await hasConnector(app.pid)).toBe(true);
      expect((await listeningOf(app.pid)).map(isWildcard)).toEqual([true]);
    },
    120_000,
  );
});
