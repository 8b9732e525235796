import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { fixturePath } from "../../../linux/target-process.ts";
import { poll } from "../../../support/poll.ts";
import { forwardingPlace, numbered, textsOf } from "./forwarding.ts";
import { type Received, type Reply, startHttpReceiver } from "./http-receiver.ts";
import { otlpRecords, otlpRequest, otlpTexts } from "./otlp-receiver.ts";

/** Starts a receiver that takes what is a request, and keeps the texts of what it took. */
async function startOtlpReceiver(
  reply: (request: Received, count: number) => Reply | undefined = () => undefined,
) {
  const texts: string[] = [];
  const receiver = await startHttpReceiver((request, count) => {
    if (request.path !== "/v1/logs") return { status: 404 };
    const parsed = otlpRequest.safeParse(request.body);
    if (!parsed.success) return { status: 400, body: parsed.error.message };
    const other = reply(request, count);
    if (other === "reset" || (other !== undefined && other.status !== 200)) return other;
    texts.push(...otlpTexts(request));
    return other ?? { status: 200, headers: { "Content-Type": "application/json" }, body: "{}" };
  });
  return { ...receiver, url: `http://127.0.0.1:${receiver.port}/v1/logs`, texts };
}

test("what is sent is of the form that OpenTelemetry's own exporter sends, recorded: gzip'd JSON, with severity and both times", async () => {
  const recorded: unknown = JSON.parse(await readFile(fixturePath("forward/otlp.json"), "utf8"));
  expect(recorded).toMatchObject({
    method: "POST",
    path: "/v1/logs",
    body: otlpRequest.parse(Object(recorded).body),
  });
  await using receiver = await startOtlpReceiver();
  await using place = await forwardingPlace();
  const lines = [
    "a line that tells nothing",
    "2026-11-28T22:00:00.123Z ERROR größer 😀",
    "\tat Main.java:7",
    "2026-11-28T22:00:01Z TRACE x",
  ];
  await place.logs.write("app.log", lines.map((line) => `${line}\n`).join(""));
  await using _ = await place.start({
    ...{ to: "otlp", url: receiver.url, from: "start", hostname: "host-1", appName: "shop" },
    labels: { env: "prod" },
  });
  await poll("all lines", () => receiver.texts.length === 4);
  const [request] = receiver.requests;
  if (request === undefined) throw new Error("no request");
  expect(request.headers).toMatchObject({ "content-type": "application/json", "content-encoding": "gzip" });
  const [resourceLogs] = otlpRequest.parse(request.body).resourceLogs;
  expect(resourceLogs?.resource.attributes).toEqual([
    { key: "service.name", value: { stringValue: "shop" } },
    { key: "host.name", value: { stringValue: "host-1" } },
    { key: "env", value: { stringValue: "prod" } },
  ]);
  const records = otlpRecords(request);
  expect(records.map(({ severityNumber, severityText }) => [severityNumber, severityText])).toEqual([
    [undefined, undefined],
    [17, "ERROR"],
    [17, "ERROR"],
    [1, "TRACE"],
  ]);
  const [first, second] = ["2026-11-28T22:00:00.123Z", "2026-11-28T22:00:01Z"].map(
    (time) => `${Date.parse(time)}000000`,
  );
  expect(records.map(({ timeUnixNano }) => timeUnixNano)).toEqual([undefined, first, first, second]);
  for (const { observedTimeUnixNano, attributes } of records) {
    expect(Math.abs(Number(BigInt(observedTimeUnixNano) / 1_000_000n) - Date.now())).toBeLessThan(60_000);
    expect(attributes).toEqual([{ key: "log.file.name", value: { stringValue: "app.log" } }]);
  }
  expect(receiver.texts).toEqual(lines);
});

test("429, 502, 503, 504 and resets are tried again, in order; a 500 too, but seldom, and it is told", async () => {
  const statuses = [429, 502, 503, 504, 500];
  await using receiver = await startOtlpReceiver((_, count) => {
    const status = statuses[count - 1];
    if (status !== undefined) return { status, ...(count === 1 ? { headers: { "Retry-After": "0" } } : {}) };
    return count === 6 ? "reset" : undefined;
  });
  await using place = await forwardingPlace();
  await place.logs.write("app.log", numbered(0, 200));
  await using running = await place.start({ to: "otlp", url: receiver.url, from: "start", batchLines: 50 });
  await poll("all lines", () => receiver.texts.length === 200);
  expect(receiver.texts).toEqual(textsOf(0, 200));
  await poll("the position moves", async () => (await running.report()).lagBytes === 0);
  expect(await running.report()).toMatchObject({ failures: 6, lines: 200, setAside: 0 });
});

test("what is rejected in part is counted, told, and not sent again; a 400 is cut down to the record that it is for", async () => {
  await using receiver = await startOtlpReceiver((request, count) => {
    // 64-bit numbers come as strings, and from some as numbers.
    const rejectedLogRecords = count === 1 ? "2" : 1;
    const body = JSON.stringify({ partialSuccess: { rejectedLogRecords, errorMessage: "too old" } });
    if (count <= 2) return { status: 200, body };
    return otlpTexts(request).includes("line 25") ? { status: 400, body: "bad record" } : undefined;
  });
  await using place = await forwardingPlace();
  await place.logs.write("app.log", numbered(0, 30));
  await using running = await place.start({ to: "otlp", url: receiver.url, from: "start", batchLines: 10 });
  await poll("the position moves", async () => (await running.report()).lagBytes === 0);
  expect(receiver.texts).toEqual(textsOf(0, 30).filter((text) => text !== "line 25"));
  expect(await running.report()).toMatchObject({ lines: 26, setAside: 4, state: "sending" });
});

test("an answer that is not of OTLP counts as taken where its status says so, and a wrong path is told", async () => {
  await using receiver = await startOtlpReceiver(() => ({ status: 200, body: "OK" }));
  await using place = await forwardingPlace();
  await place.logs.write("app.log", numbered(0, 10));
  {
    await using running = await place.start({ to: "otlp", url: `${receiver.url}/x`, from: "start" });
    const problem = await poll("it is told", async () => (await running.report()).problem);
    expect(problem).toEqual({ detail: `${receiver.url}/x answers 404`, remedy: "Correct the path in url." });
  }
  await using running = await place.start({ to: "otlp", url: receiver.url });
  await poll("the position moves", async () => (await running.report()).lagBytes === 0);
  expect(receiver.texts).toEqual(textsOf(0, 10));
});
