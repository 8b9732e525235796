import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { NS_PER_TICK } from "../../src/linux/boot-clock.ts";
import { readStat, readStatus } from "../../src/linux/proc.ts";
import { childrenOf, readProcessTable } from "../../src/linux/process-table.ts";
import { startNginxServer } from "../support/nginx-server.ts";
import { poll } from "../support/poll.ts";
import { OPERATOR_TOKEN } from "../support/serve-features.ts";
import { mountTracefs } from "../support/tracefs.ts";
import { describeMachine } from "./machine.ts";
import { number } from "./table.ts";
import { type Measured, PLAIN_STRACE, SAME_WORDS, tracingReport } from "./tracing-report.ts";

/**
 * `npm run bench:tracing`: what tracing a saturated nginx costs it, by engine and form of the answer, beside plain
 * strace; as root. Writes test/bench/TRACING.md. Needs nginx, wrk and strace (Debian: nginx-light, wrk, strace).
 */

const run = promisify(execFile);
const RESULTS = new URL("TRACING.md", import.meta.url);
const ROUNDS = Number(process.env["ROUNDS"] ?? 3);
const LOAD_SECONDS = 2;
const SLOW_SECONDS = 6;
const EVENT_LINES = 100_000;

type Traced = Pick<Measured, "events" | "lost" | "dropped" | "firstEventMs">;
type Trace = (end: AbortSignal) => Promise<Traced>;
const NONE: Traced = { events: 0, lost: 0, dropped: 0, firstEventMs: undefined };

await using stack = new AsyncDisposableStack();
const dir = stack.adopt(await mkdtemp(join(tmpdir(), "tickbird-bench-")), (path) =>
  rm(path, { recursive: true }),
);
await writeFile(join(dir, "page.html"), "x".repeat(1_600));
const nginx = await startNginxServer({
  dir,
  http: (port) =>
    `access_log off; keepalive_requests 1000000; server { listen 127.0.0.1:${port}; root ${dir}; }`,
});
stack.use(nginx.process);
const [workerStat] = await poll("nginx has a worker", async () => {
  const workers = childrenOf(await readProcessTable(), nginx.process.pid);
  return workers.length > 0 && workers;
});
const worker = workerStat?.pid ?? 0;
const tracefs = stack.use(mountTracefs());
const server = spawn(
  process.execPath,
  [
    new URL("tracing-server.ts", import.meta.url).pathname,
    ...[`TRACEFS_DIR=${tracefs.dir}`, "MAX_LINES=100000", "DURATION_MS=60000", "MAX_BYTES=67108864"],
  ],
  { stdio: ["ignore", "pipe", "inherit"] },
);
stack.defer(() => void server.kill());
const url = await firstLineOf(server);

const MODES: Readonly<Record<string, Trace | undefined>> = {
  "not traced": undefined,
  [PLAIN_STRACE]: plainStrace([]),
  [SAME_WORDS]: plainStrace(["-ttt", "-T", "-y", "-s", "256"]),
  "strace, summary": summary("strace"),
  "strace, NDJSON": ndjson("strace"),
  "tracefs, summary": summary("tracefs"),
  "tracefs, NDJSON": ndjson("tracefs"),
};

const results = new Map<string, Measured[]>();
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [name, trace] of Object.entries(MODES)) {
    results.set(name, [...(results.get(name) ?? []), await measure(trace)]);
  }
}
const slow: string[] = [];
for (const engine of ["strace", "tracefs"]) slow.push(await slowClient(engine));
const load = `nginx with one worker, a file of 1.6 kB; wrk with 6 connections for ${LOAD_SECONDS} seconds`;
const written = tracingReport(
  results,
  [...(await describeMachine()), `${load}; medians of ${ROUNDS} rounds`],
  slow,
);
console.log(written);
await writeFile(RESULTS, written);

/** Loads nginx while it is traced. */
async function measure(trace: Trace | undefined): Promise<Measured> {
  const end = new AbortController();
  const cpuBefore = await cpuMs();
  const tracing = trace?.(end.signal);
  if (tracing !== undefined) await untilTraced();
  const load = await wrk();
  end.abort();
  const traced = (await tracing) ?? NONE;
  await poll("nothing traces any more", async () => !(await isTraced()));
  const cpu = (await cpuMs()) - cpuBefore;
  return {
    ...load,
    ...traced,
    cpuMsPer10k: traced.events === 0 ? undefined : (cpu / traced.events) * 10_000,
  };
}

function plainStrace(options: readonly string[]): Trace {
  return async (end) => {
    const argv = ["-f", ...options, "-o", "/dev/null", "-p", String(worker)];
    // In a session of its own, as the sidecar's is: the scheduler shares a busy machine between sessions (sched(7), "autogroup").
    const strace = spawn("strace", argv, { stdio: "ignore", detached: true });
    end.addEventListener("abort", () => strace.kill("SIGINT"));
    await once(strace, "exit");
    return NONE;
  };
}

