import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromJson } from "../../../../src/features/jvm/jmx/from-json.ts";
import { connectJmx, type JmxClient } from "../../../../src/features/jvm/jmx/jmx-client.ts";
import { isJsonObject, type Json } from "../../../../src/features/jvm/jmx/json.ts";
import { createJolokia, type Jolokia } from "../../../../src/features/jvm/jolokia/answer-jolokia.ts";
import { createListMemory } from "../../../../src/features/jvm/jolokia/list-memory.ts";
import { maskJson } from "../../../../src/features/jvm/mbeans/mask-json.ts";
import {
  createNotificationClients,
  type NotificationClients,
} from "../../../../src/features/jvm/notifications/notification-clients.ts";
import { poll } from "../../../support/poll.ts";
import { type RecordedJvm, startRecordedJvm } from "../../../support/recorded-jvm.ts";

const ODD = "odd:type=Values";
const STORE = "jolokia:type=NotificationStore";

interface Stream {
  readonly id: string;
  readonly events: Json[];
  readonly ids: string[];
  readonly ends: string[];
  leave(): void;
}

function numberIn(message: unknown): number {
  return Number(String(message).slice("number ".length));
}

describe("Clients that hear notifications", () => {
  let jvm: RecordedJvm;
  let client: JmxClient;
  /** How often the way to the JVM is held. */
  const counted = { holds: 0 };

  beforeAll(async () => {
    jvm = await startRecordedJvm("notifications");
    client = await connectJmx({ host: "127.0.0.1", port: jvm.port, credentials: null });
  });
  afterAll(async () => {
    await client?.[Symbol.asyncDispose]();
    await jvm?.[Symbol.asyncDispose]();
  });

  function listeners(silenceMs?: number, counter = counted): NotificationClients {
    return createNotificationClients({
      async hold(act) {
        counter.holds += 1;
        await act(client).finally(() => {
          counter.holds -= 1;
        });
      },
      mask: maskJson,
      ...(silenceMs === undefined ? {} : { silenceMs }),
    });
  }

  function jolokiaOf(notifications: NotificationClients): Jolokia {
    return createJolokia({
      ...{ client, notifications, mask: maskJson, version: "1.0.0", denial: () => undefined },
      memory: createListMemory(),
    });
  }

  async function ask(
    jolokia: Jolokia,
    request: Record<string, Json> | string,
  ): Promise<Record<string, Json>> {
    const answer =
      typeof request === "string"
        ? await jolokia.answerPath(request, new Map())
        : await jolokia.answerBody(JSON.stringify({ type: "notification", ...request }));
    if (answer.kind !== "json" || !isJsonObject(answer.json)) throw new Error("it is no JSON object");
    return answer.json;
  }

  const send = (count: number) =>
    client.invoke(ODD, "sendNotifications", [fromJson(count, "int", null)], ["int"]);

  async function registered(jolokia: Jolokia): Promise<string> {
    const { value } = await ask(jolokia, { command: "register" });
    return isJsonObject(value) ? String(value["id"]) : "";
  }

  async function opened(jolokia: Jolokia, id: string): Promise<Stream> {
    const answer = await jolokia.answerPath(`/notification/open/${id}/sse`, new Map());
    if (answer.kind !== "events") throw new Error("it is no stream");
    const stream: Stream = { id, events: [], ids: [], ends: [], leave: () => undefined };
    stream.leave = answer.open({
      offer(data, eventId) {
        stream.events.push(JSON.parse(data));
        stream.ids.push(eventId);
        return true;
      },
      end: (reason) => void stream.ends.push(reason),
    });
    return stream;
  }

  /** The stream of a new client that hears all that is sent. */
  async function listened(jolokia: Jolokia): Promise<Stream> {
    const id = await registered(jolokia);
    await ask(jolokia, { command: "add", client: id, mode: "sse", mbean: ODD });
    return await opened(jolokia, id);
  }

  test("are told of the ways on which notifications come, by POST and by GET", async () => {
    await using notifications = listeners();
    const jolokia = jolokiaOf(notifications);
    const expected = {
      ...{ status: 200, request: { type: "notification", command: "register" } },
      value: {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        backend: {
          pull: { store: STORE, maxEntries: 100 },
          sse: { "backChannel.contentType": "text/event-stream", "backChannel.encoding": "UTF-8" },
        },
      },
    };
    expect(await ask(jolokia, { command: "register" })).toMatchObject(expected);
    expect(await ask(jolokia, "/notification/register")).toMatchObject(expected);
  });

  test("pull what has come, and hold the JVM only as long as they listen", async () => {
    await using notifications = listeners();
    const jolokia = jolokiaOf(notifications);
    const id = await registered(jolokia);
    expect(counted.holds).toBe(0);
    const added = await ask(jolokia, {
      ...{ command: "add", client: id, mode: "pull", mbean: ODD },
      ...{ filter: ["odd."], handback: { any: [1] }, config: { priority: "low" } },
    });
    expect(added).toMatchObject({
      ...{ status: 200, value: "1" },
      request: {
        ...{ type: "notification", command: "add", client: id, mode: "pull", mbean: ODD },
        ...{ filter: ["odd."], handback: { any: [1] }, config: { priority: "low" } },
      },
    });
    expect(counted.holds).toBe(1);
    await send(150);
    const pull = `/exec/${STORE}/pull(java.lang.String,java.lang.String)/${id}/1`;
    const messages: unknown[] = [];
    let dropped = 0;
    await poll("150 notifications", async () => {
      const { value } = await ask(jolokia, pull);
      expect(value).toMatchObject({ handle: "1", handback: { any: [1] } });
      const { notifications: some = [], dropped: more = 0 } = Object(value);
      messages.push(...some.map(({ message }: { message: string }) => message));
      dropped += more;
      return dropped + messages.length === 150;
    });
    expect(messages).toEqual([...messages].toSorted((a, b) => numberIn(a) - numberIn(b)));
    expect(numberIn(messages.at(-1)) - numberIn(messages[0])).toBe(messages.length - 1);
    expect(await ask(jolokia, pull)).toMatchObject({ value: { notifications: [], dropped: 0 } });
    expect(await ask(jolokia, `/notification/remove/${id}/1`)).toMatchObject({ status: 200, value: null });
    expect(counted.holds).toBe(0);
    expect(await ask(jolokia, pull)).toMatchObject({
      ...{ status: 400, error: "java.lang.IllegalArgumentException : No listener with handle 1 created" },
    });
  });

  test("see what each listens to, with all the parts of a path", async () => {
    await using notifications = listeners();
    const jolokia = jolokiaOf(notifications);
    const id = await registered(jolokia);
    const path = `/notification/add/${id}/sse/${ODD}/odd.a,odd.b/{"a":1}/back`;
    expect(await ask(jolokia, path)).toMatchObject({ value: "1" });
    expect(await ask(jolokia, `/notification/add/${id}/pull/${ODD}/ `)).toMatchObject({ value: "2" });
    expect(await ask(jolokia, `/notification/list/${id}`)).toMatchObject({
      request: { type: "notification", command: "list", client: id },
      value: {
        1: { mbean: ODD, filter: ["odd.a", "odd.b"], config: { a: 1 }, handback: "back" },
        2: { mbean: ODD },
      },
    });
    expect(await ask(jolokia, { command: "ping", client: id })).toMatchObject({ status: 200, value: null });
    expect(await ask(jolokia, { command: "unregister", client: id })).toMatchObject({ value: null });
    expect(await ask(jolokia, { command: "ping", client: id })).toMatchObject({
      ...{ status: 400, error: `java.lang.IllegalArgumentException : No client ${id} registered` },
    });
    expect(counted.holds).toBe(0);
  });

  test("hear all MBeans that a pattern stands for, as far as they notify of anything", async () => {
    await using notifications = listeners();
    const jolokia = jolokiaOf(notifications);
    const id = await registered(jolokia);
    const add = { command: "add", client: id, mode: "pull" };
    expect(await ask(jolokia, { ...add, mbean: "java.lang:type=Memory*" })).toMatchObject({ value: "1" });
    expect(await ask(jolokia, { ...add, mbean: "none:*" })).toMatchObject({
      ...{ status: 404, error_type: "javax.management.InstanceNotFoundException" },
    });
    expect(await ask(jolokia, { command: "list", client: id })).toMatchObject({
      value: { 1: { mbean: "java.lang:type=Memory*" } },
    });
  });

  test("get what comes by a stream, of which each has one", async () => {
    await using notifications = listeners();
    const jolokia = jolokiaOf(notifications);
    const id = await registered(jolokia);
    const first = await opened(jolokia, id);
    await ask(jolokia, { command: "add", client: id, mode: "sse", mbean: ODD });
    await send(3);
    await poll("three events", () => first.events.length === 3);
    expect(first.events).toMatchObject(
      first.ids.map((sequence) => ({
        ...{ handle: "1", handback: null, dropped: 0 },
        notifications: [{ type: "odd.counted", sequenceNumber: Number(sequence) }],
      })),
    );
    const second = await opened(jolokia, id);
    first.leave();
    expect([first.ends, second.ends]).toEqual([["replaced"], []]);
    await ask(jolokia, { command: "unregister", client: id });
    expect(second.ends).toEqual(["unregistered"]);
  });

  test("are forgotten when they say nothing for too long, unless they read a stream", async () => {
    const [readers, others] = [{ holds: 0 }, { holds: 0 }];
    await using read = listeners(1_000, readers);
    const reading = await listened(jolokiaOf(read));
    await using unread = listeners(1_000, others);
    const jolokia = jolokiaOf(unread);
    const silent = await registered(jolokia);
    await ask(jolokia, { command: "add", client: silent, mode: "pull", mbean: ODD });
    expect([readers.holds, others.holds]).toEqual([1, 1]);
    await poll("the silent one is forgotten", () => others.holds === 0);
    expect([readers.holds, reading.ends]).toEqual([1, []]);
    reading.leave();
    await poll("the one that reads no more is forgotten", () => readers.holds === 0);
  });

  test("end with the JVM, and are told so", async () => {
    await using ending = await startRecordedJvm("notifications-ending");
    let ways = 0;
    await using notifications = createNotificationClients({
      async hold(act) {
        ways += 1;
        await using own = await connectJmx({ host: "127.0.0.1", port: ending.port, credentials: null });
        await act(own);
      },
      mask: maskJson,
    });
    const jolokia = jolokiaOf(notifications);
    const reading = await listened(jolokia);
    await ending[Symbol.asyncDispose]();
    await poll("the end", () => reading.ends.length === 1);
    expect([reading.ends, ways]).toEqual([[expect.stringContaining("127.0.0.1")], 2]);
    expect(await ask(jolokia, { command: "ping", client: reading.id })).toMatchObject({ status: 400 });
  });

  test("stay known where there is no way to the JVM, and are told why", async () => {
    await using notifications = createNotificationClients({
      hold: () => Promise.reject(new Error("no way")),
      mask: maskJson,
    });
    const jolokia = jolokiaOf(notifications);
    const id = await registered(jolokia);
    const add = { command: "add", client: id, mode: "pull", mbean: ODD };
    expect(await ask(jolokia, add)).toMatchObject({ status: 500, error: "java.lang.Exception : no way" });
    expect(await ask(jolokia, { command: "list", client: id })).toMatchObject({ status: 200, value: {} });
  });

  test.each<[string, Record<string, Json>, string]>([
    ["without a command", {}, "No command with name '' exists"],
    ["with a command that is none", { command: "listen" }, "No command with name 'listen' exists"],
    ["without its client", { command: "list" }, "No client given for 'list'"],
    ["of a client that is none", { command: "list", client: "x" }, "No client x registered"],
    ["without its mode", { command: "add", client: "x" }, "No mode given for 'add'"],
    [
      "with a mode that is none",
      { command: "add", client: "x", mode: "ws", mbean: ODD },
      "No notification backend of type 'ws' registered. Known backends: pull, sse",
    ],
    [
      "for a name that is none",
      { command: "add", client: "x", mode: "sse", mbean: "y" },
      "Invalid object name.",
    ],
    [
      "with a configuration that is none",
      { command: "add", client: "x", mode: "sse", mbean: ODD, config: "{" },
      "Cannot parse config '{' as JSON Object",
    ],
    [
      "with types that are none",
      { command: "add", client: "x", mode: "sse", mbean: ODD, filter: [1] },
      "filter is not what it should be",
    ],
    ["for a stream that is none", { command: "open", client: "x", mode: "pull" }, "only sse can be opened"],
    ["for a stream of nobody", { command: "open", client: "x", mode: "sse" }, "No client x registered"],
  ])("are told what is wrong with a request %s", async (_what, request, message) => {
    await using notifications = listeners();
    const { status, error } = await ask(jolokiaOf(notifications), request);
    expect([status, error]).toEqual([400, expect.stringContaining(message)]);
  });

  test("are told where the MBean is none, where it notifies of nothing, and where there are too many", async () => {
    await using notifications = listeners();
    const jolokia = jolokiaOf(notifications);
    const id = await registered(jolokia);
    const add = { command: "add", client: id, mode: "pull" };
    expect(await ask(jolokia, { ...add, mbean: "odd:type=None" })).toMatchObject({ status: 404 });
    expect(await ask(jolokia, { ...add, mbean: "java.lang:type=Runtime" })).toMatchObject({ status: 400 });
    expect(counted.holds).toBe(0);
    for (let count = 0; count < 32; count += 1) await ask(jolokia, { ...add, mbean: ODD });
    expect(await ask(jolokia, { ...add, mbean: ODD })).toMatchObject({ status: 429 });
    for (let count = 1; count < 32; count += 1) await registered(jolokia);
    expect(await ask(jolokia, { command: "register" })).toMatchObject({ status: 429 });
    const bulk = await jolokia.answerBody(
      JSON.stringify([{ type: "notification", command: "open", client: id, mode: "sse" }]),
    );
    expect(bulk).toMatchObject({ kind: "json", json: [{ status: 400 }] });
    expect(await ask(jolokia, `/exec/${STORE}/pull/${id}`)).toMatchObject({ status: 400 });
  });
});
