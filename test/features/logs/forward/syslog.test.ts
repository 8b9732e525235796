import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { makeTestCertificate } from "../../../support/certificate.ts";
import { poll } from "../../../support/poll.ts";
import { forwardingPlace, numbered, textsOf } from "./forwarding.ts";
import { startSyslogReceiver } from "./syslog-receiver.ts";

test("each line is a message of RFC 5424 with its own time and severity, and the labels as structured data", async () => {
  await using receiver = await startSyslogReceiver();
  await using place = await forwardingPlace();
  const lines = [
    "2026-11-28T22:00:00.123Z ERROR database is gone: größer, 漢字 😀",
    "\tat com.example.Main.main(Main.java:7)",
    '{"level":"warn","time":1795907057580,"msg":"slow"}',
    "a line that tells nothing",
    "2026-11-28 22:00:01 DEBUG x",
    "2026-11-28 22:00:02 FATAL y",
    "",
  ];
  await place.logs.write("app.log", lines.join("\n"));
  await using _ = await place.start({
    ...{ to: "syslog", url: `tcp://127.0.0.1:${receiver.port}`, from: "start", zone: "+01:00" },
    ...{ appName: "shop", hostname: "host-1", facility: 16, labels: { env: 'a "b" ]\\' } },
  });
  await poll("all lines", () => receiver.messages.length === 6);
  expect(receiver.wrong).toEqual([]);
  const severities = receiver.messages.map(({ priority }) => priority - 16 * 8);
  expect(severities).toEqual([3, 3, 4, 4, 7, 2]);
  expect(receiver.messages.map(({ time }) => time)).toEqual([
    "2026-11-28T22:00:00.123Z",
    "2026-11-28T22:00:00.123Z",
    new Date(1795907057580).toISOString(),
    new Date(1795907057580).toISOString(),
    "2026-11-28T21:00:01.000Z",
    "2026-11-28T21:00:02.000Z",
  ]);
  expect(receiver.messages[0]).toMatchObject({
    ...{ hostname: "host-1", appName: "shop", text: lines[0] },
    data: '[tickbird@32473 file="app.log" env="a \\"b\\" \\]\\\\"]',
  });
  expect(receiver.texts()).toEqual(lines.slice(0, 6));
});

test("TLS is verified: a receiver that is not trusted gets nothing, and the reason is told; a client certificate is shown", async () => {
  await using place = await forwardingPlace();
  const certificate = await makeTestCertificate();
  const client = await makeTestCertificate("tickbird");
  const paths = {
    ca: place.logs.path("ca.pem"),
    cert: place.logs.path("c.pem"),
    key: place.logs.path("k.pem"),
  };
  await writeFile(paths.ca, certificate.certPem);
  await writeFile(paths.cert, client.certPem);
  await writeFile(paths.key, client.keyPem);
  await using receiver = await startSyslogReceiver({
    tls: {
      ...{ cert: certificate.certPem, key: certificate.keyPem },
      ...{ ca: client.certPem, requestCert: true, rejectUnauthorized: true },
    },
  });
  await place.logs.write("app.log", numbered(0, 3));
  const destination = { to: "syslog", url: `tls://localhost:${receiver.port}`, from: "start" };
  const cases: readonly (readonly [more: object, told: RegExp])[] = [
    [{}, /certificate of tls:.* is not trusted/],
    [{ caFile: paths.ca }, /alert|certificate required|reset|ended/i],
  ];
  for (const [more, told] of cases) {
    await using running = await place.start({ ...destination, ...more });
    const problem = await poll("it is told", async () => (await running.report()).problem);
    expect(problem.detail).toMatch(told);
    expect(await running.feature.capability()).toMatchObject({ works: "partly" });
  }
  expect(receiver.messages).toEqual([]);
  await using running = await place.start({
    ...{ ...destination, caFile: paths.ca, certFile: paths.cert, keyFile: paths.key },
  });
  await poll("all lines", () => receiver.messages.length === 3);
  expect(receiver.texts()).toEqual(textsOf(0, 3));
  await poll("it is well", async () => (await running.report()).state === "sending");
});

test("a batch counts as taken only when the receiver has read it: after resets, ends and silence it is sent again", async () => {
  await using place = await forwardingPlace();
  await place.logs.write("app.log", numbered(0, 500));
  await using receiver = await startSyslogReceiver({
    onConnection(socket, count) {
      // In turn: reset at once, end without reading, reset after some bytes, never end.
      if (count === 1) socket.resetAndDestroy();
      if (count === 2) socket.end();
      if (count === 3) socket.once("data", () => socket.resetAndDestroy());
      if (count === 4) socket.pause();
      return count <= 4;
    },
  });
  const url = `tcp://127.0.0.1:${receiver.port}`;
  await using running = await place.start({
    to: "syslog",
    url,
    from: "start",
    timeoutMs: 1_000,
    batchLines: 100,
  });
  await poll("all lines", () => receiver.messages.length === 500);
  expect(receiver.texts()).toEqual(textsOf(0, 500));
  await poll("the position moves", async () => (await running.report()).lagBytes === 0);
  expect(await running.report()).toMatchObject({ failures: 4, lines: 500, setAside: 0 });
});

test("to a receiver that never ends connections one connection is kept, and a reset has the last batch sent again", async () => {
  await using place = await forwardingPlace();
  await place.logs.write("app.log", numbered(0, 10));
  await using receiver = await startSyslogReceiver({
    onConnection(socket, count) {
      if (count === 1) socket.once("data", () => socket.resetAndDestroy());
      return count === 1;
    },
  });
  const url = `tcp://127.0.0.1:${receiver.port}`;
  await using running = await place.start({ to: "syslog", url, from: "start", confirm: "written" });
  await poll("the first lines", async () => (await running.report()).lines === 10);
  await place.logs.append("app.log", numbered(10, 20));
  await poll("the others", async () => (await running.report()).lines === 20);
  expect(receiver.texts()).toEqual(textsOf(0, 20));
  expect(receiver.connections()).toBe(2);
});
