import { spawn } from "node:child_process";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { poll } from "../../support/poll.ts";
import { OPERATOR_TOKEN } from "../../support/serve-features.ts";
import { number } from "../table.ts";
import { type CpuPlaces, moveTo } from "./cpu-places.ts";
import type { Mode, Traced } from "./modes.ts";
import type { Measured } from "./report.ts";
import { type BenchSidecar, MOST_LINES } from "./sidecar.ts";
import type { TracedNginx } from "./traced-nginx.ts";

/** What is traced, and by whom. */
export interface Scene {
  readonly nginx: TracedNginx;
  readonly sidecar: BenchSidecar;
  readonly places: CpuPlaces;
}

const NOT_TRACED: Traced = { events: 0, lost: 0, dropped: 0, firstEventMs: undefined };
/** Until strace has attached, and beyond the load: what ends by its time only must not end before. */
const SPARE_SECONDS = 0.8;
const IDLE_SECONDS = 5;
const SLOW_SECONDS = 6;

/** Loads nginx while it is traced; without a mode, while it is not. */
export async function measure(scene: Scene, mode: Mode | undefined, seconds: number): Promise<Measured> {
  const { nginx, sidecar, places } = scene;
  const end = new AbortController();
  const cpuBeforeMs = await sidecar.cpuMs();
  const tracing = mode?.(nginx.pid, seconds + SPARE_SECONDS, end.signal);
  if (tracing !== undefined) await untilTraced(scene);
  const load = await nginx.load(seconds, places);
  end.abort();
  const traced = (await tracing) ?? NOT_TRACED;
  await untilFree(scene);
  const cpuMs = (await sidecar.cpuMs()) - cpuBeforeMs;
  const { events } = traced;
  return { ...load, ...traced, cpuMsPer10k: events === 0 ? undefined : (cpuMs / events) * 10_000 };
}

/** The part of a CPU that a trace takes of the sidecar while the traced process does nothing, in percent. */
export async function idlePercent({ sidecar }: Pick<Scene, "sidecar">): Promise<number> {
  const sleeper = spawn("sleep", ["3600"], { stdio: "ignore" });
  try {
    const answer = await sidecar.ask(`/strace/${sleeper.pid}/100?duration=60`, "application/x-ndjson");
    const [beforeMs, beganAtMs] = [await sidecar.cpuMs(), performance.now()];
    await delay(IDLE_SECONDS * 1_000);
    const usedMs = (await sidecar.cpuMs()) - beforeMs;
    const elapsedMs = performance.now() - beganAtMs;
    await answer.body?.cancel();
    return (usedMs / elapsedMs) * 100;
  } finally {
    sleeper.kill();
  }
}

/** The memory of the sidecar while a client reads a byte a second of what nginx does under load. */
export async function slowClient(scene: Scene, engine: string): Promise<string> {
  const { nginx, sidecar, places } = scene;
  const before = await sidecar.residentBytes();
  const { port, pathname } = new URL(`${sidecar.url}/strace/${nginx.pid}/${MOST_LINES}`);
  const client = connect(Number(port), "127.0.0.1");
  client.pause();
  client.write(
    `GET ${pathname}?engine=${engine} HTTP/1.1\r\nHost: localhost\r\nAccept: application/x-ndjson\r\nAuthorization: Bearer ${OPERATOR_TOKEN}\r\n\r\n`,
  );
  await untilTraced(scene);
  const load = nginx.load(SLOW_SECONDS, places);
  let most = before;
  for (let second = 0; second < SLOW_SECONDS; second += 0.5) {
    await delay(500);
    if (second % 1 === 0) client.read(1);
    most = Math.max(most, await sidecar.residentBytes());
  }
  await load;
  client.destroy();
  await untilFree(scene);
  const mebibytes = (bytes: number) => number(bytes / 1_048_576);
  return `${engine} and a client that reads 1 byte a second: ${mebibytes(before)} MiB before, ${mebibytes(most)} MiB at most`;
}

async function isTraced({ nginx, sidecar }: Scene): Promise<boolean> {
  return (await nginx.tracerPid()) !== 0 || sidecar.records();
}

/** strace goes where the app is: left to itself it would run where the sidecar has to, or the bench. */
async function untilTraced(scene: Scene): Promise<void> {
  const { nginx, sidecar, places } = scene;
  await poll("nginx is traced", () => isTraced(scene), { intervalMs: 5 });
  if (sidecar.records()) await sidecar.untilRecording();
  const tracerPid = await nginx.tracerPid();
  if (tracerPid !== 0) await moveTo(tracerPid, places.core);
}

async function untilFree(scene: Scene): Promise<void> {
  await poll("nothing traces any more", async () => !(await isTraced(scene)), { intervalMs: 5 });
}
