import { setTimeout as delay } from "node:timers/promises";
import { runH2load } from "../load/h2load.ts";
import { startSidecar } from "../peers/sidecar.ts";
import { residentBytes } from "../usage.ts";
import type { Figure } from "./figure.ts";

const REQUESTS = 100_000;
const QUICK_REQUESTS = 10_000;
const IDLE_MS = 2_000;

/** Resident memory when nothing is asked, and after many requests. */
export const memory: Figure = {
  name: "memory",
  async measure({ core, certFile, keyFile, makeDir, isQuick }) {
    const dir = await makeDir();
    await using sidecar = await startSidecar({ corePort: core.port, certFile, keyFile, dir });
    const load = { port: sidecar.port, path: "/1k", protocol: "http/1.1", streams: 1 } as const;
    await runH2load({ ...load, connections: 1, requests: 1 }, dir);
    await delay(IDLE_MS);
    const idle = await residentBytes(sidecar.pid);
    const requests = isQuick ? QUICK_REQUESTS : REQUESTS;
    await runH2load({ ...load, connections: 64, requests }, dir);
    const after = await residentBytes(sidecar.pid);
    return [
      { what: "Memory at idle", value: mebibytes(idle), how: "VmRSS two seconds after the first request" },
      {
        what: `Memory after ${requests.toLocaleString("en")} requests`,
        value: mebibytes(after),
        how: "VmRSS right after them: 1 KiB answers over HTTP/1.1, 64 connections",
      },
    ];
  },
};

function mebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(0)} MiB`;
}
