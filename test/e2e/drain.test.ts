import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { makeTestCertificate } from "../support/certificate.ts";
import { type CountingCore, startCountingCore } from "../support/counting-core.ts";
import { poll } from "../support/poll.ts";
import { startSidecarProcess } from "../support/sidecar.ts";
import { startSteadyLoad } from "../support/steady-load.ts";

let core: CountingCore;

beforeAll(async () => {
  core = await startCountingCore();
});
afterAll(() => core[Symbol.asyncDispose]());
beforeEach(() => core.seen.clear());

describe("SIGTERM under full load", () => {
  test.each([1, 2, 3, 4])("loses no request (round %i)", async (round) => {
    await using sidecar = await startSidecarProcess(core.port);
    await using load = startSteadyLoad(sidecar.port, { http1Clients: 64, http2Streams: 16 });
    await load.answered(50 * round);
    sidecar.process.kill("SIGTERM");
    const report = await load.result();
    core.expectNothingLost(report);
    expect(report.answered).toBeGreaterThan(100 * round);
    expect(await sidecar.ended()).toBe(0);
    expect(sidecar.log().at(-1)).toMatchObject({ msg: "stopped", clean: true });
  });
});

test("after SIGTERM new connections are still taken for as long as a load balancer needs to see that it is not ready", async () => {
  await using sidecar = await startSidecarProcess(core.port, { SIDECAR_SHUTDOWN_DELAY_MS: "1500" });
  await poll("it to be ready", async () => (await sidecar.ask("/_sidecar/readyz")).status === 200);
  sidecar.process.kill("SIGTERM");
  await poll("not to be ready", async () => (await sidecar.ask("/_sidecar/readyz")).status === 503);
  const answer = await sidecar.ask("/late");
  expect([answer.body, answer.headers.connection]).toEqual(["/late", "close"]);
  await poll("connections to be refused", async () => {
    const outcome = await sidecar.ask("/later").catch((error: unknown) => error);
    return outcome instanceof Error;
  });
  expect(await sidecar.ended()).toBe(0);
});

describe("a certificate that is replaced ten times under full load", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tickbird-drain-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const replace = async () => {
    const { certPem, keyPem } = await makeTestCertificate();
    await writeFile(join(folder, "tls.key"), keyPem);
    await writeFile(join(folder, "tls.crt"), certPem);
    return new X509Certificate(certPem).fingerprint256;
  };

  test("loses no request, and each is seen by new connections", async () => {
    await replace();
    await using sidecar = await startSidecarProcess(core.port, {
      SIDECAR_HTTPS_CERT_FOLDER: folder,
      SIDECAR_HTTPS_RELOAD_INTERVAL_MS: "50",
    });
    await using load = startSteadyLoad(sidecar.port, {
      ...{ http1Clients: 64, http2Streams: 16, requestsPerConnection: 50 },
    });
    for (let time = 0; time < 10; time += 1) {
      const fingerprint = await replace();
      await poll("the new certificate", () => load.now().certificates.includes(fingerprint));
    }
    load.stop();
    const report = await load.result();
    expect(report).toMatchObject({ lost: [], unprocessed: [], refusedConnections: 0 });
    expect(report.certificates.length).toBeGreaterThanOrEqual(10);
    expect(report.answeredOverHttp2).toBeGreaterThan(0);
  });
});
