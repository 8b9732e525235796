import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectJmx, type JmxClient } from "../../../../src/features/jvm/jmx/jmx-client.ts";
import type { Json } from "../../../../src/features/jvm/jmx/json.ts";
import { createJolokia } from "../../../../src/features/jvm/jolokia/answer-jolokia.ts";
import { rawParts, splitPath } from "../../../../src/features/jvm/jolokia/escaped-path.ts";
import { createListMemory } from "../../../../src/features/jvm/jolokia/list-memory.ts";
import { createNotificationClients } from "../../../../src/features/jvm/notifications/notification-clients.ts";
import { jmxFixture } from "../../../support/jmx-fixtures.ts";
import { askOurs, comparable } from "../../../support/jolokia-oracle.ts";
import { JOLOKIA_DIFFERENCES, JOLOKIA_REQUESTS } from "../../../support/jolokia-requests.ts";
import { type RecordedJvm, startRecordedJvm } from "../../../support/recorded-jvm.ts";

/** What Jolokia's own core once answered, request by request. */
const RECORDED: readonly string[] = JSON.parse(
  gunzipSync(readFileSync(jmxFixture("jolokia-answers.json.gz"))).toString(),
);

describe("the protocol of Jolokia", () => {
  let jvm: RecordedJvm;
  let client: JmxClient;
  let answers: readonly Json[];

  beforeAll(async () => {
    jvm = await startRecordedJvm("jolokia");
    client = await connectJmx({ host: "127.0.0.1", port: jvm.port, credentials: null });
    answers = await askOurs(client, JOLOKIA_REQUESTS);
  });
  afterAll(async () => {
    await client?.[Symbol.asyncDispose]();
    await jvm?.[Symbol.asyncDispose]();
  });

  const same = JOLOKIA_REQUESTS.filter((request) => !JOLOKIA_DIFFERENCES.has(request));
  test.each(same)("is answered as Jolokia itself does: %s", (request) => {
    const at = JOLOKIA_REQUESTS.indexOf(request);
    expect(comparable(answers[at] ?? null)).toEqual(comparable(RECORDED[at] ?? ""));
  });

  test.each([...JOLOKIA_DIFFERENCES])("is answered in its own way: %s, since %s", (request) => {
    const at = JOLOKIA_REQUESTS.indexOf(request);
    expect(comparable(answers[at] ?? null)).not.toEqual(comparable(RECORDED[at] ?? ""));
    expect(answers[at]).toBeDefined();
  });
});

