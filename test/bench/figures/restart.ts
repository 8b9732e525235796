import { startSidecar } from "../peers/sidecar.ts";
import { connectOften } from "../scenarios/connecting.ts";
import { cpuUs } from "../usage.ts";
import type { Figure } from "./figure.ts";

const CONNECTIONS = 1_000;
const QUICK_CONNECTIONS = 100;

/** Whether TLS sessions from before a restart are resumed after it, and for how much. */
export const restart: Figure = {
  name: "restart",
  async measure({ core, certFile, keyFile, makeDir, isQuick }) {
    const dir = await makeDir();
    const site = { corePort: core.port, certFile, keyFile, dir };
    const session = await sessionOfOneRun(site);
    await using sidecar = await startSidecar(site);
    const { port, pid } = sidecar;
    const requests = isQuick ? QUICK_CONNECTIONS : CONNECTIONS;
    // The first ones are for the compiler of code, and tell whether the old session holds.
    const warmUp = await connectOften({ port, requests, dir }, { isResuming: true, session });
    const before = await cpuUs(pid);
    const { resumed } = await connectOften({ port, requests, dir }, { isResuming: true, session });
    const used = (await cpuUs(pid)) - before;
    return [
      {
        what: "TLS sessions resumed after a restart",
        value: `${warmUp.resumed + resumed} of ${2 * requests}`,
        how: `new connections with a session of before it; the last ${requests.toLocaleString("en")} took ${(used / requests).toFixed(0)} µs of CPU time each`,
      },
    ];
  },
};

/** Starts the sidecar, opens a connection, ends it; gives the session. */
async function sessionOfOneRun(site: Parameters<typeof startSidecar>[0]): Promise<string> {
  await using sidecar = await startSidecar(site);
  const { session } = await connectOften(
    { port: sidecar.port, requests: 1, dir: site.dir },
    { isResuming: false },
  );
  if (session === undefined) throw new Error("the sidecar gave no TLS session");
  return session;
}
