import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { NS_PER_TICK } from "../../../src/linux/boot-clock.ts";
import { readStat, readStatus } from "../../../src/linux/proc.ts";
import { OPERATOR_TOKEN } from "../../support/serve-features.ts";
import { mountTracefs } from "../../support/tracefs.ts";

/** The feature `strace` in a process of its own, with both engines. */
export interface BenchSidecar extends Disposable {
  readonly pid: number;
  readonly url: string;
  ask(path: string, form: string): Promise<Response>;
  /** CPU time of all its threads so far, to a hundredth of a second. */
  cpuMs(): Promise<number>;
  residentBytes(): Promise<number>;
  /** Whether the engine tracefs records for it. */
  records(): boolean;
  untilRecording(): Promise<string>;
}

/** The most lines of one answer. */
export const MOST_LINES = 100_000;

/** Starts it; for root. */
export async function startSidecar(): Promise<BenchSidecar> {
  using stack = new DisposableStack();
  const tracefs = stack.use(mountTracefs());
  const settings = [`TRACEFS_DIR=${tracefs.dir}`, `MAX_LINES=${MOST_LINES}`];
  const limits = ["DURATION_MS=60000", "MAX_BYTES=67108864"];
  const server = new URL("server.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [server, ...settings, ...limits], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  stack.defer(() => void child.kill());
  const url = await firstLineOf(child);
  const pid = child.pid ?? 0;
  const owned = stack.move();
  return {
    ...{ pid, url },
    ask: (path, form) =>
      fetch(url + path, { headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, accept: form } }),
    async cpuMs() {
      const stat = await readStat(pid);
      return (((stat?.userTicks ?? 0) + (stat?.systemTicks ?? 0)) * NS_PER_TICK) / 1e6;
    },
    residentBytes: async () => (await readStatus(pid))?.residentBytes ?? Number.NaN,
    records: () => tracefs.instances(pid).length > 0,
    untilRecording: () => tracefs.untilRecording(pid),
    [Symbol.dispose]: () => owned.dispose(),
  };
}

async function firstLineOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("the server has no output");
  if (!existsSync(`/proc/${child.pid}`)) throw new Error("the server has ended");
  for await (const line of createInterface(child.stdout)) return line;
  throw new Error("the server has ended");
}
