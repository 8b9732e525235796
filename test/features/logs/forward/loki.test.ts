import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { fixturePath } from "../../../linux/target-process.ts";
import { makeTestCertificate } from "../../../support/certificate.ts";
import { poll } from "../../../support/poll.ts";
import { forwardingPlace, numbered, textsOf } from "./forwarding.ts";
import { lokiPush, lokiTexts, startLokiReceiver } from "./loki-receiver.ts";

test("what is pushed is of the form that another client's is, recorded: gzip'd JSON, one stream, times in nanoseconds", async () => {
  const recorded: unknown = JSON.parse(await readFile(fixturePath("forward/loki.json"), "utf8"));
  expect(recorded).toMatchObject({
    method: "POST",
    path: "/loki/api/v1/push",
    body: lokiPush.parse(Object(recorded).body),
  });
  await using receiver = await startLokiReceiver();
  await using place = await forwardingPlace();
  const lines = [
    "2026-11-28T22:00:00.123Z ERROR größer 😀",
    "\tat Main.java:7",
    "2026-11-28T22:00:01Z INFO x",
  ];
  await place.logs.write("app.log", lines.map((line) => `${line}\n`).join(""));
  await using _ = await place.start({
    ...{ to: "loki", url: receiver.url, from: "start", hostname: "host-1", appName: "shop" },
    ...{ labels: { env: "prod" }, tenant: "team-a", structuredMetadata: true },
  });
  await poll("all lines", () => receiver.taken.length === 3);
  const [request] = receiver.requests;
  expect(request).toMatchObject({
    method: "POST",
    headers: { "content-type": "application/json", "content-encoding": "gzip", "x-scope-orgid": "team-a" },
  });
  const [stream] = lokiPush.parse(request?.body).streams;
  expect(stream?.stream).toEqual({ filename: "app.log", host: "host-1", app: "shop", env: "prod" });
  const time = Date.parse("2026-11-28T22:00:00.123Z");
  const [first, second] = stream?.values ?? [];
  expect(first?.[0]).toMatch(new RegExp(`^${time}\\d{6}$`));
  expect(first?.[2]).toEqual({ level: "error", cursor: expect.any(String) });
  // The continuation has the same time, and comes behind.
  expect(second?.[0].slice(0, 13)).toBe(String(time));
  expect(BigInt(second?.[0] ?? 0)).toBeGreaterThan(BigInt(first?.[0] ?? 0));
  expect(receiver.texts()).toEqual(lines);
});

test("lines that come twice are the same entries, so that Loki keeps them once", async () => {
  await using receiver = await startLokiReceiver();
  await using place = await forwardingPlace();
  const lines = Array.from({ length: 50 }, (_, index) => `2026-11-28T22:00:00.001Z line ${index}\n`);
  await place.logs.write("app.log", lines.join(""));
  for (const batchLines of [50, 7]) {
    const before = receiver.requests.length;
    // The second has another name, and so no position.
    await using running = await place.start({
      ...{ to: "loki", url: receiver.url, from: "start", batchLines, name: `loki-${batchLines}` },
    });
    await poll("all lines", async () => (await running.report()).lines === 50);
    expect(receiver.requests.length).toBeGreaterThan(before);
  }
  expect(receiver.taken).toHaveLength(50);
});

test("what passes is tried again, in its order: resets, 500, 503 and 429, and not before the time that Retry-After says", async () => {
  const times: number[] = [];
  await using receiver = await startLokiReceiver((_, count) => {
    times.push(performance.now());
    if (count === 1) return "reset";
    if (count === 2) return { status: 500, body: "out of order for a moment" };
    if (count === 3) return { status: 429, headers: { "Retry-After": "1" }, body: "ingestion rate limit" };
    return count === 4 ? { status: 503 } : undefined;
  });
  await using place = await forwardingPlace();
  await place.logs.write("app.log", numbered(0, 300));
  await using running = await place.start({ to: "loki", url: receiver.url, from: "start", batchLines: 100 });
  await poll("all lines", () => receiver.taken.length === 300);
  expect(receiver.texts()).toEqual(textsOf(0, 300));
  expect((times[3] ?? 0) - (times[2] ?? 0)).toBeGreaterThanOrEqual(995);
  await poll("the position moves", async () => (await running.report()).lagBytes === 0);
  expect(await running.report()).toMatchObject({ failures: 4, lines: 300, setAside: 0, state: "sending" });
});

