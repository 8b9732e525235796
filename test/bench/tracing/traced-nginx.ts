import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { readStatus } from "../../../src/linux/proc.ts";
import { childrenOf, readProcessTable } from "../../../src/linux/process-table.ts";
import { startNginxServer } from "../../support/nginx-server.ts";
import { poll } from "../../support/poll.ts";
import { type CpuPlaces, moveTo } from "./cpu-places.ts";

const run = promisify(execFile);

/** What the client of a loaded server sees. */
export interface Load {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** An nginx of one worker that serves a small file. */
export interface TracedNginx extends AsyncDisposable {
  /** The worker: who is traced. */
  readonly pid: number;
  /** Loads it for some whole seconds. */
  load(seconds: number, places: CpuPlaces): Promise<Load>;
  tracerPid(): Promise<number>;
}

const FILE_BYTES = 1_600;

/** Starts it. */
export async function startTracedNginx(): Promise<TracedNginx> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.adopt(await mkdtemp(join(tmpdir(), "tickbird-bench-")), (path) =>
    rm(path, { recursive: true }),
  );
  await writeFile(join(dir, "page.html"), "x".repeat(FILE_BYTES));
  const nginx = await startNginxServer({
    dir,
    http: (port) =>
      `access_log off; keepalive_requests 1000000; server { listen 127.0.0.1:${port}; root ${dir}; }`,
  });
  stack.use(nginx.process);
  const [worker] = await poll("nginx has a worker", async () => {
    const workers = childrenOf(await readProcessTable(), nginx.process.pid);
    return workers.length > 0 && workers;
  });
  const pid = worker?.pid ?? 0;
  const owned = stack.move();
  return {
    pid,
    tracerPid: async () => (await readStatus(pid))?.tracerPid ?? 0,
    async load(seconds, places) {
      await moveTo(pid, places.core);
      const url = `http://127.0.0.1:${nginx.port}/page.html`;
      const wrk = ["wrk", "-t1", "-c6", `-d${seconds}s`, "--latency", url];
      const { stdout } = await run("taskset", ["-c", places.load, ...wrk]);
      return readWrk(stdout);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const MS_PER_UNIT: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000 };

function readWrk(text: string): Load {
  const latencyMs = (share: string) => {
    const found = new RegExp(`^ +${share}% +([\\d.]+)(us|ms|s)`, "m").exec(text);
    const [, value = "NaN", unit = "ms"] = found ?? [];
    return Number(value) * (MS_PER_UNIT[unit] ?? Number.NaN);
  };
  const requestsPerSecond = Number(/^Requests\/sec: +([\d.]+)/m.exec(text)?.[1]);
  return { requestsPerSecond, p50Ms: latencyMs("50"), p99Ms: latencyMs("99") };
}
