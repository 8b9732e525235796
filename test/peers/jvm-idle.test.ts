import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { METHODS } from "../../src/features/jvm/jmx/jmx-methods.ts";
import { openJmxSession } from "../../src/features/jvm/jmx/jmx-session.ts";
import { serveJvm } from "../features/jvm/support.ts";
import { coreOf } from "../features/processes/support.ts";
import { compileJava, jmxFlags, startForgetting, startOdd } from "../support/jmx-fixtures.ts";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import type { ServedFeatures } from "../support/serve-features.ts";
import { installedJdks } from "./jvms.ts";

/** How long a JVM keeps a connection on which nothing comes: two hours, unless it is told otherwise. */
const READ_TIMEOUT = "-Dsun.rmi.transport.tcp.readTimeout=1500";
const NEVER_MS = 3_600_000;
const TIMES = 3;

/** The ports of loopback that somebody is connected to (ESTABLISHED of proc_pid_net(5)). */
function connectedPorts(): Set<number> {
  const tables = ["tcp", "tcp6"].map((table) => readFileSync(`/proc/net/${table}`, "utf8"));
  const lines = tables.join("\n").split("\n");
  return new Set(
    lines.flatMap((line) => {
      const [, , remote = "", state] = line.trim().split(/\s+/);
      return state === "01" ? [Number.parseInt(remote.split(":")[1] ?? "", 16)] : [];
    }),
  );
}

function untilDropped(port: number): Promise<unknown> {
  return poll("the JVM has dropped all connections", () => !connectedPorts().has(port));
}

/** The port of the agent that was started in a JVM: its folder is named by it. */
function agentPortOf(pid: number): number {
  const prefix = `.tickbird-jmx-${pid}-`;
  const [folder = ""] = readdirSync("/tmp").filter((name) => name.startsWith(prefix));
  return Number.parseInt(folder.slice(prefix.length), 10);
}

describeWith(["jdk"], "Where a JVM drops what is idle", () => {
  let odd: string;
  beforeAll(async () => {
    odd = await compileJava("Odd");
  });

  test.each(installedJdks())(
    "the next call goes over a new connection, with the login that there is: %s",
    async (_, home) => {
      const port = await freePort();
      await using _app = await startOdd(odd, [...jmxFlags(port), READ_TIMEOUT], join(home, "bin/java"));
      const options = { host: "127.0.0.1", port, credentials: null };
      await using session = await openJmxSession(options, NEVER_MS);
      for (let time = 0; time < TIMES; time += 1) {
        expect(await session.call(METHODS.getDefaultDomain, [null])).toBe("DefaultDomain");
        await untilDropped(port);
      }
      expect(await session.call(METHODS.getDefaultDomain, [null])).toBe("DefaultDomain");
      expect(session.generation).toBe(1);
    },
    120_000,
  );

  test.each([
    ["the port that it has opened", true],
    ["an agent that was started for it", false],
  ])(
    "the next request is answered as if nothing had been, over %s",
    async (_, hasPort) => {
      const port = await freePort();
      await using app = await startOdd(odd, [...(hasPort ? jmxFlags(port) : []), READ_TIMEOUT]);
      await using served = await serveJvm(coreOf(app), { env: { SIDECAR_JVM_TOUCH: "modify" } });
      for (let time = 0; time <= TIMES; time += 1) {
        expect(await readWritable(served, app.pid)).toEqual([200, 1, 200, 1]);
        const used = hasPort ? port : agentPortOf(app.pid);
        expect(used).toBeGreaterThan(1_023);
        if (time < TIMES) await untilDropped(used);
      }
    },
    120_000,
  );

  test("a login that it has forgotten is made anew by the next call, which does what it was to do", async () => {
    const port = await freePort();
    await using jvm = await startForgetting(port, 1_000);
    const options = { host: "127.0.0.1", port, credentials: null };
    await using session = await openJmxSession(options, NEVER_MS);
    for (let time = 1; time <= TIMES; time += 1) {
      await poll("it has forgotten", () => (jvm.output().match(/closed/g)?.length ?? 0) >= time);
      expect(await session.call(METHODS.getDefaultDomain, [null])).toBe("DefaultDomain");
      expect(session.generation).toBe(time + 1);
    }
  });
});

/** By the API, and as a client of Jolokia. */
async function readWritable(served: ServedFeatures, pid: number) {
  const api = await served.get(`/jvm/${pid}/mbeans/odd:type=Values/attributes/Writable`);
  const jolokia = await served.get("/jolokia/read/odd:type=Values/Writable");
  const [{ value }, answer] = [await api.json(), await jolokia.json()];
  return [api.status, value, answer.status, answer.value];
}
