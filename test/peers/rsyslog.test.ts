import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { forwardingPlace, numbered, textsOf } from "../features/logs/forward/forwarding.ts";
import { makeTestCertificate } from "../support/certificate.ts";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { type Rsyslog, startRsyslog } from "./rsyslog.ts";

const textsIn = async (rsyslog: Rsyslog) => (await rsyslog.messages()).map(({ msg }) => msg);

describeWith(["rsyslog"], "rsyslog", () => {
  test("takes each line with its time, severity, host, app and labels, a long one and one of several scripts too", async () => {
    await using rsyslog = await startRsyslog();
    await using place = await forwardingPlace();
    const long = `2026-11-28T22:00:01.000Z INFO ${"x".repeat(50_000)}`;
    const lines = ['2026-11-28T22:00:00.123Z ERROR größer 漢字 😀 "quoted" [x] \\', "\tat Main.java:7", long];
    await place.logs.write("app.log", lines.map((line) => `${line}\n`).join(""));
    await using _ = await place.start({
      ...{ to: "syslog", url: `tcp://127.0.0.1:${rsyslog.port}`, from: "start", facility: 16 },
      ...{ appName: "shop", hostname: "host-1", labels: { env: 'a"b]c' } },
    });
    const messages = await poll("all lines", async () => {
      const found = await rsyslog.messages();
      return found.length === 3 && found;
    });
    expect(messages.map(({ msg }) => msg)).toEqual(lines);
    expect(messages[0]).toMatchObject({
      ...{ pri: "131", host: "host-1", app: "shop" },
      data: '[tickbird@32473 file="app.log" env="a\\"b\\]c"]',
    });
    expect(messages.map(({ time }) => Date.parse(time))).toEqual(
      ["2026-11-28T22:00:00.123Z", "2026-11-28T22:00:00.123Z", "2026-11-28T22:00:01.000Z"].map(Date.parse),
    );
  });

  test("gets every line although it is stopped and started again five times while they are sent", async () => {
    await using rsyslog = await startRsyslog();
    await using place = await forwardingPlace();
    await place.logs.write("app.log", "");
    const url = `tcp://127.0.0.1:${rsyslog.port}`;
    await using running = await place.start({ to: "syslog", url, from: "start", batchLines: 50 });
    let count = 0;
    const write = async (more: number) => {
      await place.logs.append("app.log", numbered(count, count + more));
      count += more;
    };
    for (let round = 0; round < 5; round++) {
      const before = (await running.report()).lines;
      await write(1_000);
      await poll("some are taken", async () => (await running.report()).lines > before);
      await rsyslog.stop("SIGTERM");
      await write(100);
      await rsyslog.start();
    }
    await poll("all are taken", async () => (await running.report()).lagBytes === 0, { timeoutMs: 50_000 });
    const texts = await poll("all are written", async () => {
      const found = await textsIn(rsyslog);
      return found.at(-1) === `line ${count - 1}` && found;
    });
    expect([...new Set(texts)]).toEqual(textsOf(0, count));
    expect((await running.report()).setAside).toBe(0);
  });

  test("over TLS it and the forwarder verify each other", async () => {
    const server = await makeTestCertificate();
    const client = await makeTestCertificate("tickbird");
    await using rsyslog = await startRsyslog({
      ...{ certPem: server.certPem, keyPem: server.keyPem },
      ...{ clientCaPem: client.certPem, clientName: "localhost" },
    });
    await using place = await forwardingPlace();
    const files = { caFile: server.certPem, certFile: client.certPem, keyFile: client.keyPem };
    for (const [name, pem] of Object.entries(files)) await writeFile(place.logs.path(name), pem);
    const path = (name: string) => place.logs.path(name);
    await place.logs.write("app.log", numbered(0, 200));
    const destination = { to: "syslog", url: `tls://localhost:${rsyslog.port}`, from: "start" };
    for (const more of [{}, { caFile: path("caFile") }]) {
      await using running = await place.start({ ...destination, ...more });
      await poll("it is refused", async () => (await running.report()).problem);
    }
    expect(await rsyslog.messages()).toEqual([]);
    await using running = await place.start({
      ...{ ...destination, caFile: path("caFile"), certFile: path("certFile"), keyFile: path("keyFile") },
    });
    await poll("all lines", async () => (await running.report()).lagBytes === 0);
    await poll("all are written", async () => (await textsIn(rsyslog)).length === 200);
    expect(await textsIn(rsyslog)).toEqual(textsOf(0, 200));
  });
});
