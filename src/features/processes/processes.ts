import { readlink } from "node:fs/promises";
import type { CoreProcessFinder } from "../../linux/core-process.ts";
import { listDescriptors } from "../../linux/descriptors.ts";
import { createProcessReader } from "../../linux/process-reader.ts";
import type { Settings } from "../../settings/schema.ts";
import { type CapabilityPart, capabilityOf, type Feature } from "../feature.ts";
import { addDetail } from "./detail-routes.ts";
import { listProcesses } from "./list-processes.ts";
import { addListRoutes } from "./list-routes.ts";
import { addParts } from "./parts.ts";
import { createProcessMetrics } from "./process-metrics.ts";
import type { ProcessesDeps } from "./processes-deps.ts";
import { readTop } from "./read-top.ts";
import { addSignals } from "./signal-route.ts";
import { topText } from "./top-forms.ts";
import { topQuery } from "./top-query.ts";

/** The feature `processes`: what runs in the shared PID namespace, read from /proc. */

/** Makes the feature. */
export function createProcesses(settings: Settings["processes"], deps: ProcessesDeps): Feature {
  return {
    name: "processes",
    routes(table) {
      // Before `/processes/{pid}`, which would take `top` for a pid.
      addListRoutes(table, deps);
      addDetail(table, settings, deps);
      addParts(table, deps);
      addSignals(table, settings, deps);
    },
    diagnostics: [
      {
        file: "processes.json",
        read: async () =>
          listProcesses(await deps.coreProcess.find(), {
            intervalMs: 1_000,
            showSecrets: false,
            withPss: false,
          }),
      },
      {
        file: "top.txt",
        read: async () => topText(await readTop(await deps.coreProcess.find(), topQuery.parse({}), false)),
      },
    ],
    metrics: createProcessMetrics(deps.coreProcess),
    async capability() {
      return capabilityOf(await partsOf(deps.coreProcess));
    },
  };
}

async function partsOf(coreProcess: CoreProcessFinder): Promise<CapabilityPart[]> {
  const list: CapabilityPart = { name: "list the processes", works: true };
  const core = await coreProcess.find();
  if (core.kind === "missing") {
    const { reason, remedy } = core;
    return [list, { name: "see the app's main process", works: false, reason, remedy }];
  }
  const reader = createProcessReader(core.pid);
  await reader.read(["files"], async () => {
    const [fd] = await listDescriptors(core.pid);
    if (fd !== undefined) await readlink(`/proc/${core.pid}/fd/${fd}`);
  });
  const [obstacle] = reader.list;
  return [
    list,
    { name: "see the app's main process", works: true, reason: `It is ${core.pid}: ${core.foundBy}.` },
    {
      name: "read the details of the app's processes (executable, open files, namespaces)",
      works: obstacle === undefined,
      ...(obstacle === undefined
        ? {}
        : { reason: obstacle.reason, ...(obstacle.remedy === null ? {} : { remedy: obstacle.remedy }) }),
    },
  ];
}
