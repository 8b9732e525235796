import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startSidecarProcess, TOKEN } from "../support/sidecar.ts";
import { median } from "./statistics.ts";
import { number, table } from "./table.ts";

/**
 * `npm run bench:logs`: what a search in a log of 1 GB takes over HTTPS, beside grep, which gives its lines to a pipe of the
 * same reader. Both find the file in the page cache, and are measured in turn. And how late the event loop is while a log of
 * very short lines is looked through for what grep has no notion of.
 */

const BYTES = 1_000_000_000;
const ROUNDS = 7;
const WARM_UP = 1;
const LINES_AT_ONCE = 20_000;
const RARE = "needle-in-haystack";

/** What is looked for, as grep and as our API have it. */
const SEARCHES: readonly { what: string; grep: readonly string[]; query: string }[] = [
  { what: "a text, 8 lines have it", grep: ["-F", RARE], query: `grep=${RARE}` },
  { what: "a text, no line has it", grep: ["-F", "nowhere-to-be-found"], query: "grep=nowhere-to-be-found" },
  { what: "a text, every tenth line has it", grep: ["-F", "WARN"], query: "grep=WARN" },
  {
    what: "a text in any case, 8 lines",
    grep: ["-iF", RARE.toUpperCase()],
    query: `grep=${RARE.toUpperCase()}&ignoreCase=true`,
  },
  {
    what: "an expression, every 60th line",
    grep: ["-E", "took 9[0-9]+ ms .*ok|order [0-9]+55 of"],
    query: `regex=${encodeURIComponent("took 9[0-9]+ ms .*ok|order [0-9]+55 of")}`,
  },
];
const SHORT_BYTES = 300_000_000;
/** What is chosen by what lines say of themselves, and how it is written. */
const FILTERS: readonly { query: string; accept: string }[] = [
  { query: "level=error", accept: "text/plain" },
  { query: "level=error&tail=100000", accept: "application/json" },
  { query: "since=2026-11-28T00:00:10Z", accept: "text/plain" },
  { query: "since=2026-01-01&until=2026-11-29&limit=1000000", accept: "application/json" },
  { query: "since=2026-01-01&multiline=auto&level=error", accept: "text/plain" },
  { query: `since=2026-01-01&level=error&multiline=${encodeURIComponent("/^2026/")}`, accept: "text/plain" },
];
/** For the delay of the event loop that the machine makes by itself. */
const IDLE_MS = 3_000;
const LOCALES = ["C.UTF-8", "C"] as const;

async function writeLog(path: string): Promise<void> {
  const file = createWriteStream(path);
  let time = Date.UTC(2026, 10, 28);
  for (let bytes = 0, index = 0; bytes < BYTES; ) {
    const lines: string[] = [];
    for (let count = 0; count < LINES_AT_ONCE; count += 1, index += 1) {
      time += 37;
      const end = index % 1_000_000 === 999_999 ? ` ${RARE}` : "";
      lines.push(
        `${new Date(time).toISOString()} ${index % 10 === 0 ? "WARN" : "INFO"} [http-nio-8080-exec-${index % 17}] com.example.shop.OrderService - order ${(index * 7_919) % 1_000_003} of customer ${(index * 104_729) % 99_991} took ${index % 997} ms${end}\n`,
      );
    }
    const text = lines.join("");
    bytes += text.length;
    if (!file.write(text)) await once(file, "drain");
  }
  file.end();
  await once(file, "close");
}

/** A line of seven bytes or fewer, and at times one with a time. */
async function writeShortLines(path: string): Promise<void> {
  const file = createWriteStream(path);
  const begin = Date.UTC(2026, 10, 28);
  for (let bytes = 0, index = 0; bytes < SHORT_BYTES; ) {
    const lines: string[] = [];
    for (let count = 0; count < LINES_AT_ONCE; count += 1, index += 1) {
      const isTimed = index % 1_000 === 0;
      lines.push(
        isTimed ? `${new Date(begin + index).toISOString()} ERROR x\n` : "INFO a\n".slice(index % 7),
      );
    }
    const text = lines.join("");
    bytes += text.length;
    if (!file.write(text)) await once(file, "drain");
  }
  file.end();
  await once(file, "close");
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
  return { ms: performance.now() - beganAtMs, bytes };
}

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
const url = `https://127.0.0.1:${sidecar.port}/_sidecar`;
const curl = ["-sk", "--fail", "-H", `Authorization: Bearer ${TOKEN}`, "-H", "Host: localhost"];

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

await eventLoopDelay();
await delay(IDLE_MS);
const idle = await eventLoopDelay();
const rows: string[][] = [];
const residentBefore = await residentMb();
for (const { what, grep, query } of SEARCHES) {
  const took: Record<string, number[]> = { ours: [], "C.UTF-8": [], C: [] };
  let p99 = 0;
  let max = 0;
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    const sizes: number[] = [];
    for (const locale of LOCALES) {
      const { ms, bytes } = await taken("grep", [...grep, path], locale);
      sizes.push(bytes);
      if (round >= 0) took[locale]?.push(ms);
    }
    await eventLoopDelay();
    const ours = await taken("curl", [...curl, `${url}/logs/app.log?${query}`], "C");
    const late = await eventLoopDelay();
    sizes.push(ours.bytes);
    if (new Set(sizes).size > 1) throw new Error(`${what}: they gave ${sizes.join(", ")} bytes`);
    if (round < 0) continue;
    took["ours"]?.push(ours.ms);
    p99 = Math.max(p99, late.p99);
    max = Math.max(max, late.max);
  }
  const [ours = 0, utf8 = 0, c = 0] = ["ours", "C.UTF-8", "C"].map((who) => median(took[who] ?? []));
  rows.push([
    what,
    ...[utf8, c, ours].map((ms) => number(ms)),
    ...[ours / utf8, ours / c].map((ratio) => number(ratio, 2)),
    ...[p99, max].map((ms) => number(ms, 1)),
  ]);
}
const head = [
  "what is looked for",
  "grep C.UTF-8 ms",
  "grep C ms",
  "ours ms",
  "× C.UTF-8",
  "× C",
  "loop p99 ms",
  "loop max ms",
];
console.log(table(head, rows));
console.log(`Event loop without a search: p99 ${number(idle.p99, 1)} ms, max ${number(idle.max, 1)} ms`);
console.log(
  `RSS of the sidecar: ${number(residentBefore)} MB before, ${number(await residentMb())} MB after; medians of ${ROUNDS} rounds`,
);

const filterRows: string[][] = [];
for (const { query, accept } of FILTERS) {
  await eventLoopDelay();
  const { ms, bytes } = await taken(
    "curl",
    [...curl, "-H", `Accept: ${accept}`, `${url}/logs/short.log?${query}`],
    "C",
  );
  const { p99, max } = await eventLoopDelay();
  filterRows.push([
    query,
    accept,
    number(bytes / 1e6, 1),
    number(ms),
    ...[p99, max].map((late) => number(late, 1)),
  ]);
}
console.log(`A log of ${SHORT_BYTES / 1e6} MB of lines of 7 bytes and fewer`);
console.log(table(["query", "form", "answer MB", "ms", "loop p99 ms", "loop max ms"], filterRows));
console.log(`RSS of the sidecar: ${number(await residentMb())} MB`);
