import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { connectJmx } from "../../../../src/features/jvm/jmx/jmx-client.ts";
import { METHODS } from "../../../../src/features/jvm/jmx/jmx-methods.ts";
import { openJmxSession } from "../../../../src/features/jvm/jmx/jmx-session.ts";
import { remoteMethod } from "../../../../src/features/jvm/rmi/method.ts";
import { readReply } from "../../../../src/features/jvm/rmi/reply.ts";
import { javaClass, javaObject, part } from "../../../../src/features/jvm/serialization/build-values.ts";
import { createByteInput, readWhole } from "../../../../src/features/jvm/serialization/byte-input.ts";
import { isJavaObject, type JavaObject } from "../../../../src/features/jvm/serialization/java-values.ts";
import { createObjectWriter } from "../../../../src/features/jvm/serialization/object-writer.ts";
import { READ_LIMITS } from "../../../../src/features/jvm/serialization/read-limits.ts";
import { poll } from "../../../support/poll.ts";
import { freePort } from "../../../support/ports.ts";
import {
  type Exchange,
  LOOKER,
  recordedExchanges,
  replay,
  startRecordedJvm,
} from "../../../support/recorded-jvm.ts";

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

  test.each<[string, (thrown: JavaObject) => Pick<Exchange, "reply" | "closes">, string]>([
    ["its MBean", (thrown) => ({ reply: threw(mbeanException(thrown)), closes: false }), "threw"],
    ["its result", (thrown) => ({ reply: aborted(thrown), closes: true }), "not-serializable"],
  ])("is not made anew for a call that was made, where %s says the same", async (_what, lie, failure) => {
    const { port, exchanges } = recordedExchanges("forgetting");
    const changed = exchanges.map((exchange) => {
      const thrown = thrownIn(exchange.reply);
      return thrown === undefined ? exchange : { ...exchange, ...lie(thrown) };
    });
    await using jvm = await replay({ port, exchanges: changed });
    await using session = await openJmxSession({ host: HOST, port: jvm.port, credentials: null });
    await session.call(METHODS.close, []);
    const { messages } = jvm;
    const call = session.call(METHODS.getDefaultDomain, [null]);
    await expect(call).rejects.toMatchObject({ name: "JmxError", failure });
    expect([session.generation, jvm.messages]).toEqual([1, messages + 1]);
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

const ANY = remoteMethod("any()Ljava/lang/Object;");
/** What an MBean's own exception comes in. */
const MBEAN_EXCEPTION = javaClass("javax.management.MBeanException", 4066342430588744142n, [
  "Ljava/lang/Exception; exception",
]);

function mbeanException(exception: JavaObject): JavaObject {
  return javaObject(MBEAN_EXCEPTION, part({ exception }));
}

/** What a JVM throws that has forgotten a login. */
function thrownIn(bytes: Buffer): JavaObject | undefined {
  if (!bytes.includes("java.rmi.NoSuchObjectException")) return undefined;
  const input = createByteInput(READ_LIMITS.bytes);
  input.append(bytes);
  const reply = readWhole(input, readReply(input, READ_LIMITS, ANY));
  return reply.kind === "threw" && isJavaObject(reply.throwable) ? reply.throwable : undefined;
}

/** A reply of an exception. */
function threw(exception: JavaObject): Buffer {
  return Buffer.concat([Buffer.from(`51aced0005770f02${"00".repeat(14)}`, "hex"), written(exception)]);
}

/** A reply in the midst of which the result turned out to be none that can be written. */
function aborted(exception: JavaObject): Buffer {
  return Buffer.concat([Buffer.from(`51aced0005770f01${"00".repeat(14)}7b`, "hex"), written(exception)]);
}

function written(value: JavaObject): Buffer {
  const writer = createObjectWriter({ annotation: "rmi" });
  writer.writeValue(value);
  // Without what a stream begins with.
  return writer.take().subarray(4);
}
