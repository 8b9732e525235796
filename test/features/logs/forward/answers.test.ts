import { expect, test } from "vitest";
import { poll } from "../../../support/poll.ts";
import { forwardingPlace, numbered, textsOf } from "./forwarding.ts";
import { type Received, type Reply, startHttpReceiver } from "./http-receiver.ts";
import { lokiPush, lokiTexts } from "./loki-receiver.ts";
import { otlpTexts } from "./otlp-receiver.ts";

/** What receivers are documented to answer, and what comes of the lines. */

const LINES = 40;
const BATCH = 10;
/** The line that a receiver does not want. */
const BAD = "line 17";
/** Loki's own words for it, and the message of protobuf that OTLP's receivers answer with, whatever they were sent. */
const TOO_FAR_BEHIND =
  "entry with timestamp 2026-11-28 22:00:00 +0000 UTC ignored, reason: 'entry too far behind, oldest acceptable timestamp is: 2026-11-28T23:00:00Z',\ntotal ignored: 1 out of 10 for stream: {filename=\"app.log\"}";
const STATUS = Buffer.concat([Buffer.from([0x12, 9]), Buffer.from("bad entry")]).toString("latin1");
const inSeconds = (seconds: number) => ({ "Retry-After": String(seconds) });
/** A date of whole seconds, at least one from now. */
const atDate = () => ({ "Retry-After": new Date(Date.now() + 2_000).toUTCString() });

const RECEIVERS = {
  loki: { path: "/loki/api/v1/push", textsIn: lokiTexts, taken: { status: 204 } },
  otlp: { path: "/v1/logs", textsIn: otlpTexts, taken: { status: 200, body: "{}" } },
} as const;
type To = keyof typeof RECEIVERS;

/** Starts one that answers so in place of taking a batch, where anything is to be said of it. */
async function startReceiver(
  to: To,
  answerTo: (texts: readonly string[], count: number) => Reply | undefined,
) {
  const { path, textsIn, taken } = RECEIVERS[to];
  const times: number[] = [];
  const texts: string[] = [];
  const receiver = await startHttpReceiver((request: Received, count) => {
    times.push(performance.now());
    const some = textsIn(request);
    const answer = answerTo(some, count);
    if (answer === undefined || (answer !== "reset" && answer.status < 300)) texts.push(...some);
    return answer ?? taken;
  });
  return { ...receiver, url: `http://localhost:${receiver.port}${path}`, times, texts };
}

test.each<{
  to: To;
  status: number;
  headers?: () => Record<string, string>;
  notBeforeMs?: number;
  body?: string;
}>([
  {
    to: "loki",
    status: 429,
    headers: () => inSeconds(1),
    notBeforeMs: 1_000,
    body: "Ingestion rate limit exceeded",
  },
  { to: "loki", status: 429, headers: atDate, notBeforeMs: 1_000 },
  { to: "loki", status: 429, body: "Maximum active stream limit exceeded" },
  { to: "loki", status: 500, body: "at least 2 live replicas required, could only find 1" },
  { to: "loki", status: 503, headers: () => inSeconds(1), notBeforeMs: 1_000 },
  { to: "loki", status: 504 },
  { to: "otlp", status: 429, headers: () => inSeconds(1), notBeforeMs: 1_000 },
  { to: "otlp", status: 429, headers: atDate, notBeforeMs: 1_000 },
  { to: "otlp", status: 502 },
  { to: "otlp", status: 503, headers: () => inSeconds(1), notBeforeMs: 1_000, body: STATUS },
  { to: "otlp", status: 504 },
  // Not of those that its specification has tried again: the lines would be gone for good.
  { to: "otlp", status: 500, body: STATUS },
])("$to's $status is tried again, when it says, and nothing is lost or out of order", async (documented) => {
  const { to, status, headers, notBeforeMs = 0, body = "" } = documented;
  await using receiver = await startReceiver(to, (_, count) =>
    count === 2 ? { status, body, ...(headers === undefined ? {} : { headers: headers() }) } : undefined,
  );
  await using place = await forwardingPlace();
  await place.logs.write("app.log", numbered(0, LINES));
  await using running = await place.start({
    to,
    url: receiver.url,
    from: "start",
    batchLines: BATCH,
    timeoutMs: 60_000,
  });
  await poll("the position moves", async () => (await running.report()).lagBytes === 0, {
    timeoutMs: 20_000,
  });
  expect(receiver.texts).toEqual(textsOf(0, LINES));
  const [, refused = 0, again = 0] = receiver.times;
  // A timer may be early by a fraction of a millisecond.
  expect(again - refused).toBeGreaterThanOrEqual(notBeforeMs - 5);
  expect(await running.report()).toMatchObject({ failures: 1, lines: LINES, setAside: 0, state: "sending" });
});

