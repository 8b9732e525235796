import { fileURLToPath } from "node:url";
import { unusedPort } from "../support/front.ts";
import { runServer, type ServerProcess, said } from "../support/server-process.ts";

/** A core that is killed now and then, and started again on the same port. */
export interface RestartingCore extends AsyncDisposable {
  readonly port: number;
  /** When it was away, by `performance.now()`. */
  readonly outages: readonly Outage[];
}

/** A time in which the core was away; until it is back, without an end. */
export interface Outage {
  readonly fromMs: number;
  readonly toMs: number;
}

const PROGRAM = fileURLToPath(new URL("../fixtures/soak-core.ts", import.meta.url));

/** Starts it, and restarts it every `intervalMs`: by SIGTERM and SIGKILL in turn, which its connections notice alike. */
export async function startRestartingCore(intervalMs: number): Promise<RestartingCore> {
  const port = await unusedPort();
  const outages: Outage[] = [];
  const start = async () => {
    const program = runServer(process.execPath, [PROGRAM, String(port)], { cwd: "." });
    await said(program, /listening/);
    return program;
  };
  let core: ServerProcess = await start();
  let restarting = Promise.resolve();
  const restart = async () => {
    const fromMs = performance.now();
    outages.push({ fromMs, toMs: Number.POSITIVE_INFINITY });
    await core.stop(outages.length % 2 === 0 ? "SIGTERM" : "SIGKILL");
    core = await start();
    outages.splice(-1, 1, { fromMs, toMs: performance.now() });
  };
  const timer = setInterval(() => {
    restarting = restart();
  }, intervalMs);
  return {
    port,
    outages,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await restarting;
      await core.stop("SIGKILL");
    },
  };
}
