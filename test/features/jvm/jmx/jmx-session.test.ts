import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { connectJmx } from "../../../../src/features/jvm/jmx/jmx-client.ts";
import { METHODS } from "../../../../src/features/jvm/jmx/jmx-methods.ts";
import { openJmxSession } from "../../../../src/features/jvm/jmx/jmx-session.ts";
import { poll } from "../../../support/poll.ts";
import { freePort } from "../../../support/ports.ts";
import { LOOKER, startRecordedJvm } from "../../../support/recorded-jvm.ts";

const HOST = "127.0.0.1";
const WRITABLE = { mbean: "odd:type=Values", attribute: "Writable" };

describe("a login", () => {
  test("is made anew where the JVM has forgotten it", async () => {
    await using jvm = await startRecordedJvm("forgetting");
    await using session = await openJmxSession({ host: HOST, port: jvm.port, credentials: null });
    await session.call(METHODS.close, []);
    expect(session.generation).toBe(1);
    expect(await session.call(METHODS.getDefaultDomain, [null])).toBe("DefaultDomain");
    expect(session.generation).toBe(2);
  });

  test("is not made anew for a call that means nothing to another", async () => {
    await using jvm = await startRecordedJvm("forgotten");
    await using session = await openJmxSession({ host: HOST, port: jvm.port, credentials: null });
    await session.call(METHODS.close, []);
    const call = session.call(METHODS.getDefaultDomain, [null], { generation: 1 });
    await expect(call).rejects.toMatchObject({ name: "JmxError", failure: "closed" });
  });

  test("outlives the connections that it was made over", async () => {
    await using jvm = await startRecordedJvm("reset");
    await using session = await openJmxSession({ host: HOST, port: jvm.port, credentials: null });
    jvm.disconnect();
    await poll("a call that finds a new connection", () => session.call(METHODS.getDefaultDomain, [null]));
    expect([session.generation, jvm.connections]).toEqual([1, 2]);
  });

  test("is kept by a call now and then", async () => {
    await using jvm = await startRecordedJvm("kept");
    await using _session = await openJmxSession({ host: HOST, port: jvm.port, credentials: null }, 40);
    const { messages } = jvm;
    await poll("calls that nobody asked for", () => jvm.messages > messages + 2);
  });

  test("with the right password reads, and no more than the role may", async () => {
    await using jvm = await startRecordedJvm("guarded", { isGuarded: true });
    await using client = await connectJmx({ host: HOST, port: jvm.port, credentials: LOOKER });
    const { mbean, attribute } = WRITABLE;
    expect(await client.attribute(mbean, attribute)).toMatchObject({ kind: "object" });
    await expect(client.setAttribute(mbean, attribute, null)).rejects.toMatchObject({ failure: "forbidden" });
  });

  test.each([null, { ...LOOKER, password: "wrong" }])("as %j is refused", async (credentials) => {
    await using jvm = await startRecordedJvm(credentials === null ? "unknown" : "wrong", { isGuarded: true });
    const login = connectJmx({ host: HOST, port: jvm.port, credentials });
    await expect(login).rejects.toMatchObject({ name: "JmxError", failure: "login-refused" });
  });
});

describe("where there is no JMX, connecting fails", () => {
  test("and says that nothing answers", async () => {
    const port = await freePort();
    const login = connectJmx({ host: HOST, port, credentials: null });
    await expect(login).rejects.toMatchObject({
      failure: "unreachable",
      message: expect.stringContaining(`${port}`),
    });
  });

  test.each<[string, string, string]>([
    ["something else answers", "HTTP/1.1 400 Bad Request\r\n\r\n", "not-jmx"],
    ["nothing is said in time", "", "timeout"],
  ])("and says that %s", async (_what, greeting, failure) => {
    const server = createServer((socket) => socket.on("error", () => undefined).write(greeting));
    await once(server.listen(0, HOST), "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const login = connectJmx({ host: HOST, port, credentials: null, timeoutMs: 200 });
    await expect(login).rejects.toMatchObject({ name: "JmxError", failure });
  });
});