describe("an answer", () => {
  let jvm: RecordedJvm;
  let client: JmxClient;

  beforeAll(async () => {
    jvm = await startRecordedJvm("jolokia-options");
    client = await connectJmx({ host: "127.0.0.1", port: jvm.port, credentials: null });
  });
  afterAll(async () => {
    await client?.[Symbol.asyncDispose]();
    await jvm?.[Symbol.asyncDispose]();
  });

  test.each<[string, string, Json]>([
    ["repeats no request where that is not wanted", "GET /version?includeRequest=false", { status: 200 }],
    [
      "has longs as text where JavaScript is to keep their digits",
      "GET /read/odd:type=Values/LongValue,Longs,IntValue?serializeLong=string",
      {
        value: {
          LongValue: "9007199254740993",
          Longs: ["9223372036854775807", "0"],
          IntValue: -2_147_483_648,
        },
      },
    ],
    [
      "has names as the MBean has them where they are not to be canonical",
      "GET /search/odd:type=Open,*?canonicalNaming=false",
      { value: ['odd:type=Open,name="quoted, and = \\""'] },
    ],
    [
      "lists domains alone where no more is asked for",
      "GET /list?maxDepth=1",
      { value: { "java.lang": "1", odd: "1" } },
    ],
    [
      "lists names alone where no more is asked for",
      'POST {"type":"list","path":"odd","config":{"maxDepth":1}}',
      { value: { "type=Values": "1" } },
    ],
    [
      "describes notifications",
      "GET /list/java.lang/type=Memory/notif/javax.management.Notification/types/0",
      { status: 400 },
    ],
    [
      "describes what an MBean notifies of",
      "GET /list/java.lang/type=Memory/notif/javax.management.Notification",
      { value: { name: "javax.management.Notification", desc: "Memory Notification" } },
    ],
    [
      "is there for a path in parts",
      'POST {"type":"read","mbean":"odd:type=Values","attribute":"Table","path":["one","number"]}',
      { value: 1 },
    ],
    ["says what is wrong with an option", "GET /version?maxDepth=deep", { status: 400 }],
    [
      "says that there is nothing to be set within a number",
      "GET /write/odd:type=Values/Writable/1/path",
      {
        status: 400,
        error:
          "java.lang.IllegalArgumentException : No Method setPath known for object of type java.lang.Integer",
      },
    ],
    [
      "has the stack trace of a failure where it is wanted, and those of its causes",
      "GET /read/odd:type=Values/Throwing?includeStackTrace=true",
      {
        stacktrace: expect.stringMatching(
          /^java\.lang\.IllegalStateException: on purpose\n\tat Odd\$Values\.getThrowing\(Odd\.java:\d+\)\n(?:\tat .+\n)+Caused by: java\.lang\.RuntimeException: the cause\n\tat /,
        ),
      },
    ],
    [
      "has that of a RuntimeException where only those are wanted",
      "GET /read/odd:type=Values/Throwing?includeStackTrace=runtime",
      { stacktrace: expect.stringContaining("(Native Method)") },
    ],
    [
      "has the properties of names one by one where that is wanted",
      "GET /list/java.lang/name=Metaspace,type=MemoryPool/keys?listKeys=true",
      { value: { name: "Metaspace", type: "MemoryPool" } },
    ],
    [
      "lists once what MBeans have the same, where that is wanted",
      "GET /list?listCache=true",
      {
        value: {
          domains: {
            odd: { "type=Values": { class: "Odd$Values" } },
            "java.nio": {
              "name=direct,type=BufferPool": expect.stringMatching(/^shared-\d+$/),
              "name=mapped,type=BufferPool": expect.stringMatching(/^shared-\d+$/),
            },
          },
          cache: { "shared-1": { class: expect.any(String) } },
        },
      },
    ],
    [
      "takes a table as it is shown",
      'POST {"type":"write","mbean":"changing:type=Plain","attribute":"Table","value":{"a":{"1":{"name":"a","number":1}}}}',
      { status: 200, value: { one: { 1: { name: "one", number: 1 } } } },
    ],
    [
      "takes a table as it is shown where its index is no text",
      'POST {"type":"write","mbean":"changing:type=Plain","attribute":"Table","value":{"indexNames":["name","number"],"values":[{"name":"b","number":2}]}}',
      { status: 200, value: { a: { 1: { name: "a", number: 1 } } } },
    ],
    [
      "says that a row is there twice",
      'POST {"type":"write","mbean":"changing:type=Plain","attribute":"Table","value":[{"name":"a","number":1},{"name":"a","number":1}]}',
      { status: 400, error: "java.lang.IllegalArgumentException : the row a/1 is there twice" },
    ],
    [
      "says that a table is less deep than its index",
      'POST {"type":"write","mbean":"changing:type=Plain","attribute":"Table","value":{"a":5}}',
      {
        status: 400,
        error: "java.lang.IllegalArgumentException : objects nested by the index are expected",
      },
    ],
    [
      "says that a table is none",
      'POST {"type":"write","mbean":"changing:type=Plain","attribute":"Table","value":"x"}',
      {
        status: 400,
        error: "java.lang.IllegalArgumentException : an object, or a list of rows, is expected",
      },
    ],
    [
      "has null in a table where nothing is given",
      'POST {"type":"exec","mbean":"changing:type=Open","operation":"draw","arguments":[{"a":{"x":1,"y":2}}]}',
      { status: 200, value: "a=1/2" },
    ],
    [
      "says what is wrong with a parameter",
      'POST {"type":"read","mbean":5}',
      { status: 400, error: "java.lang.IllegalArgumentException : mbean is not what it should be" },
    ],
    [
      "is none where another JVM is meant",
      'POST {"type":"read","mbean":"odd:type=Values","target":{"url":"service:jmx:rmi:///jndi/rmi://other:9/jmxrmi"}}',
      { status: 400, error: expect.stringContaining("No proxy mode here") },
    ],
    [
      "says of a number that is too large what Java says",
      "GET /write/odd:type=Values/Writable/99999999999",
      {
        status: 400,
        error: 'java.lang.NumberFormatException : For input string: "99999999999"',
      },
    ],
    [
      "says what is wrong with a name without a domain",
      "GET /search/type=Memory",
      {
        error: "java.lang.IllegalArgumentException : Invalid object name. Domain part must be specified",
      },
    ],
    ["knows no request of a name of JavaScript's own", "GET /constructor", { status: 400 }],
  ])("%s", async (_what, request, expected) => {
    const [answer] = await askOurs(client, [request]);
    expect(answer).toMatchObject(Object(expected));
  });

  test("is one for each of a list, and none for a list that is too long", async () => {
    const [answers] = await askOurs(client, ['POST [{"type":"version"},{"type":"nothing"},7]']);
    expect(answers).toMatchObject([{ status: 200 }, { status: 400 }, { status: 400 }]);
    const [refused] = await askOurs(client, [`POST [${Array(1_001).fill("{}").join(",")}]`]);
    expect(refused).toMatchObject({ status: 400 });
  });
});