/** A summary ends by its time only: so it is asked for one that is as long as the load. */
function summary(engine: string): Trace {
  return async () => {
    const answer = await ask(
      `/strace/${worker}/summary?engine=${engine}&duration=${LOAD_SECONDS + 0.5}`,
      "application/json",
    );
    const { callCount, lost } = JSON.parse(await answer.text());
    return { ...NONE, events: Number(callCount), lost: Number(lost) };
  };
}

/** Traces of 100,000 lines, one after the other. */
function ndjson(engine: string): Trace {
  return async (end) => {
    const total = { events: 0, lost: 0, dropped: 0 };
    const endsAtMs = performance.now() + (LOAD_SECONDS + 0.5) * 1_000;
    let firstEventMs: number | undefined;
    while (!end.aborted && endsAtMs - performance.now() > 100) {
      const askedAtMs = performance.now();
      const seconds = ((endsAtMs - askedAtMs) / 1_000).toFixed(3);
      const path = `/strace/${worker}/${EVENT_LINES}?engine=${engine}&duration=${seconds}`;
      const answer = await ask(path, "application/x-ndjson");
      let last = "";
      for await (const chunk of answer.body ?? []) {
        firstEventMs ??= performance.now() - askedAtMs;
        last = (last + Buffer.from(chunk).toString("latin1")).slice(-4_000);
      }
      const record = JSON.parse(last.trimEnd().split("\n").at(-1) ?? "");
      total.events += Number(record.events);
      total.lost += Number(record.lost);
      total.dropped += Number(record.dropped);
    }
    return { ...total, firstEventMs };
  };
}

function ask(path: string, form: string): Promise<Response> {
  return fetch(url + path, { headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, accept: form } });
}

async function wrk(): Promise<Pick<Measured, "requestsPerSecond" | "p50Ms" | "p99Ms">> {
  const { stdout } = await run("wrk", [
    ...["-t1", "-c6", `-d${LOAD_SECONDS}s`, "--latency", `http://127.0.0.1:${nginx.port}/page.html`],
  ]);
  const latency = (share: string) => {
    const [, value = "NaN", unit = "ms"] =
      new RegExp(`^ +${share}% +([\\d.]+)(us|ms|s)`, "m").exec(stdout) ?? [];
    return Number(value) * ({ us: 0.001, ms: 1, s: 1_000 }[unit] ?? Number.NaN);
  };
  const requestsPerSecond = Number(/^Requests\/sec: +([\d.]+)/m.exec(stdout)?.[1]);
  return { requestsPerSecond, p50Ms: latency("50"), p99Ms: latency("99") };
}

async function isTraced(): Promise<boolean> {
  return (await readStatus(worker))?.tracerPid !== 0 || tracefs.instances(server.pid ?? 0).length > 0;
}

async function untilTraced(): Promise<void> {
  await poll("nginx is traced", isTraced);
  if (tracefs.instances(server.pid ?? 0).length > 0) await tracefs.untilRecording(server.pid ?? 0);
}

async function cpuMs(): Promise<number> {
  const stat = await readStat(server.pid ?? 0);
  return (((stat?.userTicks ?? 0) + (stat?.systemTicks ?? 0)) * NS_PER_TICK) / 1e6;
}

/** The memory of the server while a client reads a byte a second of what nginx does under load. */
async function slowClient(engine: string): Promise<string> {
  const resident = async () => (await readStatus(server.pid ?? 0))?.residentBytes ?? Number.NaN;
  const before = await resident();
  const { port, pathname } = new URL(`${url}/strace/${worker}/${EVENT_LINES}?engine=${engine}`);
  const client = connect(Number(port), "127.0.0.1");
  client.pause();
  client.write(
    `GET ${pathname}?engine=${engine} HTTP/1.1\r\nHost: localhost\r\nAccept: application/x-ndjson\r\nAuthorization: Bearer ${OPERATOR_TOKEN}\r\n\r\n`,
  );
  await untilTraced();
  const load = wrk();
  let most = before;
  for (let second = 0; second < SLOW_SECONDS; second += 0.5) {
    await delay(500);
    if (second % 1 === 0) client.read(1);
    most = Math.max(most, await resident());
  }
  await load;
  client.destroy();
  await poll("nothing traces any more", async () => !(await isTraced()));
  const mebibytes = (bytes: number) => number(bytes / 1_048_576);
  return `${engine} and a client that reads 1 byte a second: ${mebibytes(before)} MiB before, ${mebibytes(most)} MiB at most`;
}

async function firstLineOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("the server has no output");
  if (!existsSync(`/proc/${child.pid}`)) throw new Error("the server has ended");
  for await (const line of createInterface(child.stdout)) return line;
  throw new Error("the server has ended");
}
