import { setTimeout as delay } from "node:timers/promises";
import { runH2load } from "../load/h2load.ts";
import { startSidecar } from "../peers/sidecar.ts";
import { residentBytes } from "../usage.ts";
import type { Figure } from "./figure.ts";

const FULL = { requests: 1_000_000, connections: 1_000 };
const QUICK = { requests: 50_000, connections: 200 };
const IDLE_MS = 2_000;
/** Where a million takes longer, by the rate of a first load, it is fewer. */
const MOST_SECONDS = 150;
const FIRST_REQUESTS = 10_000;
const TIME_LIMIT_MS = 300_000;

/** Resident memory when nothing is asked, and while and after many requests come over many connections. */
export const memory: Figure = {
  name: "memory",
  async measure({ core, certFile, keyFile, makeDir, isQuick }) {
    const dir = await makeDir();
    await using sidecar = await startSidecar({ corePort: core.port, certFile, keyFile, dir });
    const load = { port: sidecar.port, path: "/1k", protocol: "http/1.1", streams: 1 } as const;
    await runH2load({ ...load, connections: 1, requests: 1 }, dir);
    await delay(IDLE_MS);
    const idle = await residentBytes(sidecar.pid);
    const { requests: most, connections } = isQuick ? QUICK : FULL;
    const { seconds } = await runH2load({ ...load, connections: 64, requests: FIRST_REQUESTS }, dir);
    // In whole tenths: of others h2load tells no progress by them.
    const requests = Math.min(most, 10 * Math.ceil((FIRST_REQUESTS / seconds) * (MOST_SECONDS / 10)));
    const tenths: number[] = [];
    const onTenth = async () => void tenths.push(await residentBytes(sidecar.pid));
    await runH2load({ ...load, connections, requests }, dir, { limitMs: TIME_LIMIT_MS, onTenth });
    const after = await residentBytes(sidecar.pid);
    return [
      {
        what: "Memory at idle",
        value: `${megabytes(idle)} MB`,
        how: "VmRSS two seconds after the first request",
      },
      {
        what: `Memory after ${requests.toLocaleString("en")} requests`,
        value: `${megabytes(after)} MB`,
        how: `VmRSS right after them: 1 KiB answers over HTTP/1.1, ${connections.toLocaleString("en")} open connections, after ${FIRST_REQUESTS.toLocaleString("en")} over 64; on the way there, at each tenth: ${tenths.map(megabytes).join(", ")} MB`,
      },
    ];
  },
};

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
