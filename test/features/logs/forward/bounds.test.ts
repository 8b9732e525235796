import { mkdir, rmdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { readStatus } from "../../../../src/linux/proc.ts";
import { fixturePath, startTarget } from "../../../linux/target-process.ts";
import { makeTestCertificate } from "../../../support/certificate.ts";
import { poll } from "../../../support/poll.ts";
import { forwardingPlace, numbered, QUICK, textsOf } from "./forwarding.ts";
import { startLokiReceiver } from "./loki-receiver.ts";
import { startSyslogReceiver } from "./syslog-receiver.ts";

const LOG_BYTES = 256 * 1_048_576;

test("an outage costs no memory: of a log of 256 MB one batch is held, however often it is tried", async () => {
  let tries = 0;
  await using receiver = await startLokiReceiver(() => {
    tries += 1;
    return { status: 503 };
  });
  await using place = await forwardingPlace();
  const path = await place.logs.write("app.log", "");
  const block = Buffer.from(`${"x".repeat(127)}\n`.repeat(65_536));
  for (let bytes = 0; bytes < LOG_BYTES; bytes += block.length) await place.logs.append("app.log", block);
  const destination = { ...QUICK, to: "loki", url: receiver.url, from: "start" };
  const settings = JSON.stringify({ files: [path], forward: [destination] });
  await using forwarder = await startTarget([
    process.execPath,
    fixturePath("forward-logs.ts"),
    place.stateDir,
    settings,
  ]);
  await forwarder.line();
  const residentBytes = async () => (await readStatus(forwarder.pid))?.residentBytes ?? 0;
  await poll("it is tried", () => tries >= 3);
  const before = await residentBytes();
  await poll("it is tried again", () => tries >= 40, { timeoutMs: 15_000 });
  expect((await residentBytes()) - before).toBeLessThan(48 * 1_048_576);
  expect(before).toBeLessThan(LOG_BYTES);
}, 60_000);

test("a log that can't be read is told, and sent when it can", async () => {
  await using receiver = await startSyslogReceiver();
  await using place = await forwardingPlace();
  await mkdir(place.logs.path("app.log"));
  await using running = await place.start({ to: "syslog", url: `tcp://127.0.0.1:${receiver.port}` });
  const problem = await poll("it is told", async () => (await running.report()).problem);
  expect(problem.detail).toContain("app.log");
  await rmdir(place.logs.path("app.log"));
  // Once it was seen to be away, all that comes is new.
  await poll("it is seen to be away", async () => (await running.report()).state === "sending", {
    timeoutMs: 5_000,
  });
  await place.logs.write("app.log", numbered(0, 5));
  await poll("all lines", () => receiver.messages.length === 5);
  expect(receiver.texts()).toEqual(textsOf(0, 5));
});

test("a receiver is taken unverified only where the settings say so", async () => {
  const { certPem, keyPem } = await makeTestCertificate("somebody-else");
  await using syslog = await startSyslogReceiver({ tls: { cert: certPem, key: keyPem } });
  await using loki = await startLokiReceiver(undefined, { tls: { cert: certPem, key: keyPem } });
  await using place = await forwardingPlace();
  await place.logs.write("app.log", numbered(0, 5));
  await using strict = await place.start({ to: "loki", url: loki.url, from: "start" });
  await poll("it is refused", async () => (await strict.report()).problem);
  expect(loki.requests).toEqual([]);
  await using _ = await place.start({
    to: "syslog",
    url: `tls://127.0.0.1:${syslog.port}`,
    from: "start",
    verify: false,
  });
  await using __ = await place.start({
    to: "loki",
    url: loki.url,
    from: "start",
    verify: false,
    name: "open",
  });
  await poll("both have it", () => syslog.messages.length === 5 && loki.taken.length === 5);
});