test.each<{ to: To; status: number; body: string }>([
  { to: "loki", status: 400, body: TOO_FAR_BEHIND },
  { to: "loki", status: 413, body: "request body too large" },
  { to: "otlp", status: 400, body: STATUS },
  { to: "otlp", status: 413, body: "" },
])(
  "for $to's $status a batch is cut down to the one line that it is for, which is counted; all others arrive",
  async ({ to, status, body }) => {
    await using receiver = await startReceiver(to, (texts) =>
      texts.includes(BAD) ? { status, body } : undefined,
    );
    await using place = await forwardingPlace();
    await place.logs.write("app.log", numbered(0, LINES));
    await using running = await place.start({
      to,
      url: receiver.url,
      from: "start",
      batchLines: BATCH,
      timeoutMs: 60_000,
    });
    await poll("the position moves", async () => (await running.report()).lagBytes === 0, {
      timeoutMs: 20_000,
    });
    expect(receiver.texts).toEqual(textsOf(0, LINES).filter((text) => text !== BAD));
    expect(await running.report()).toMatchObject({ lines: LINES - 1, setAside: 1, state: "sending" });
  },
);

test("what a receiver says as a message of protobuf is told as far as it is text", async () => {
  await using receiver = await startReceiver("otlp", () => ({ status: 401, body: STATUS }));
  await using place = await forwardingPlace();
  await place.logs.write("app.log", numbered(0, LINES));
  await using running = await place.start({ to: "otlp", url: receiver.url, from: "start" });
  const problem = await poll("it is told", async () => (await running.report()).problem);
  expect(problem.detail).toBe(`${receiver.url} answers 401: bad entry`);
});

test("Loki takes what it can of a batch that it answers with 400: sent again in parts, each line is there once", async () => {
  const kept = new Map<string, string>();
  await using receiver = await startHttpReceiver((request) => {
    const entries = lokiEntries(request);
    for (const [time, text] of entries) if (text !== BAD) kept.set(`${time} ${text}`, text);
    return entries.some(([, text]) => text === BAD) ? { status: 400, body: TOO_FAR_BEHIND } : { status: 204 };
  });
  await using place = await forwardingPlace();
  await place.logs.write("app.log", numbered(0, LINES));
  const url = `http://localhost:${receiver.port}/loki/api/v1/push`;
  await using running = await place.start({
    to: "loki",
    url,
    from: "start",
    batchLines: BATCH,
    timeoutMs: 60_000,
  });
  await poll("the position moves", async () => (await running.report()).lagBytes === 0, {
    timeoutMs: 20_000,
  });
  expect([...kept.values()]).toEqual(textsOf(0, LINES).filter((text) => text !== BAD));
  expect((await running.report()).setAside).toBe(1);
});

test("what is partly rejected is counted and not sent again; a warning beside nothing rejected rejects nothing", async () => {
  await using receiver = await startReceiver("otlp", (_, count) => ({
    status: 200,
    body: JSON.stringify({
      partialSuccess:
        count === 1 ? { rejectedLogRecords: "3", errorMessage: "too old" } : { errorMessage: "slow down" },
    }),
  }));
  await using place = await forwardingPlace();
  await place.logs.write("app.log", numbered(0, LINES));
  await using running = await place.start({
    to: "otlp",
    url: receiver.url,
    from: "start",
    batchLines: BATCH,
    timeoutMs: 60_000,
  });
  await poll("the position moves", async () => (await running.report()).lagBytes === 0, {
    timeoutMs: 20_000,
  });
  expect(receiver.texts).toEqual(textsOf(0, LINES));
  expect(await running.report()).toMatchObject({ failures: 0, lines: LINES - 3, setAside: 3 });
});

function lokiEntries({ body }: Received) {
  return lokiPush.parse(body).streams.flatMap(({ values }) => values);
}
