import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { createLog } from "../../src/web/log.ts";
import { serveJvm } from "../features/jvm/support.ts";
import { coreOf } from "../features/processes/support.ts";
import { compileJava, jmxFlags, startOdd } from "../support/jmx-fixtures.ts";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { OPERATOR_TOKEN, type ServedFeatures, VIEWER_TOKEN } from "../support/serve-features.ts";
import { installedJdks } from "./jvms.ts";

const ODD = "odd:type=Values";
const ENV = {
  ...{ SIDECAR_JVM_TOUCH: "modify", SIDECAR_JVM_JMX_IDLE_MS: "1000" },
  SIDECAR_JVM_JMX_ALLOW: '[{mbean: "odd:*", operations: [sendNotifications]}]',
};

const answerSchema = z.looseObject({ value: z.unknown().optional() });
const registration = z.object({ id: z.string() });
const pulled = z.object({ dropped: z.int(), notifications: z.array(z.unknown()) });

/** Asks as a viewer, for what is not to be changed. */
async function ask(served: ServedFeatures, request: object, token = VIEWER_TOKEN) {
  const answer = await served.get("/jolokia", {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify({ type: "notification", ...request }),
  });
  return answerSchema.parse(await answer.json());
}

const send = (served: ServedFeatures, count: number) => {
  const exec = { type: "exec", mbean: ODD, operation: "sendNotifications", arguments: [count] };
  return ask(served, exec, OPERATOR_TOKEN);
};

async function register(served: ServedFeatures, mode: "pull" | "sse"): Promise<string> {
  const { id } = registration.parse((await ask(served, { command: "register" })).value);
  const added = await ask(served, { command: "add", client: id, mode, mbean: ODD });
  expect(added).toMatchObject({ status: 200, value: "1" });
  return id;
}

/** Opens a stream; gives what comes by it, as text. */
async function open(served: ServedFeatures, id: string) {
  const leave = new AbortController();
  const answer = await served.get(`/jolokia/notification/open/${id}/sse`, {
    headers: { Authorization: `Bearer ${VIEWER_TOKEN}` },
    signal: leave.signal,
  });
  expect(answer.headers.get("content-type")).toMatch(/^text\/event-stream/);
  const stream = { text: "", isOver: false, leave: () => leave.abort() };
  const read = async () => {
    for await (const chunk of answer.body ?? []) stream.text += Buffer.from(chunk).toString();
  };
  void read()
    .catch(() => undefined)
    .then(() => {
      stream.isOver = true;
    });
  return stream;
}

const agentsOf = (pid: number) =>
  readdirSync("/tmp").filter((name) => name.startsWith(`.tickbird-jmx-${pid}-`));

