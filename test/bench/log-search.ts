import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { startSidecarProcess, TOKEN } from "../support/sidecar.ts";
import { RARE, writeLog, writeShortLines } from "./log-files.ts";
import { type Filtered, failuresOf, logReport, type Searched } from "./log-report.ts";
import { describeMachine } from "./machine.ts";

/**
 * `npm run bench:logs`: what a search in a log of 1 GB takes over HTTPS, beside grep, and how long the event loop is held
 * meanwhile. Writes test/bench/LOGS.md, and fails where a search takes too long or holds the loop (log-report.ts).
 */

const ROUNDS = 5;
const RESULTS = new URL("LOGS.md", import.meta.url);
const LOCALES = ["C.UTF-8", "C"] as const;
/** For what the machine does to an event loop by itself. */
const IDLE_MS = 10_000;
/** Between one request of a client that sees whether it is answered and the next. */
const PROBE_MS = 5;
const EXPRESSION = "took 9[0-9]+ ms .*ok|order [0-9]+55 of";
/** The log ends on the morning of the next day. */
const DAY = "2026-11-30T00:00:00Z";
const FROM_THAT_DAY = "^2026-(11-30|12-01)T";

/** What is looked for, as grep and as our API have it. */
const SEARCHES: readonly { what: string; grep: readonly string[]; query: string; isPlain?: boolean }[] = [
  { what: "a text, few lines have it", grep: ["-F", RARE], query: `grep=${RARE}`, isPlain: true },
  {
    what: "a text, no line has it",
    ...{ grep: ["-F", "nowhere-to-be-found"], query: "grep=nowhere-to-be-found", isPlain: true },
  },
  { what: "a text, every tenth line has it", grep: ["-F", "WARN"], query: "grep=WARN", isPlain: true },
  {
    what: "ignoreCase, few lines",
    ...{ grep: ["-iF", RARE.toUpperCase()], query: `grep=${RARE.toUpperCase()}&ignoreCase=true` },
  },
  {
    what: "regex, every 60th line",
    ...{ grep: ["-E", EXPRESSION], query: `regex=${encodeURIComponent(EXPRESSION)}` },
  },
  {
    what: "level=error, every 1000th line",
    grep: ["-E", " (ERROR|FATAL) "],
    query: "level=error&since=2026-01-01",
  },
  {
    what: "since and until, an hour of 80",
    grep: ["^2026-11-29T12:"],
    query: "since=2026-11-29T12:00:00Z&until=2026-11-29T13:00:00Z",
  },
  {
    what: "since with a text, of the last third",
    ...{ grep: ["-E", `${FROM_THAT_DAY}.*WARN`], query: `since=${DAY}&grep=WARN` },
  },
  {
    what: "since with level=error, of the last third",
    ...{ grep: ["-E", `${FROM_THAT_DAY}.* (ERROR|FATAL) `], query: `since=${DAY}&level=error` },
  },
];
/** What is chosen by what lines say of themselves, and how it is written. */
const FILTERS: readonly { query: string; accept: string }[] = [
  { query: "level=error", accept: "text/plain" },
  { query: "level=error&tail=100000", accept: "application/json" },
  { query: "since=2026-11-28T00:00:10Z", accept: "text/plain" },
  { query: "since=2026-01-01&until=2026-11-29&limit=1000000", accept: "application/json" },
  { query: "since=2026-01-01&multiline=auto&level=error", accept: "text/plain" },
  { query: `since=2026-01-01&level=error&multiline=${encodeURIComponent("/^2026/")}`, accept: "text/plain" },
];

const machine = await facts();
const dir = await mkdtemp(join(tmpdir(), "bench-logs-"));
await using stack = new AsyncDisposableStack();
stack.defer(() => rm(dir, { recursive: true }));
const [path, shortPath] = [join(dir, "app.log"), join(dir, "short.log")];
await writeLog(path);
await writeShortLines(shortPath);
const sidecar = stack.use(
  await startSidecarProcess(9, {
    SIDECAR_LOGS_FILES: `${path},${shortPath}`,
    SIDECAR_LOGS_MAX_BYTES: "1073741824",
  }),
);
const agent = new Agent({ keepAlive: true, ca: await sidecar.ca() });
stack.defer(() => agent.destroy());
const url = `https://127.0.0.1:${sidecar.port}/_sidecar`;
const curl = ["-sk", "--fail", "-H", `Authorization: Bearer ${TOKEN}`, "-H", "Host: localhost"];

