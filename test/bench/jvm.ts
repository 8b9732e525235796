import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { createPerfSource } from "../../src/features/jvm/hsperfdata/perf-source.ts";
import { connectJmx, type JmxClient } from "../../src/features/jvm/jmx/jmx-client.ts";
import { readFigures } from "../../src/features/jvm/read-figures.ts";
import { createNotes } from "../../src/linux/cgroup/notes.ts";
import { startTomcat } from "../peers/tomcat.ts";
import { IMAGE_FLAGS } from "../support/image-flags.ts";
import { jmxFlags } from "../support/jmx-fixtures.ts";
import { freePort } from "../support/ports.ts";
import { startSidecarProcess } from "../support/sidecar.ts";
import { type JavaClient, startJavaClient } from "./java-client.ts";
import { type Compared, jvmReport, type Sampled, type Watched } from "./jvm-report.ts";
import { describeMachine } from "./machine.ts";
import { median } from "./statistics.ts";

/**
 * `npm run bench:jvm`: what the JVM of a Tomcat is watched at: a sample of its figures, its MBeans beside a client of Java's
 * that does the same in turn with ours, and the memory of a whole sidecar that is asked once a second for a minute.
 * Writes test/bench/JVM.md; with ROUNDS and SECONDS in the environment for a first impression it only prints.
 */

const run = promisify(execFile);
const RESULTS = new URL("JVM.md", import.meta.url);
const IS_WHOLE = process.env["ROUNDS"] === undefined && process.env["SECONDS"] === undefined;
const ROUNDS = Number(process.env["ROUNDS"] ?? 7);
const POLL_SECONDS = Number(process.env["SECONDS"] ?? 60);
/** Rounds that do not count: both clients compile what they do often. */
const WARM_UPS = 3;
const SAMPLES = 5_000;

/** What is done, and how often in a round. */
const ACTS = [
  { title: "connect and log out", what: "connect", times: 20 },
  { title: "one attribute", what: "attribute", times: 500 },
  { title: "all attributes of all MBeans", what: "all", times: 5 },
] as const;
type What = (typeof ACTS)[number]["what"];

/** Milliseconds, the median of so many times. */
async function ourMs(act: () => Promise<unknown>, times: number): Promise<number> {
  const taken: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const startedMs = performance.now();
    await act();
    taken.push(performance.now() - startedMs);
  }
  return median(taken);
}

async function readAll(client: JmxClient): Promise<void> {
  for (const mbean of await client.names(null)) {
    const { attributes } = await client.info(mbean);
    const names = attributes.filter(({ isReadable }) => isReadable).map(({ name }) => name);
    await client.attributes(mbean, names);
  }
}

async function compareClients(port: number): Promise<Compared[]> {
  const options = { host: "127.0.0.1", port, credentials: null };
  await using client = await connectJmx(options);
  await using java: JavaClient = await startJavaClient(port);
  const acts: Readonly<Record<What, () => Promise<unknown>>> = {
    async connect() {
      await using _ = await connectJmx(options);
    },
    attribute: () => client.attribute("java.lang:type=Memory", "HeapMemoryUsage"),
    all: () => readAll(client),
  };
  const compared = ACTS.map((act) => ({ ...act, ours: [] as number[], theirs: [] as number[] }));
  for (let round = 1 - WARM_UPS; round <= ROUNDS; round += 1) {
    for (const { what, times, ours, theirs } of compared) {
      const turns = [
        async () => void ours.push(await ourMs(acts[what], times)),
        async () => void theirs.push(median(await java.measure(what, times)) / 1_000),
      ];
      // Nobody is always the first.
      for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
    }
  }
  return compared.map(({ title, ours, theirs }) => ({
    title,
    ours: ours.slice(WARM_UPS),
    theirs: theirs.slice(WARM_UPS),
  }));
}