describeWith(["jdk"], "Clients of Jolokia that hear notifications", () => {
  let odd: string;
  beforeAll(async () => {
    odd = await compileJava("Odd");
  });

  test("pull the latest hundred, with how many were dropped, while another is sent all of them", async () => {
    await using app = await startOdd(odd, []);
    await using served = await serveJvm(coreOf(app), { env: ENV });
    const [slow, quick] = [await register(served, "pull"), await register(served, "sse")];
    const stream = await open(served, quick);
    expect(await send(served, 150)).toMatchObject({ status: 200 });
    await poll("all of them", () => stream.text.includes('"number 150"'));
    expect(stream.text.match(/^data: /gm)).toHaveLength(150);
    const pull = { type: "exec", mbean: "jolokia:type=NotificationStore", operation: "pull" };
    const value = pulled.parse((await ask(served, { ...pull, arguments: [slow, "1"] })).value);
    expect([value.dropped, value.notifications.length]).toEqual([50, 100]);
    expect(value.notifications.at(-1)).toMatchObject({ message: "number 150", userData: 149 });
    stream.leave();
  });

  test("are given each of a flood of notifications, or told that it was dropped", async () => {
    await using app = await startOdd(odd, []);
    await using served = await serveJvm(coreOf(app), { env: ENV });
    const id = await register(served, "pull");
    await send(served, 20_000);
    const pull = { type: "exec", mbean: "jolokia:type=NotificationStore", operation: "pull" };
    const sums = { given: 0, dropped: 0 };
    await poll("all of them", async () => {
      const { dropped, notifications } = pulled.parse(
        (await ask(served, { ...pull, arguments: [id, "1"] })).value,
      );
      sums.given += notifications.length;
      sums.dropped += dropped;
      return sums.given + sums.dropped === 20_000;
    });
    expect(sums.given).toBeGreaterThan(0);
    expect(sums.dropped).toBeGreaterThan(0);
  });

  test("keep the agent in the JVM as long as they listen, and no longer", async () => {
    await using app = await startOdd(odd, []);
    await using served = await serveJvm(coreOf(app), { env: ENV });
    const id = await register(served, "sse");
    const stream = await open(served, id);
    const begun = performance.now();
    await poll("twice as long as it is kept otherwise", () => performance.now() - begun > 2_500);
    expect(agentsOf(app.pid)).toHaveLength(1);
    await send(served, 1);
    await poll("an event", () => stream.text.includes('"number 1"'));
    await ask(served, { command: "unregister", client: id });
    await poll("the end", () => stream.isOver);
    expect(stream.text).toContain('event: end\ndata: {"reason":"unregistered","dropped":0}');
    await poll("the agent is gone", () => agentsOf(app.pid).length === 0);
  });

  test("hear on when the agent was stopped by somebody else, and are told of the gap", async () => {
    await using app = await startOdd(odd, []);
    await using served = await serveJvm(coreOf(app), { env: ENV });
    const stream = await open(served, await register(served, "sse"));
    await send(served, 1);
    await poll("an event", () => stream.text.includes('"number 1"'));
    await promisify(execFile)("/usr/bin/jcmd", [String(app.pid), "ManagementAgent.stop"]);
    await poll("an event after the gap", async () => {
      await send(served, 1);
      return /"dropped":[1-9]/.test(stream.text);
    });
    stream.leave();
  });

  test("are told when the JVM ends, and are known no more", async () => {
    await using app = await startOdd(odd, []);
    await using served = await serveJvm(coreOf(app), { env: ENV });
    const id = await register(served, "sse");
    const stream = await open(served, id);
    await app.stop("SIGKILL");
    await poll("the end", () => stream.isOver, { timeoutMs: 20_000 });
    expect(stream.text).toMatch(/event: end\ndata: \{"reason":"/);
  });

  test("are told when the sidecar stops, which leaves nothing behind", async () => {
    await using app = await startOdd(odd, []);
    const lines: string[] = [];
    const log = createLog({ level: "info", access: false }, { write: (line) => void lines.push(line) });
    const stream = await (async () => {
      await using served = await serveJvm(coreOf(app), { env: ENV, log });
      const own = await open(served, await register(served, "sse"));
      served.stop();
      await poll("the end", () => own.isOver);
      expect(await ask(served, { command: "register" })).toMatchObject({ code: "shutting-down" });
      return own;
    })();
    expect(stream.text).toContain('"reason":"stopped"');
    expect(agentsOf(app.pid)).toEqual([]);
    expect(lines.filter((line) => line.includes("agent was removed"))).toHaveLength(1);
  });

  test("are not made by a link of another site", async () => {
    await using app = await startOdd(odd, []);
    await using served = await serveJvm(coreOf(app), { env: ENV });
    const basic = { Authorization: `Basic ${btoa(`any:${VIEWER_TOKEN}`)}` };
    const linked = await served.get("/jolokia/notification/register", { headers: basic });
    expect(await linked.json()).toMatchObject({ status: 403, error: expect.stringContaining("use POST") });
  });

  test.each(installedJdks())(
    "hear %s by the port that it has opened",
    async (_, home) => {
      const port = await freePort();
      await using app = await startOdd(odd, jmxFlags(port), `${home}/bin/java`);
      await using served = await serveJvm(coreOf(app), { env: ENV });
      const { id } = registration.parse((await ask(served, { command: "register" })).value);
      const add = { command: "add", client: id, mode: "sse", mbean: ODD };
      const delegate = "JMImplementation:type=MBeanServerDelegate";
      for (const more of [
        { filter: ["odd.other"] },
        { mbean: delegate },
        { filter: ["odd.other", "odd.c"] },
      ]) {
        expect(await ask(served, { ...add, ...more })).toMatchObject({ status: 200 });
      }
      const stream = await open(served, id);
      await send(served, 2);
      await poll("two events", () => stream.text.includes('"number 2"'));
      expect(stream.text.match(/"handle":"\d"/g)).toEqual(['"handle":"3"', '"handle":"3"']);
      stream.leave();
    },
    60_000,
  );
});
