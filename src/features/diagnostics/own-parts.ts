import { availableParallelism, loadavg, release, totalmem } from "node:os";
import { settingTexts } from "../../settings/reference.ts";
import type { Settings } from "../../settings/schema.ts";
import type { DiagnosticsPart } from "../feature.ts";

/** What is known of the sidecar itself: its settings, what it runs on, and what it takes. */
export function ownDiagnostics(settings: Settings, version: string): readonly DiagnosticsPart[] {
  return [
    {
      file: "settings.txt",
      read: () =>
        settingTexts(settings)
          .map(({ path, text }) => `${path} = ${text}\n`)
          .join(""),
    },
    {
      file: "sidecar.json",
      read: () => ({
        version,
        node: process.version,
        arch: process.arch,
        kernel: release(),
        pid: process.pid,
        uid: process.getuid?.() ?? null,
        gid: process.getgid?.() ?? null,
        uptimeSeconds: Math.round(process.uptime()),
        memory: process.memoryUsage(),
        cpu: process.cpuUsage(),
        machine: { cpus: availableParallelism(), memoryBytes: totalmem(), load: loadavg() },
      }),
    },
  ];
}
