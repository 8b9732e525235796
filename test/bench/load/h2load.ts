import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { runServer } from "../../support/server-process.ts";
import { quantile } from "../statistics.ts";
import type { Load, LoadResult } from "./load.ts";

/** Loads by h2load of nghttp2: one process that speaks HTTP/1.1 and HTTP/2 over TLS alike. */

const TIME_LIMIT_MS = 120_000;

/** What a browser sends. */
const HEADERS = [
  "user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  "accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
  "accept-language: en-GB,en;q=0.5",
  "accept-encoding: gzip, deflate, br, zstd",
  "cookie: session=0123456789abcdef0123456789abcdef; theme=dark",
  "sec-fetch-dest: document",
  "sec-fetch-mode: navigate",
  "sec-fetch-site: same-origin",
];

/**
 * Sends exactly `requests` requests and waits for their answers; a load that takes too long is ended.
 * @throws {Error} when one of them was not answered with 2xx.
 */
export async function runH2load(load: Load, dir: string): Promise<LoadResult> {
  const log = join(dir, "h2load.log");
  await rm(log, { force: true });
  const program = runServer("h2load", argumentsOf(load, log), { cwd: dir, hasOwnGroup: true });
  const timer = setTimeout(() => program.signal("SIGKILL"), TIME_LIMIT_MS);
  const outcome = await program.ended();
  clearTimeout(timer);
  const output = program.output();
  if (outcome !== 0) throw new Error(`h2load ended with ${outcome}: ${output}`);
  const [, seconds, unit] = /^finished in ([\d.]+)(m?s|us)/m.exec(output) ?? [];
  const [, done, succeeded] = /(\d+) done, (\d+) succeeded/.exec(output) ?? [];
  const [, answered] = /^status codes: (\d+) 2xx/m.exec(output) ?? [];
  if ([done, succeeded, answered].some((count) => Number(count) !== load.requests)) {
    throw new Error(`not every request was answered well: ${output}`);
  }
  const durationsUs = (await readFile(log, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => Number(line.split("\t")[2]));
  const factor = { s: 1, ms: 1e-3, us: 1e-6 }[unit ?? "s"] ?? 1;
  return {
    requests: load.requests,
    seconds: Number(seconds) * factor,
    p99Ms: quantile(durationsUs, 0.99) / 1_000,
    tls: `${/^TLS Protocol: (\S+)/m.exec(output)?.[1]} ${/^Cipher: (\S+)/m.exec(output)?.[1]}`,
  };
}

function argumentsOf(load: Load, log: string): string[] {
  const { port, path, protocol, connections, streams, requests } = load;
  return [
    ...(protocol === "http/1.1" ? ["--h1"] : ["--npn-list=h2"]),
    ...["-n", String(requests), "-c", String(connections), "-m", String(streams), "-t", "1"],
    // One cipher only, or each proxy would choose for itself how much work encryption is.
    "--tls13-ciphers=TLS_AES_128_GCM_SHA256",
    `--log-file=${log}`,
    ...HEADERS.flatMap((header) => ["-H", header]),
    `https://127.0.0.1:${port}${path}`,
  ];
}