await eventLoopDelay();
await delay(IDLE_MS);
const idleHeldMs = (await eventLoopDelay()).max;
const before = await residentMb();
const searched: Searched[] = [];
for (const each of SEARCHES) {
  console.error(each.what);
  searched.push(await measure(each));
}
const after = await residentMb();
const filtered: Filtered[] = [];
for (const { query, accept } of FILTERS) {
  await eventLoopDelay();
  const { ms, bytes } = await ask(`short.log?${query}`, accept);
  const { p99, max } = await eventLoopDelay();
  filtered.push({ query, accept, bytes, ms, lateMs: p99, heldMs: max });
}
const figures = { machine, rounds: ROUNDS, searched, filtered, idleHeldMs, residentMb: { before, after } };
const report = logReport(figures);
console.log(report);
await writeFile(RESULTS, report);
for (const failure of failuresOf(figures)) console.error(`Not as it should be: ${failure}`);
process.exitCode = failuresOf(figures).length === 0 ? 0 : 1;

async function measure({ what, grep, query, isPlain = false }: (typeof SEARCHES)[number]): Promise<Searched> {
  const took = { ours: [] as number[], "C.UTF-8": [] as number[], C: [] as number[] };
  let [late, held, slowest] = [0, 0, 0];
  // The first round does not count.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const sizes: number[] = [];
    for (const locale of LOCALES) {
      const { ms, bytes } = await taken("grep", [...grep, path], locale);
      sizes.push(bytes);
      if (round > 0) took[locale].push(ms);
    }
    await eventLoopDelay();
    const probe = probing();
    const ours = await ask(`app.log?${query}`, "text/plain");
    const slowestNow = await probe.end();
    const { p99, max } = await eventLoopDelay();
    sizes.push(ours.bytes);
    if (new Set(sizes).size > 1) throw new Error(`${what}: they gave ${sizes.join(", ")} bytes`);
    if (round === 0) continue;
    took.ours.push(ours.ms);
    [late, held, slowest] = [Math.max(late, p99), Math.max(held, max), Math.max(slowest, slowestNow)];
  }
  return {
    ...{ what, isPlain, oursMs: took.ours, grepMs: took["C.UTF-8"], grepInCMs: took.C },
    ...{ heldMs: held, lateMs: late, slowestMs: slowest },
  };
}

function ask(resource: string, accept: string) {
  return taken("curl", [...curl, "-H", `Accept: ${accept}`, `${url}/logs/${resource}`], "C");
}

/** Runs a program and takes all that it writes. */
async function taken(command: string, args: readonly string[], locale: string) {
  const beganAtMs = performance.now();
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { PATH: process.env["PATH"], LC_ALL: locale },
  });
  let bytes = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await once(child, "close");
  if (command === "curl" && child.exitCode !== 0) throw new Error(`curl ended with ${child.exitCode}`);
  return { ms: performance.now() - beganAtMs, bytes };
}

/** Asks again and again for what is answered at once, until it is told to end; gives the longest time that it took. */
function probing(): { end(): Promise<number> } {
  let isOver = false;
  let slowest = 0;
  const run = async () => {
    while (!isOver) {
      const beganAtMs = performance.now();
      await livez();
      slowest = Math.max(slowest, performance.now() - beganAtMs);
      await delay(PROBE_MS);
    }
  };
  const over = run();
  return {
    async end() {
      isOver = true;
      await over;
      return slowest;
    },
  };
}

async function livez(): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  request(`${url}/livez`, { agent, servername: "localhost", headers: { Host: "localhost" } }, (answer) => {
    answer.resume().once("end", resolve).once("error", reject);
  })
    .once("error", reject)
    .end();
  await promise;
}

/** The delay of the sidecar's event loop since the last call, in ms, as it tells of itself. */
async function eventLoopDelay(): Promise<{ p99: number; max: number }> {
  const { body } = await sidecar.ask("/_sidecar/metrics");
  const value = (name: string) =>
    Number(new RegExp(`^nodejs_eventloop_lag_${name}_seconds(?:\\{.*\\})? (\\S+)`, "m").exec(body)?.[1]) *
    1_000;
  return { p99: value("p99"), max: value("max") };
}

async function residentMb(): Promise<number> {
  const status = await readFile(`/proc/${sidecar.process.pid}/status`, "utf8");
  return Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1]) / 1_024;
}

async function facts(): Promise<string[]> {
  const run = promisify(execFile);
  const { stdout: grep } = await run("grep", ["--version"]);
  const { stdout: curlVersion } = await run("curl", ["--version"]);
  const git = async (...args: string[]) => (await run("git", args)).stdout.trim();
  const isChanged = (await git("status", "--porcelain", "--", "src")) !== "";
  const commit = `${await git("rev-parse", "--short=12", "HEAD")}${isChanged ? ", with changes" : ""}`;
  return [
    ...(await describeMachine()).slice(0, -1),
    `Node.js ${process.versions.node}; ${grep.split("\n")[0]}; ${curlVersion.split(" ").slice(0, 2).join(" ")}`,
    `Commit: ${commit}`,
  ];
}