async function sampleFigures(pid: number): Promise<Sampled[]> {
  await using source = createPerfSource(pid);
  const sample = async () => {
    const { sample: counters, obstacle } = await source.sample();
    if (counters === null) throw new Error(obstacle.reason);
    return counters;
  };
  const kinds = [
    { title: "the counters are read", act: sample },
    { title: "and all figures made of them", act: async () => readFigures(await sample(), 1, createNotes()) },
  ].map((kind) => ({ ...kind, wallUs: [] as number[], cpuUs: [] as number[] }));
  for (let round = 1 - WARM_UPS; round <= ROUNDS; round += 1) {
    for (const { act, wallUs, cpuUs } of kinds) {
      const [startMs, startCpu] = [performance.now(), process.cpuUsage()];
      for (let count = 0; count < SAMPLES; count += 1) await act();
      const { user, system } = process.cpuUsage(startCpu);
      wallUs.push(((performance.now() - startMs) * 1_000) / SAMPLES);
      cpuUs.push((user + system) / SAMPLES);
    }
  }
  return kinds.map(({ title, wallUs, cpuUs }) => ({
    title,
    wallUs: wallUs.slice(WARM_UPS),
    cpuUs: cpuUs.slice(WARM_UPS),
  }));
}

async function rssOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1_024;
}

async function watchSidecar(tomcat: { readonly pid: number; readonly port: number }): Promise<Watched> {
  const env = {
    ...{ SIDECAR_CORE_PROCESS: String(tomcat.pid), SIDECAR_JVM_TOUCH: "modify" },
    // As in the image.
    NODE_OPTIONS: IMAGE_FLAGS.join(" "),
  };
  await using sidecar = await startSidecarProcess(tomcat.port, env);
  const { pid } = sidecar.process;
  const before = await rssOf(pid);
  const after: number[] = [];
  const cpuBefore = await cpuSecondsOf(pid);
  for (let second = 0; second < POLL_SECONDS; second += 1) {
    for (const path of ["", "/mbeans/java.lang:type=Memory", "/mbeans/java.lang:type=Threading"]) {
      const { status } = await sidecar.ask(`/_sidecar/jvm/${tomcat.pid}${path}`);
      if (status !== 200) throw new Error(`${path} answers ${status}`);
    }
    after.push(await rssOf(pid));
    await delay(1_000);
  }
  const cpuShare = ((await cpuSecondsOf(pid)) - cpuBefore) / POLL_SECONDS;
  // In order: it takes its agent out of the JVM.
  sidecar.process.kill("SIGTERM");
  await sidecar.ended();
  return { seconds: POLL_SECONDS, before, after, cpuShare };
}

/** User and system time (proc_pid_stat(5)), with the clock of 100 ticks that Linux has everywhere. */
async function cpuSecondsOf(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function describePrograms(): Promise<string[]> {
  const git = async (...args: readonly string[]) => (await run("git", args)).stdout.trim();
  const isChanged = (await git("status", "--porcelain", "--", "src")) !== "";
  const { stderr: java } = await run("/usr/bin/java", ["-version"]);
  return [
    `Tickbird: commit ${await git("rev-parse", "--short", "HEAD")}${isChanged ? ", changed since" : ""}, on Node.js ${process.versions.node}`,
    `Java of the app and of the other client: ${java.split("\n")[1]?.trim() ?? "unknown"}`,
    "App: Tomcat 10 of Debian with its examples, 256 MiB of heap, SerialGC",
  ];
}

const machine = await describeMachine();
const facts = [...machine.slice(0, -1), ...(await describePrograms())];
const port = await freePort();
const measured = await (async () => {
  await using tomcat = await startTomcat("", undefined, jmxFlags(port));
  return { sampled: await sampleFigures(tomcat.pid), compared: await compareClients(port) };
})();
// With no flag: the sidecar starts its agent in it.
await using plain = await startTomcat();
const page = jvmReport({ facts, rounds: ROUNDS, ...measured, watched: await watchSidecar(plain) });
console.log(page);
if (IS_WHOLE) await writeFile(RESULTS, page);
