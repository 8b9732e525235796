import { randomBytes, X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { RecentLatency } from "../../src/base/recent-latency.ts";
import { Acceptor } from "../../src/cluster/acceptor.ts";
import { startClusterFront } from "../../src/cluster/cluster-front.ts";
import { Crew } from "../../src/cluster/crew.ts";
import type { Assignment } from "../../src/cluster/messages.ts";
import { openRelay } from "../../src/cluster/relay-server.ts";
import { WorkerProcess } from "../../src/cluster/worker-process.ts";
import { childrenOf, readProcessTable } from "../../src/linux/process-table.ts";
import { openCertificates } from "../../src/listener/certificates.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { createLog } from "../../src/web/log.ts";
import { makeTestCertificate } from "../support/certificate.ts";
import { openTls } from "../support/cluster.ts";
import { poll } from "../support/poll.ts";

/** What happens while the workers of a cluster still start: they are real processes, which stand still meanwhile. */

const COUNT = 2;
const ours = () => undefined;

/** A folder with a certificate, which `replace` replaces; gives the fingerprint of the new one. */
async function makeFolder() {
  const dir = await mkdtemp(join(tmpdir(), "tickbird-cluster-start-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const replace = async () => {
    const { certPem, keyPem } = await makeTestCertificate();
    await writeFile(join(dir, "tls.key"), keyPem);
    await writeFile(join(dir, "tls.crt"), certPem);
    return new X509Certificate(certPem).fingerprint256;
  };
  await replace();
  return { dir, replace };
}

function settingsOf(https: Record<string, unknown> = {}) {
  const file = { cluster: COUNT, https: { host: "127.0.0.1", ...https }, log: { level: "error" } };
  return loadSettings({
    flags: { core: "http://127.0.0.1:1", "https-port": "0" },
    file: { path: "test", text: JSON.stringify(file) },
  }).settings;
}

/** The workers that this process has begun. */
async function startedWorkers(): Promise<number[]> {
  const find = async () => {
    const found = childrenOf(await readProcessTable(), process.pid);
    return found.length === COUNT && found.map(({ pid }) => pid);
  };
  return poll("the workers to be started", find, { intervalMs: 1 });
}

/** The certificate and the first line of headers that several connections get, so that every worker has one of them. */
async function askSeveralTimes(port: number) {
  const ask = async () => {
    const socket = await openTls(port);
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.write("GET /app HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let text = "";
    socket.on("data", (piece) => {
      text += String(piece);
    });
    await poll("an answer", () => text.includes("\r\n\r\n"));
    socket.destroy();
    return { fingerprint256, isLast: /^connection: close\r$/im.test(text) };
  };
  const answers = [];
  for (let count = 0; count < 2 * COUNT; count += 1) answers.push(await ask());
  return answers;
}

test("what changes while the workers start reaches each of them: the certificate, and that it closes", async () => {
  const { dir, replace } = await makeFolder();
  // Nothing is seen but at the reload.
  const settings = settingsOf({ certFolder: dir, reloadIntervalMs: 3_600_000 });
  const log = createLog({ level: "silent", access: false });
  const stop = new AbortController();
  const closing = new AbortController();
  const { signal } = stop;
  await using certificates = await openCertificates({ https: settings.https, dir, log, signal });
  const starting = startClusterFront(settings, {
    ...{ certificates, clientCa: undefined, ours, log, closing: closing.signal },
  });
  const workers = await startedWorkers();
  for (const pid of workers) process.kill(pid, "SIGSTOP");
  const wanted = await replace();
  await certificates.reload();
  closing.abort();
  for (const pid of workers) process.kill(pid, "SIGCONT");
  await using front = await starting;

  const answers = await askSeveralTimes(front.port);

  expect(answers).toEqual(Array(2 * COUNT).fill({ fingerprint256: wanted, isLast: true }));
  stop.abort();
});

/** A crew whose workers can be got at. */
async function makeCrew() {
  await using stack = new AsyncDisposableStack();
  const lines: Record<string, unknown>[] = [];
  const log = createLog(
    { level: "info", access: false },
    { write: (line) => void lines.push(JSON.parse(line)) },
  );
  const settings = settingsOf();
  const relay = stack.use(await openRelay({ ours, log, headerBytes: settings.limits.headerBytes }));
  const acceptor = stack.use(new Acceptor(settings.limits.maxConnections, log));
  const ticketKeysBase64 = randomBytes(48).toString("base64");
  const assignment: Assignment = {
    ...{ settings, relay: relay.address, logLevel: "silent", isClosing: false },
    material: { ...(await makeTestCertificate()), ticketKeysBase64 },
  };
  const started: WorkerProcess[] = [];
  const start = () => {
    const worker = new WorkerProcess(assignment, { latency: new RecentLatency(), acceptor });
    started.push(worker);
    return worker;
  };
  const crew = stack.use(new Crew({ count: COUNT, start, log }));
  const owned = stack.move();
  return {
    ...{ crew, started, lines },
    signal(index: number, name: NodeJS.Signals) {
      const pid = started[index]?.pid;
      if (pid === undefined) throw new Error(`worker ${index} has no process`);
      process.kill(pid, name);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

test("a worker that was ready and dies before the slowest one is ready is replaced", async () => {
  await using made = await makeCrew();
  const { crew, started, lines } = made;
  const begun = crew.begin();
  made.signal(1, "SIGSTOP");
  await started[0]?.ready;
  made.signal(0, "SIGKILL");
  await started[0]?.ended;
  made.signal(1, "SIGCONT");
  await begun;

  const replacement = await poll("the replacement", () => started[COUNT]);
  await replacement.ready;

  expect(await crew.reports()).toHaveLength(COUNT);
  expect(lines.find(({ msg }) => String(msg).includes("it will be replaced"))).toMatchObject({
    ...{ level: "error", pid: started[0]?.pid, signal: "SIGKILL", delayMs: 100 },
  });
});

test("a worker that dies before it is ready fails the start, and is not replaced", async () => {
  await using made = await makeCrew();
  const begun = made.crew.begin();
  made.signal(0, "SIGKILL");

  await expect(begun).rejects.toThrow("A process of the cluster ended while it started (SIGKILL).");

  await made.started[1]?.ready;
  expect(made.started).toHaveLength(COUNT);
  expect(made.lines).toEqual([]);
});
