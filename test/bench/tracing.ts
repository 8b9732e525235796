import { writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { randomOf } from "../support/random.ts";
import { describeMachine } from "./machine.ts";
import { allowedCpus, anywhere, apart, type CpuPlaces, moveTo } from "./tracing/cpu-places.ts";
import { idlePercent, measure, type Scene, slowClient } from "./tracing/measure.ts";
import { createModes, NDJSON, PLAIN_STRACE, SAME_WORDS, SAME_WORDS_KEPT, SUMMARY } from "./tracing/modes.ts";
import { type PairedRounds, shuffled } from "./tracing/pairs.ts";
import { type Measured, tracingReport } from "./tracing/report.ts";
import { startSidecar } from "./tracing/sidecar.ts";
import { startTracedNginx } from "./tracing/traced-nginx.ts";

/**
 * `npm run bench:tracing`: what tracing a saturated nginx costs it, by engine and form of the answer, beside plain
 * strace; as root. Takes some seven minutes, and writes test/bench/TRACING.md. Needs nginx, wrk, taskset and strace
 * (Debian: nginx-light, wrk, util-linux, strace). ROUNDS in the environment: how many rounds of pairs.
 */

const RESULTS = new URL("TRACING.md", import.meta.url);
const PAIRED_ROUNDS = Number(process.env["ROUNDS"] ?? 20);
const PAIRED_SECONDS = 1;
/** However slow the machine is: all of it is to take no longer than eight minutes. */
const PAIRED_LIMIT_MS = 150_000;
const ROUNDS = 3;
const SECONDS = 2;
/** Those that are compared in pairs. */
const PAIRED = [PLAIN_STRACE, SAME_WORDS, SAME_WORDS_KEPT, SUMMARY, NDJSON];

const random = randomOf(Date.now() % 2 ** 31);
await using nginx = await startTracedNginx();
using sidecar = await startSidecar();
const modes = createModes(sidecar);
const cpus = allowedCpus();
const machine = await describeMachine();
const loads = [loadavg()[0] ?? Number.NaN];

const idle = await idlePercent({ sidecar });
// Code that has not run yet is slow.
const everywhere = await sceneAt(anywhere(cpus));
for (const name of [SUMMARY, NDJSON]) await measure(everywhere, modes[name], SECONDS);
const pairs: PairedRounds[] = [];
const isolated = apart(cpus);
if (isolated !== undefined) pairs.push(await comparePairs(wordsOf(isolated), isolated));
pairs.push(await comparePairs("anywhere", anywhere(cpus)));

const scene = await sceneAt(anywhere(cpus));
const results = new Map<string, Measured[]>();
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [name, mode] of [["not traced", undefined] as const, ...Object.entries(modes)]) {
    results.set(name, [...(results.get(name) ?? []), await measure(scene, mode, SECONDS)]);
  }
}
const slow: string[] = [];
for (const engine of ["strace", "tracefs"]) slow.push(await slowClient(scene, engine));
loads.push(loadavg()[0] ?? Number.NaN);
const written = tracingReport({
  ...{ results, pairs, slow, idlePercent: idle, pairedModes: [SAME_WORDS_KEPT, NDJSON, SUMMARY] },
  machine: [
    ...machine,
    `Load average of the minute, before and after: ${loads.map((load) => load.toFixed(1)).join(" and ")}; the bench itself makes 2 to 3 of it`,
    `nginx with one worker, a file of 1.6 kB; wrk with 6 connections for ${SECONDS} seconds, medians of ${ROUNDS} rounds; in pairs for ${PAIRED_SECONDS} second`,
  ],
});
console.log(written);
await writeFile(RESULTS, written);

/** All that is compared, round by round, each in an order of its own. */
async function comparePairs(where: string, places: CpuPlaces): Promise<PairedRounds> {
  const placed = await sceneAt(places);
  const rounds: Map<string, number>[] = [];
  const endsAtMs = performance.now() + PAIRED_LIMIT_MS;
  while (rounds.length < PAIRED_ROUNDS && performance.now() < endsAtMs) {
    const found = new Map<string, number>();
    for (const name of shuffled(PAIRED, random.int)) {
      found.set(name, (await measure(placed, modes[name], PAIRED_SECONDS)).requestsPerSecond);
    }
    rounds.push(found);
  }
  return { where, rounds };
}

/** The bench reads the traces: it is a part of the load. */
async function sceneAt(places: CpuPlaces): Promise<Scene> {
  await moveTo(process.pid, places.load);
  await moveTo(sidecar.pid, places.reader);
  return { nginx, sidecar, places };
}

function wordsOf({ core, load, reader }: CpuPlaces): string {
  const with_ = load === reader ? `with the load on ${reader}` : `on ${reader}, load on ${load}`;
  return `app and strace on CPU ${core}, sidecar ${with_}`;
}