describe("a list", () => {
  test("has nothing at names of JavaScript's own", async () => {
    await using jvm = await startRecordedJvm("jolokia-list");
    await using client = await connectJmx({ host: "127.0.0.1", port: jvm.port, credentials: null });
    const paths = ["constructor", "__proto__", "__proto__/constructor", "odd/constructor", "odd/__proto__"];
    const answers = await askOurs(
      client,
      paths.map((path) => `GET /list/${path}`),
    );
    const nothing = { status: 200, value: {} };
    const invalid = { status: 400, error: expect.stringContaining("Invalid path within the MBean part") };
    expect(answers).toMatchObject([nothing, nothing, invalid, invalid, invalid]);
  });
});

describe("an answer of what has not changed", () => {
  test("says only so, of what a client has seen in an earlier second", async () => {
    await using jvm = await startRecordedJvm("jolokia-modified");
    await using client = await connectJmx({ host: "127.0.0.1", port: jvm.port, credentials: null });
    const mask = (_name: string, value: Json) => value;
    await using notifications = createNotificationClients({ hold: (act) => act(client), mask });
    let now = 5_000_000;
    const jolokia = createJolokia({
      ...{ client, mask, notifications, memory: createListMemory(() => now) },
      ...{ version: "1.0.0", denial: () => undefined },
    });
    const ask = async (since: number) =>
      await jolokia.answerPath(`/search/odd:*`, new Map([["ifModifiedSince", String(since)]]));
    const changed = { json: { status: 200, value: expect.any(Array) } };
    const same = {
      kind: "json",
      json: { request: expect.anything(), timestamp: expect.any(Number), status: 304 },
    };
    expect(await ask(4_999)).toMatchObject(changed);
    expect(await ask(5_000)).toMatchObject(changed);
    now += 2_000;
    expect(await ask(5_001)).toEqual(same);
    const list = await jolokia.answerBody('{"type":"list","config":{"ifModifiedSince":5001}}');
    expect(list).toMatchObject({ json: { request: { type: "list" }, status: 304 } });
  });
});

describe("a request that is denied", () => {
  test("says why, and does nothing", async () => {
    await using jvm = await startRecordedJvm("jolokia-denied");
    await using client = await connectJmx({ host: "127.0.0.1", port: jvm.port, credentials: null });
    const { messages } = jvm;
    const mask = (_name: string, value: Json) => value;
    await using notifications = createNotificationClients({ hold: (act) => act(client), mask });
    const jolokia = createJolokia({
      ...{ client, mask, notifications, memory: createListMemory() },
      version: "1.0.0",
      denial: ({ type }) => `no ${type} here`,
    });
    expect(await jolokia.answerPath("/write/a:b=c/D/1", new Map())).toMatchObject({
      json: {
        status: 403,
        error_type: "java.lang.SecurityException",
        error: "java.lang.SecurityException : no write here",
      },
    });
    expect(jvm.messages).toBe(messages);
  });
});

describe("a path", () => {
  test.each([
    ["/a/b", ["a", "b"]],
    ["a!/b/c!!d", ["a/b", "c!d"]],
    ['!"x!"', ['"x"']],
    ["", []],
    ["/a!", ["a!"]],
  ])("%s has parts, without their escapes", (path, parts) => {
    expect(splitPath(path)).toEqual(parts);
  });

  test("keeps its escapes where it is passed on", () => {
    expect(rawParts("/a!/b/c")).toEqual(["a!/b", "c"]);
  });
});
