import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { childrenOf, readProcessTable } from "../../src/linux/process-table.ts";
import { fixturePath, startTarget } from "../linux/target-process.ts";
import { unusedPort } from "../support/front.ts";
import { startNginxServer } from "../support/nginx-server.ts";
import { poll } from "../support/poll.ts";

/** The apps that are traced while something is killed. */

/** An app that answers HTTP. */
export interface TracedCore extends AsyncDisposable {
  /** Its processes; the first is the main one. */
  readonly pids: readonly [number, ...number[]];
  readonly port: number;
}

/** How each app is started. */
export const CORES: Readonly<Record<string, () => Promise<TracedCore>>> = {
  nginx: startNginx,
  "a JVM": () => startListening((port) => ["java", fixturePath("Answering.java"), String(port)]),
  "300 threads": startManyThreads,
};

async function startNginx(): Promise<TracedCore> {
  const dir = await mkdtemp("/tmp/tickbird-kills-");
  const http = (port: number) => `server { listen 127.0.0.1:${port}; location / { return 200 "ok"; } }`;
  const { port, process } = await startNginxServer({ dir, http });
  const workers = await poll("nginx has its worker", async () => {
    const children = childrenOf(await readProcessTable(), process.pid);
    return children.length > 0 && children.map(({ pid }) => pid);
  });
  return {
    pids: [process.pid, ...workers],
    port,
    async [Symbol.asyncDispose]() {
      await process.stop();
      await rm(dir, { recursive: true });
    },
  };
}

async function startManyThreads(): Promise<TracedCore> {
  const dir = await mkdtemp("/tmp/tickbird-kills-");
  const program = join(dir, "many-threads");
  execFileSync("cc", ["-pthread", "-o", program, fixturePath("many-threads.c")]);
  const core = await startListening((port) => [program, String(port)]);
  return {
    ...core,
    async [Symbol.asyncDispose]() {
      await core[Symbol.asyncDispose]();
      await rm(dir, { recursive: true });
    },
  };
}

async function startListening(argvOf: (port: number) => readonly string[]): Promise<TracedCore> {
  const port = await unusedPort();
  const target = await startTarget(argvOf(port));
  await target.line();
  return { pids: [target.pid], port, [Symbol.asyncDispose]: () => target.kill() };
}
