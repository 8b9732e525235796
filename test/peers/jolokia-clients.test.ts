import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import JolokiaSimple from "@jolokia.js/simple";
import type { NotificationOptions } from "jolokia.js";
import Jolokia from "jolokia.js";
import { beforeAll, expect, test } from "vitest";
import { createLog } from "../../src/web/log.ts";
import { jvmFeature, serveJvm } from "../features/jvm/support.ts";
import { coreOf } from "../features/processes/support.ts";
import { fixturePath } from "../linux/target-process.ts";
import { compileJava, startOdd } from "../support/jmx-fixtures.ts";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { OPERATOR_TOKEN, serveFeatures, VIEWER_TOKEN } from "../support/serve-features.ts";
import { installedJdks } from "./jvms.ts";
import { startTomcat } from "./tomcat.ts";

const run = promisify(execFile);
const ODD = "odd:type=Values";
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const ENV = {
  SIDECAR_JVM_TOUCH: "modify",
  SIDECAR_JVM_JMX_ALLOW:
    '[{mbean: "odd:*", attributes: [Writable], operations: [echo, sendNotifications]}, {mbean: "changing:*", attributes: ["*"], operations: [draw]}]',
};

describeWith(["jdk", "tomcat"], "Clients of Jolokia", () => {
  let odd: string;
  beforeAll(async () => {
    odd = await compileJava("Odd");
  });

  test("@jolokia.js/simple reads, writes, calls, searches and lists, and asks for several things at once", async () => {
    await using app = await startOdd(odd, ["-Dapi.key=abc"]);
    await using served = await serveJvm(coreOf(app), { env: ENV });
    const jolokia = new JolokiaSimple({ url: `${served.url}/jolokia`, headers: bearer(OPERATOR_TOKEN) });
    expect(await jolokia.version()).toMatchObject({ protocol: "7.3" });
    expect(await jolokia.getAttribute("java.lang:type=Memory", "HeapMemoryUsage", "max")).toBeGreaterThan(
      100_000_000,
    );
    expect(await jolokia.setAttribute(ODD, "Writable", 7)).toBe(1);
    expect(await jolokia.getAttribute(ODD, "Writable")).toBe(7);
    expect(await jolokia.execute(ODD, "echo", "a/b!c")).toBe("a/b!c");
    expect(await jolokia.search("odd:*")).toContain(ODD);
    expect(await jolokia.list("odd")).toHaveProperty(["type=Values", "attr", "Writable"]);
    expect(await jolokia.getAttribute("java.lang:type=Runtime", "SystemProperties", "api.key")).toBe(
      "******",
    );
    const runtime = await jolokia.getAttribute("java.lang:type=Runtime", { ignoreErrors: true });
    expect(JSON.stringify(runtime)).not.toMatch(/"abc"|=abc/);
    const plain = new Jolokia({
      url: `${served.url}/jvm/${app.pid}/jolokia/`,
      headers: bearer(OPERATOR_TOKEN),
    });
    const answers = await plain.request([
      { type: "read", mbean: ODD, attribute: "Writable" },
      { type: "read", mbean: "odd:type=None" },
    ]);
    expect(answers).toMatchObject([{ status: 200, value: 7 }, { status: 404 }]);
  });

  test("read from a Tomcat without any flag for JMX, with slashes in the names", async () => {
    await using tomcat = await startTomcat();
    await using served = await serveJvm(coreOf({ pid: tomcat.pid }), { env: ENV });
    const jolokia = new JolokiaSimple({ url: `${served.url}/jolokia`, headers: bearer(VIEWER_TOKEN) });
    const found = await jolokia.search("*:j2eeType=WebModule,*");
    const [name = ""] = Array.isArray(found) ? found : [];
    expect(name).toContain("//localhost/examples");
    expect(await jolokia.getAttribute(name, "path")).toBe("/examples");
    expect(await jolokia.getAttribute(name, "path", { method: "post" })).toBe("/examples");
  });

  test("change nothing that the settings do not name, as viewers nothing, and by a mere link nothing", async () => {
    await using app = await startOdd(odd, []);
    const lines: string[] = [];
    const log = createLog({ level: "info", access: false }, { write: (line) => void lines.push(line) });
    await using served = await serveJvm(coreOf(app), { env: ENV, log });
    const ask = async (path: string, headers: Record<string, string>) =>
      (await served.get(`/jolokia/${path}`, { headers })).json();
    const denied = { status: 403, error_type: "java.lang.SecurityException" };
    const write = `write/${ODD}/Writable/9`;
    expect(await ask(write, bearer(VIEWER_TOKEN))).toMatchObject(denied);
    expect(await ask("exec/java.lang:type=Memory/gc", bearer(OPERATOR_TOKEN))).toMatchObject({
      ...denied,
      error: expect.stringContaining("SIDECAR_JVM_JMX_ALLOW="),
    });
    const basic = { Authorization: `Basic ${btoa(`any:${OPERATOR_TOKEN}`)}` };
    expect(await ask(write, basic)).toMatchObject({ ...denied, error: expect.stringContaining("use POST") });
    expect(await ask(`read/${ODD}/Writable`, basic)).toMatchObject({ status: 200, value: 1 });
    expect(lines.filter((line) => line.includes("audit"))).toEqual([]);
    expect(await ask(write, bearer(OPERATOR_TOKEN))).toMatchObject({ status: 200, value: 1 });
    expect(lines.filter((line) => line.includes('"audit":"jvm.jolokia-write"'))).toHaveLength(1);
    const none = await served.get("/jolokia/version?nonsense=1");
    expect([none.status, await none.json()]).toMatchObject([400, { code: "invalid-parameter" }]);
    const text = await served.get("/jolokia", { method: "POST", body: "{}" });
    expect(text.status).toBe(415);
  });

  test.each(installedJdks())(
    "set tables, composites and parts of values in %s",
    async (_, home) => {
      await using app = await startOdd(odd, [], `${home}/bin/java`);
      await using served = await serveJvm(coreOf(app), { env: ENV });
      const jolokia = new JolokiaSimple({ url: `${served.url}/jolokia`, headers: bearer(OPERATOR_TOKEN) });
      const [plain, open] = ["changing:type=Plain", "changing:type=Open"];
      const points = { b: { x: 5, y: 6, label: "q" } };
      expect(await jolokia.setAttribute(open, "Points", points)).toEqual({ a: { x: 1, y: 2, label: "p" } });
      expect(await jolokia.getAttribute(open, "Points")).toEqual(points);
      expect(await jolokia.setAttribute(open, "Point", 7, "x")).toBe(1);
      expect(await jolokia.getAttribute(open, "Point")).toEqual({ x: 7, y: 2, label: "p" });
      const draw = { type: "exec" as const, mbean: open, operation: "draw", arguments: [points] };
      expect(await jolokia.request(draw, { method: "post" })).toMatchObject({ value: "b=5/6" });
      expect(await jolokia.setAttribute(plain, "Map", "new", ["list", "1"])).toBe("two");
      expect(await jolokia.getAttribute(plain, "Map", "list")).toEqual([1, "new"]);
      const path = `/jvm/${app.pid}/mbeans/${plain}/attributes/Table`;
      const set = await served.get(path, {
        method: "PUT",
        headers: { "Content-Type": "application/json" },
        body: '{"value": [{"name": "n", "number": 2}]}',
      });
      expect([set.status, await set.json()]).toMatchObject([200, { value: { n: { 2: { number: 2 } } } }]);
    },
    120_000,
  );

  test("are told less where they ask for less, and only that where nothing has changed", async () => {
    await using app = await startOdd(odd, []);
    await using served = await serveJvm(coreOf(app), { env: ENV });
    const jolokia = new Jolokia({ url: `${served.url}/jolokia`, headers: bearer(VIEWER_TOKEN) });
    const read = { type: "read" as const, mbean: ODD, attribute: "Matrix" };
    const [cut] = [await jolokia.request(read, { maxCollectionSize: 1 })];
    expect(cut).toMatchObject({ value: [[1]] });
    expect(await jolokia.request(read, { maxDepth: 1 })).toMatchObject({ value: ["[1,2]", "[]", "[3]"] });
    // By GET, which is how it asks for one thing, and with * for all attributes.
    expect(await jolokia.request({ type: "read", mbean: "changing:type=Open" })).toMatchObject({
      value: { Numbered: { 1: "one" }, Point: { x: 1 } },
    });
    const throwing = { ...read, attribute: "Throwing" };
    expect(await jolokia.request(throwing)).not.toHaveProperty("stacktrace");
    expect(
      await jolokia.request(throwing, { includeStackTrace: true, serializeException: true }),
    ).toMatchObject({
      stacktrace: expect.stringContaining("Caused by: java.lang.RuntimeException: the cause"),
      error_value: { message: "on purpose", cause: { message: "the cause" } },
    });
    const list = { type: "list" as const, path: "odd" };
    expect(await jolokia.request(list)).toMatchObject({ status: 200 });
    const later = Math.ceil(Date.now() / 1_000) + 1;
    const same = await jolokia.request(list, { ifModifiedSince: later });
    expect(same).toMatchObject({ status: 304 });
    expect(same).not.toHaveProperty("value");
    const text = await served.get("/jolokia/version?mimeType=text/plain");
    expect(text.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(await jolokia.request({ type: "list" }, { listCache: true })).toHaveProperty("value.domains.odd");
  });

  test("may give every option that jolokia.js passes on, and no other JVM as a target", async () => {
    await using app = await startOdd(odd, []);
    await using served = await serveJvm(coreOf(app), { env: ENV });
    const source = readFileSync(
      new URL("../../node_modules/jolokia.js/dist/jolokia.mjs", import.meta.url),
      "utf8",
    );
    const [, list = ""] = /const PROCESSING_PARAMS = \[([^\]]+)\]/.exec(source) ?? [];
    const options = Array.from(list.matchAll(/"(\w+)"/g), ([, name = ""]) => name);
    expect(options.length).toBeGreaterThan(10);
    const query = options.map((name) => `${name}=${/^max|Since$/.test(name) ? 7 : "true"}`).join("&");
    const answer = await served.get(`/jolokia/read/${ODD}/Writable?${query}`);
    expect([answer.status, await answer.json()]).toMatchObject([200, { status: 200, value: 1 }]);
    const jolokia = new Jolokia({ url: `${served.url}/jolokia`, headers: bearer(VIEWER_TOKEN) });
    const elsewhere = { type: "read" as const, mbean: ODD, attribute: "Writable" };
    const target = { url: "service:jmx:rmi:///jndi/rmi://other:9010/jmxrmi" };
    expect(await jolokia.request({ ...elsewhere, target })).toMatchObject({ status: 400 });
  });

  test("hear what an MBean notifies of by pulling it, until they listen no more", async () => {
    await using app = await startOdd(odd, []);
    await using served = await serveJvm(coreOf(app), { env: ENV });
    const client = (token: string) =>
      new JolokiaSimple({ url: `${served.url}/jolokia`, headers: bearer(token) });
    const viewer = client(VIEWER_TOKEN);
    const heard: Heard[] = [];
    const callback = (result: Heard) => void heard.push(result);
    const handle = await viewer.addNotificationListener({
      ...{ mode: "pull" as const, mbean: ODD, filter: "odd.counted", handback: "mine", callback },
    });
    await client(OPERATOR_TOKEN).execute(ODD, "sendNotifications", 3);
    viewer.start(50);
    const messages = () => heard.flatMap(({ notifications }) => notifications.map(({ message }) => message));
    await poll("three notifications", () => messages().length === 3);
    expect(messages()).toEqual(["number 1", "number 2", "number 3"]);
    expect(heard[0]).toMatchObject({
      ...{ handle: "1", handback: "mine", dropped: 0 },
      notifications: [
        {
          ...{ type: "odd.counted", sequenceNumber: 1, timeStamp: 1_700_000_000_000, userData: 0 },
          source: { objectName: ODD },
        },
        ...(heard[0]?.notifications.slice(1) ?? []),
      ],
    });
    expect(await viewer.removeNotificationListener(handle)).toBe(true);
    await client(OPERATOR_TOKEN).execute(ODD, "sendNotifications", 1);
    expect(await viewer.unregisterNotificationClient()).toBe(true);
    viewer.stop();
    expect(messages()).toHaveLength(3);
  });

  test("hear it as a stream of events, by the EventSource of Node", async () => {
    await using app = await startOdd(odd, []);
    await using served = await serveFeatures([jvmFeature(coreOf(app), { env: ENV })], {
      authentication: false,
    });
    const script = fixturePath("jmx/event-source.mjs");
    const { stdout } = await run(process.execPath, [
      ...["--experimental-eventsource", "--no-warnings", script, `${served.url}/jolokia`, ODD],
    ]);
    expect(JSON.parse(stdout)).toEqual({
      messages: ["number 1", "number 2"],
      ...{ dropped: 0, handback: { of: "mine" }, removed: true, unregistered: true },
    });
  });
});

type Heard = Parameters<NonNullable<NotificationOptions["callback"]>>[0];
