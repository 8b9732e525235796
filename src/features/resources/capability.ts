import { CONTROLLERS, type Controller, locateCgroup } from "../../linux/cgroup/locate.ts";
import type { CoreProcessFinder } from "../../linux/core-process.ts";
import { whyNotInto } from "../../linux/look-into.ts";
import type { CapabilityPart } from "../feature.ts";

const CGROUP = "read the app's cgroup (CPU, memory, tasks, I/O)";
const FILE_SYSTEMS = "read the room on the app's file systems";
const PRESSURE = "read the pressure on the app (PSI), not only on the host";

const VERSIONS = {
  v1: "version 1 of cgroups",
  v2: "version 2 of cgroups",
  hybrid: "version 1 of cgroups, with version 2 for the pressure",
} as const;

/** What can be read of the app's resources here. */
export async function partsOf(coreProcess: CoreProcessFinder): Promise<CapabilityPart[]> {
  const core = await coreProcess.find();
  const cgroup = core.kind === "found" ? await locateCgroup(core.pid) : undefined;
  if (core.kind === "missing" || cgroup === undefined) {
    const why = core.kind === "missing" ? core : { reason: "The app's main process has just ended." };
    const { reason, remedy } = { remedy: undefined, ...why };
    const rest = { works: false, reason, ...(remedy === undefined ? {} : { remedy }) };
    return [CGROUP, PRESSURE, FILE_SYSTEMS].map((name) => ({ name, ...rest }));
  }
  const missing = CONTROLLERS.filter((each) => each !== "pressure" && !cgroup.places.has(each));
  const obstacle = await whyNotInto(core.pid);
  return [
    cgroupPart(missing, cgroup.obstacle, cgroup.version),
    cgroup.places.has("pressure")
      ? { name: PRESSURE, works: true }
      : {
          name: PRESSURE,
          works: false,
          ...(cgroup.version === "v2"
            ? withRemedy(cgroup.obstacle)
            : {
                reason: "Version 1 of cgroups does not count it.",
                remedy: "Boot the host with systemd.unified_cgroup_hierarchy=1 (version 2 of cgroups)",
              }),
        },
    obstacle === undefined
      ? { name: FILE_SYSTEMS, works: true }
      : { name: FILE_SYSTEMS, works: false, ...withRemedy(obstacle) },
  ];
}

function cgroupPart(
  missing: readonly Controller[],
  obstacle: { reason: string; remedy: string | null },
  version: keyof typeof VERSIONS,
): CapabilityPart {
  if (missing.length === 0) return { name: CGROUP, works: true, reason: `It is ${VERSIONS[version]}.` };
  const { reason, ...rest } = withRemedy(obstacle);
  return { name: CGROUP, works: false, reason: `Without ${missing.join(", ")}: ${reason}`, ...rest };
}

function withRemedy({ reason, remedy }: { reason: string; remedy: string | null }) {
  return { reason, ...(remedy === null ? {} : { remedy }) };
}
