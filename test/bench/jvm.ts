import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { createPerfSource } from "../../src/features/jvm/hsperfdata/perf-source.ts";
import { connectJmx } from "../../src/features/jvm/jmx/jmx-client.ts";
import { readFigures } from "../../src/features/jvm/read-figures.ts";
import { createNotes } from "../../src/linux/cgroup/notes.ts";
import { startTomcat } from "../peers/tomcat.ts";
import { compileJava, jmxFlags, runJava } from "../support/jmx-fixtures.ts";
import { freePort } from "../support/ports.ts";
import { startSidecarProcess } from "../support/sidecar.ts";
import { median } from "./statistics.ts";
import { number, table } from "./table.ts";

/**
 * `npm run bench:jvm`: what the JVM of a Tomcat is watched at: a sample of its figures, its MBeans beside a client of Java's
 * that does the same in turn with ours, and the memory of a whole sidecar that is asked once a second for a minute.
 */

const SAMPLES = 20_000;
/** Of each client, in turn: connections, single attributes, and readings of all MBeans. */
const TURNS = 3;
const [CONNECTIONS, ATTRIBUTES, READINGS] = [20, 500, 5];
const POLL_SECONDS = 60;

/** Microseconds, by what was done. */
type Timings = Map<string, number[]>;

async function measure(timings: Timings, what: string, rounds: number, act: () => Promise<unknown>) {
  const us = timings.get(what) ?? [];
  timings.set(what, us);
  for (let round = 0; round < rounds; round += 1) {
    const startedMs = performance.now();
    await act();
    us.push((performance.now() - startedMs) * 1_000);
  }
}

async function takeOurs(timings: Timings, port: number): Promise<void> {
  const options = { host: "127.0.0.1", port, credentials: null };
  await measure(timings, "connect", CONNECTIONS, async () => {
    await using _ = await connectJmx(options);
  });
  await using client = await connectJmx(options);
  await measure(timings, "attribute", ATTRIBUTES, () =>
    client.attribute("java.lang:type=Memory", "HeapMemoryUsage"),
  );
  await measure(timings, "all", READINGS, async () => {
    for (const mbean of await client.names(null)) {
      const { attributes } = await client.info(mbean);
      const names = attributes.filter(({ isReadable }) => isReadable).map(({ name }) => name);
      await client.attributes(mbean, names);
    }
  });
}

async function takeTheirs(timings: Timings, classes: string, port: number): Promise<void> {
  const counts = [CONNECTIONS, ATTRIBUTES, READINGS].map(String);
  for (const line of (await runJava(classes, "Timings", String(port), ...counts)).trimEnd().split("\n")) {
    const [what = "", values = ""] = line.split("\t");
    timings.set(what, [...(timings.get(what) ?? []), ...values.split(",").map(Number)]);
  }
}

async function sampleFigures(pid: number): Promise<void> {
  await using source = createPerfSource(pid);
  const sample = async () => {
    const { sample: counters, obstacle } = await source.sample();
    if (counters === null) throw new Error(obstacle.reason);
    return counters;
  };
  const rows = [
    ["a sample", await costOf(sample)],
    ["a sample with all figures", await costOf(async () => readFigures(await sample(), 1, createNotes()))],
  ] as const;
  const cells = rows.map(([title, { wallUs, cpuUs }]) => [title, number(wallUs, 1), number(cpuUs, 1)]);
  console.log(`${table(["µs", "time", "CPU time"], cells)}\n`);
}

async function costOf(act: () => Promise<unknown>): Promise<{ wallUs: number; cpuUs: number }> {
  for (let round = 0; round < SAMPLES / 10; round += 1) await act();
  const [startMs, startCpu] = [performance.now(), process.cpuUsage()];
  for (let round = 0; round < SAMPLES; round += 1) await act();
  const { user, system } = process.cpuUsage(startCpu);
  return { wallUs: ((performance.now() - startMs) * 1_000) / SAMPLES, cpuUs: (user + system) / SAMPLES };
}

async function compareClients(port: number): Promise<void> {
  const classes = await compileJava("Timings");
  const [ours, theirs]: [Timings, Timings] = [new Map(), new Map()];
  for (let turn = 0; turn < TURNS; turn += 1) {
    await takeTheirs(theirs, classes, port);
    await takeOurs(ours, port);
  }
  const rows = [
    ["connect and log out", "connect"],
    ["one attribute", "attribute"],
    ["all MBeans of Tomcat", "all"],
  ].map(([title = "", what = ""]) => {
    const [a, b] = [median(ours.get(what) ?? []), median(theirs.get(what) ?? [])];
    return [title, number(a / 1_000, 2), number(b / 1_000, 2), number(a / b, 2)];
  });
  console.log(`${table(["ms, median", "Tickbird", "Java's client", "ratio"], rows)}\n`);
}

async function rssOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1_024;
}

async function watchSidecar(tomcat: { readonly pid: number; readonly port: number }): Promise<void> {
  const env = {
    ...{ SIDECAR_CORE_PROCESS: String(tomcat.pid), SIDECAR_JVM_TOUCH: "modify" },
    // As in the image.
    NODE_OPTIONS: "--max-semi-space-size=4",
  };
  await using sidecar = await startSidecarProcess(tomcat.port, env);
  const { pid } = sidecar.process;
  const before = await rssOf(pid);
  const seen: number[] = [];
  const cpuBefore = await cpuSecondsOf(pid);
  for (let second = 0; second < POLL_SECONDS; second += 1) {
    for (const path of ["", "/mbeans/java.lang:type=Memory", "/mbeans/java.lang:type=Threading"]) {
      const { status } = await sidecar.ask(`/_sidecar/jvm/${tomcat.pid}${path}`);
      if (status !== 200) throw new Error(`${path} answers ${status}`);
    }
    seen.push(await rssOf(pid));
    await delay(1_000);
  }
  const cpu = (await cpuSecondsOf(pid)) - cpuBefore;
  // In order: it takes its agent out of the JVM.
  sidecar.process.kill("SIGTERM");
  await sidecar.ended();
  const rows = [
    ["before", before],
    ["after 1 s", seen[0] ?? 0],
    ["after 10 s", seen[9] ?? 0],
    [`after ${POLL_SECONDS} s`, seen.at(-1) ?? 0],
    ["at most", Math.max(...seen)],
  ].map(([title, mebibytes]) => [String(title), number(Number(mebibytes), 1)]);
  console.log(table(["a sidecar that is asked each second", "MiB (RSS)"], rows));
  console.log(
    `\nIts CPU time: ${number((cpu / POLL_SECONDS) * 100, 1)} % of a CPU, the client's TLS included.`,
  );
}

/** User and system time (proc_pid_stat(5)), with the clock of 100 ticks that Linux has everywhere. */
async function cpuSecondsOf(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const port = await freePort();
{
  await using tomcat = await startTomcat("", undefined, jmxFlags(port));
  await sampleFigures(tomcat.pid);
  await compareClients(port);
}
// With no flag: the sidecar starts its agent in it.
await using plain = await startTomcat();
await watchSidecar(plain);
