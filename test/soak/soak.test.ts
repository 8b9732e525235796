import { readdir, readFile, readlink } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { poll } from "../support/poll.ts";
import { startSidecarProcess } from "../support/sidecar.ts";
import { createLedger, unexpected } from "./ledger.ts";
import { startRestartingCore } from "./restarting-core.ts";
import { sendTraffic } from "./traffic.ts";

const MINUTES = Number(process.env["SOAK_MINUTES"] ?? 10);
const MINUTE_MS = 60_000;
const RESTART_INTERVAL_MS = 20_000;
const PROBE_INTERVAL_MS = 1_000;
/** What a probe, and a machine that is busy, take on top. */
const MARGIN_MS = 1_000;
const CORE_KEEP_ALIVE_MS = 5_000;
/** What the memory may grow by from the third quarter to the last. */
const GROWTH_MARGIN_BYTES = 16 * 1_024 * 1_024;

test(
  `${MINUTES} minutes of mixed traffic and restarts of the core leave nothing behind`,
  async () => {
    await using core = await startRestartingCore(RESTART_INTERVAL_MS);
    await using sidecar = await startSidecarProcess(core.port, {
      SIDECAR_CORE_KEEP_ALIVE_MS: String(CORE_KEEP_ALIVE_MS),
      SIDECAR_CORE_PROBE_INTERVAL_MS: String(PROBE_INTERVAL_MS),
      // By IP address.
      SIDECAR_HTTPS_NAMES: "127.0.0.1",
    });
    const pid = sidecar.process.pid ?? 0;
    await sidecar.ask("/small");
    const filesBefore = await openFiles(pid);

    const stop = new AbortController();
    const memory = recordMemory(pid, stop.signal);
    const ledger = createLedger();
    const traffic = sendTraffic({ port: sidecar.port, ca: await sidecar.ca() }, ledger, stop.signal);
    const end = await Promise.race([delay(MINUTES * MINUTE_MS, "in time"), sidecar.ended()]);
    stop.abort();
    if (end !== "in time") throw new Error(`The sidecar has ended with ${end}: ${sidecar.stderr()}`);
    await traffic;

    const failures = ledger.failures.length;
    const samples = await memory;
    const [third, last] = [median(quarter(samples, 2)), median(quarter(samples, 3))];
    const outages = core.outages.length;
    const done = Object.fromEntries([...ledger.done].sort());
    process.stdout.write(
      `${JSON.stringify({ done, failures, outages, filesBefore, memoryMiB: quartersMiB(samples) }, null, 2)}\n`,
    );
    expect(unexpected(ledger.failures, core.outages, PROBE_INTERVAL_MS + MARGIN_MS)).toEqual([]);
    expect(last - third).toBeLessThan(GROWTH_MARGIN_BYTES);
    await poll("the open files to be as many as before", async () => (await openFiles(pid)) <= filesBefore, {
      timeoutMs: CORE_KEEP_ALIVE_MS + 10_000,
    });
    sidecar.process.kill("SIGTERM");
    expect(await sidecar.ended()).toBe(0);
    expect(sidecar.log().find(({ msg }) => msg === "stopping")).toMatchObject({ inFlight: 0 });
    expect(sidecar.log().filter(({ level }) => level === "error" || level === "fatal")).toEqual([]);
  },
  (MINUTES + 2) * MINUTE_MS,
);

/** How many descriptors are open, but for the files by which the kernel tells of the app: they come with the first measurement. */
async function openFiles(pid: number): Promise<number> {
  const names = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => "")));
  return targets.filter((target) => target !== "" && !/^\/(proc|sys)\//.test(target)).length;
}

/** Bytes of memory in use (VmRSS of proc_pid_status(5)), every second until the signal. */
async function recordMemory(pid: number, until: AbortSignal): Promise<number[]> {
  const samples: number[] = [];
  while (!until.aborted) {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    samples.push(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024);
    await delay(1_000);
  }
  return samples;
}

function quarter(samples: readonly number[], index: number): number[] {
  return samples.slice((samples.length * index) / 4, (samples.length * (index + 1)) / 4);
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

function quartersMiB(samples: readonly number[]): number[] {
  return [0, 1, 2, 3].map((index) => Math.round(median(quarter(samples, index)) / 1_048_576));
}
