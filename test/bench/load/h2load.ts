import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { runServer, type ServerProcess } from "../../support/server-process.ts";
import type { Protocol } from "../peers/peer.ts";
import { quantile } from "../statistics.ts";
import { BROWSER_HEADERS, CIPHER, GROUP, LOAD_LIMIT_MS, type LoadResult } from "./load.ts";

/** Loads by h2load of nghttp2: one process that speaks HTTP/1.1 and HTTP/2 over TLS alike. */

const PROGRESS_INTERVAL_MS = 100;

/** A load that is put on one proxy: how much, and how. */
export interface Load {
  readonly port: number;
  readonly path: string;
  readonly protocol: Protocol;
  readonly connections: number;
  /** Requests under way on each connection at a time. */
  readonly streams: number;
  readonly requests: number;
  /** Makes the requests POSTs with so large a body. */
  readonly bodyBytes?: number;
}

/** What else may be wanted of a load. */
export interface H2loadOptions {
  /** By default {@link LOAD_LIMIT_MS}. */
  readonly limitMs?: number;
  /** Told how many tenths of the requests are done, at each. */
  readonly onTenth?: (tenths: number) => Promise<void>;
}

/**
 * Sends exactly `requests` requests and waits for their answers; a load that takes too long is ended.
 * @throws {Error} when one of them was not answered with 2xx.
 */
export async function runH2load(
  load: Load,
  dir: string,
  { limitMs = LOAD_LIMIT_MS, onTenth }: H2loadOptions = {},
): Promise<LoadResult> {
  const [log, body] = [join(dir, "h2load.log"), join(dir, "h2load.body")];
  await rm(log, { force: true });
  if (load.bodyBytes !== undefined) await writeFile(body, "x".repeat(load.bodyBytes));
  const program = runServer("h2load", argumentsOf(load, log, body), { cwd: dir, hasOwnGroup: true });
  const timer = setTimeout(() => program.signal("SIGKILL"), limitMs);
  if (onTenth !== undefined) await follow(program, onTenth);
  const outcome = await program.ended().finally(() => clearTimeout(timer));
  if (outcome !== 0) throw new Error(`h2load ended with ${outcome}: ${program.output()}`);
  const { seconds, tls } = readOutput(program.output(), load.requests);
  const durationsUs = readLog(await readFile(log, "utf8"));
  return { requests: load.requests, seconds, p99Ms: quantile(durationsUs, 0.99) / 1_000, tls };
}

/**
 * Reads what h2load says at its end.
 * @throws {Error} when not every one of the requests was answered with 2xx.
 */
export function readOutput(output: string, requests: number): { seconds: number; tls: string } {
  const [, time, unit = "s"] = /^finished in ([\d.]+)(m?s|us)/m.exec(output) ?? [];
  const [, done, succeeded] = /(\d+) done, (\d+) succeeded/.exec(output) ?? [];
  const [, answered] = /^status codes: (\d+) 2xx/m.exec(output) ?? [];
  if ([done, succeeded, answered].some((count) => Number(count) !== requests)) {
    throw new Error(`${answered ?? 0} of ${requests} requests were answered well: ${output}`);
  }
  const factor = { s: 1, ms: 1e-3, us: 1e-6 }[unit] ?? 1;
  const agreed = [/^TLS Protocol: (\S+)/m, /^Cipher: (\S+)/m, /^Server Temp Key: (\S+)/m];
  return {
    seconds: Number(time) * factor,
    tls: agreed.map((pattern) => pattern.exec(output)?.[1] ?? "?").join(" "),
  };
}

/** Reads h2load's log file: the microseconds that each request took. */
export function readLog(log: string): number[] {
  return log
    .trimEnd()
    .split("\n")
    .map((line) => Number(line.split("\t")[2]));
}

/** Waits for h2load's word on its progress, tenth by tenth. */
async function follow(program: ServerProcess, onTenth: (tenths: number) => Promise<void>): Promise<void> {
  for (let tenths = 0; tenths < 10 && !program.hasEnded; ) {
    await Promise.race([program.ended(), delay(PROGRESS_INTERVAL_MS)]);
    const said = [...program.output().matchAll(/^progress: (\d+)0% done/gm)].at(-1);
    if (said === undefined || Number(said[1]) === tenths) continue;
    tenths = Number(said[1]);
    await onTenth(tenths);
  }
}

function argumentsOf(load: Load, log: string, body: string): string[] {
  const { port, path, protocol, connections, streams, requests, bodyBytes } = load;
  return [
    ...(protocol === "http/1.1" ? ["--h1"] : ["--npn-list=h2"]),
    ...["-n", String(requests), "-c", String(connections), "-m", String(streams), "-t", "1"],
    ...[`--tls13-ciphers=${CIPHER}`, `--groups=${GROUP}`, `--log-file=${log}`],
    ...(bodyBytes === undefined ? [] : ["-d", body]),
    ...BROWSER_HEADERS.flatMap((header) => ["-H", header]),
    `https://127.0.0.1:${port}${path}`,
  ];
}