test("a line that is not wanted is set aside alone: all others arrive, in their order, and it is counted and told", async () => {
  const isBad = (text: string) => text === "line 37" || text === "line 90";
  await using receiver = await startLokiReceiver((request) => {
    const texts = lokiTexts(request);
    // One by its content, one batch by its size.
    if (texts.some(isBad)) return { status: 400, body: "entry too far behind, entry timestamp is: 2026" };
    return texts.length > 60 ? { status: 413, body: "request body too large" } : undefined;
  });
  await using place = await forwardingPlace();
  await place.logs.write("app.log", numbered(0, 100));
  await using running = await place.start({ to: "loki", url: receiver.url, from: "start" });
  await poll("all that is wanted", () => receiver.taken.length === 98);
  expect(receiver.texts()).toEqual(textsOf(0, 100).filter((text) => !isBad(text)));
  await poll("the position moves", async () => (await running.report()).lagBytes === 0);
  expect(await running.report()).toMatchObject({ lines: 98, setAside: 2, state: "sending" });
  const [check] = running.feature.health ?? [];
  expect(await check?.run(AbortSignal.timeout(1_000))).toMatchObject({
    status: "warn",
    detail: expect.stringContaining("2 lines were refused"),
  });
  // Nothing stays behind them.
  await place.logs.append("app.log", numbered(100, 110));
  await poll("the next ones", () => receiver.taken.length === 108);
});

test("a refusal that a person has to mend is told with its remedy, and asked again: a token that is replaced is taken up", async () => {
  await using receiver = await startLokiReceiver(({ headers }) =>
    headers.authorization === "Bearer the-right-token" ? undefined : { status: 401, body: "no credentials" },
  );
  await using place = await forwardingPlace();
  const tokenFile = await place.logs.write("token", "the-wrong-token\n");
  await place.logs.write("app.log", numbered(0, 10));
  await using running = await place.start({ to: "loki", url: receiver.url, from: "start", tokenFile });
  const problem = await poll("it is told", async () => (await running.report()).problem);
  expect(problem).toEqual({
    detail: `${receiver.url} answers 401: no credentials`,
    remedy: expect.stringContaining("tokenFile"),
  });
  const told = await (await running.server.get("/logs")).text();
  expect(told + JSON.stringify(await running.feature.capability())).not.toContain("-token");
  await poll("it is tried again", () => receiver.requests.length >= 3);
  await writeFile(tokenFile, "the-right-token");
  await poll("all lines", () => receiver.taken.length === 10);
  await poll("it is well", async () => (await running.report()).state === "sending");
  expect(await running.report()).toMatchObject({ setAside: 0, lines: 10 });
});

test("over TLS both verify each other, and a user's password is sent", async () => {
  const server = await makeTestCertificate();
  const client = await makeTestCertificate("tickbird");
  const tls = { cert: server.certPem, key: server.keyPem, ca: client.certPem, requestCert: true };
  const basic = `Basic ${Buffer.from("shop:pass-word").toString("base64")}`;
  await using receiver = await startLokiReceiver(
    ({ headers }) => (headers.authorization === basic ? undefined : { status: 403 }),
    { tls },
  );
  await using place = await forwardingPlace();
  const write = (name: string, content: string) => place.logs.write(name, content);
  const caFile = await write("ca.pem", server.certPem);
  const certFile = await write("cert.pem", client.certPem);
  const keyFile = await write("key.pem", client.keyPem);
  const passwordFile = await write("password", "pass-word\n");
  await place.logs.write("app.log", numbered(0, 10));
  const destination = { to: "loki", url: receiver.url, from: "start", user: "shop", passwordFile };
  const cases: readonly (readonly [more: object, told: RegExp])[] = [
    [{}, /not trusted/],
    [{ caFile }, /reset|alert|certificate required|hang up/i],
  ];
  for (const [more, told] of cases) {
    await using running = await place.start({ ...destination, ...more });
    expect((await poll("it is told", async () => (await running.report()).problem)).detail).toMatch(told);
  }
  await using _ = await place.start({ ...destination, caFile, certFile, keyFile });
  await poll("all lines", () => receiver.taken.length === 10);
});
