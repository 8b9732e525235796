import { AppError } from "../../base/errors.ts";
import type { CoreProcessFinder } from "../../linux/core-process.ts";
import { readStatus } from "../../linux/proc.ts";
import type { Settings } from "../../settings/schema.ts";
import { type Capability, type CapabilityPart, capabilityOf } from "../feature.ts";
import { findDenial } from "./denial.ts";
import { probeTracefs } from "./start-tracefs-trace.ts";
import { lookAround, requireRoom } from "./surroundings.ts";
import { alreadyTraced } from "./targets.ts";
import type { ToolCheck } from "./tool-check.ts";
import type { FlightRecorder } from "./traces/flight-recorder.ts";

/** What the feature is made of, as far as it can fail here. */
export interface StraceParts {
  readonly coreProcess: CoreProcessFinder;
  readonly tool: ToolCheck;
  /** Undefined where it is switched off. */
  readonly recorder: Pick<FlightRecorder, "reason"> | undefined;
}

/** Finds out what tracing can do here, without touching the core: attaching would interrupt its calls. */
export async function straceCapability(
  { strace: settings, traffic }: Pick<Settings, "strace" | "traffic">,
  { coreProcess, tool, recorder }: StraceParts,
): Promise<Capability> {
  const parts = await Promise.all([
    part("run strace and trace a process of our own", async () => {
      const { version } = await tool.verify();
      return `strace ${version}`;
    }),
    part(`write to ${settings.dir}`, async () => {
      await requireRoom(settings.dir, settings.minFreePercent);
      return undefined;
    }),
  ]);
  return capabilityOf([
    ...parts,
    ...(await coreParts(coreProcess)),
    ...(await tracefsParts(settings, coreProcess)),
    ...recorderParts(recorder),
    ...latencyParts(settings.maxLatencyMs, traffic.enabled),
  ]);
}

/** Told only where it does not work: it is no use of its own, and must not make a feature that can't trace work in part. */
function latencyParts(maxLatencyMs: number, isCounted: boolean): CapabilityPart[] {
  if (maxLatencyMs === 0 || isCounted) return [];
  return [
    {
      name: "end a trace while requests wait long for the app (strace.maxLatencyMs)",
      works: false,
      reason: "The traffic is not counted, so nobody knows how long requests wait.",
      remedy: "SIDECAR_TRAFFIC_ENABLED=true",
    },
  ];
}

function recorderParts(recorder: StraceParts["recorder"]): CapabilityPart[] {
  if (recorder === undefined) return [];
  const reason = recorder.reason();
  return [
    {
      name: "record the app's system calls all the time (traces.recorderSeconds)",
      works: reason === null,
      ...(reason === null ? {} : { reason }),
    },
  ];
}

async function coreParts(coreProcess: CoreProcessFinder): Promise<CapabilityPart[]> {
  const core = await coreProcess.find();
  const name = "trace the app's main process";
  if (core.kind === "missing") return [{ name, works: false, reason: core.reason, remedy: core.remedy }];
  const [status, denial, { shortcoming, lineShortcoming }] = await Promise.all([
    readStatus(core.pid),
    findDenial(core.pid),
    lookAround(core.pid, "all"),
  ]);
  const attach = await part(name, async () => {
    if (denial !== undefined)
      throw new AppError("permission-denied", denial.reason, { remedy: denial.remedy });
    if (status !== undefined && status.tracerPid !== 0) throw await alreadyTraced(core.pid, status.tracerPid);
    return `It is ${core.pid}: ${core.foundBy}.`;
  });
  return [
    attach,
    {
      name: "tell the paths and addresses behind file descriptors",
      works: shortcoming === null,
      ...(shortcoming ?? lineShortcoming),
    },
  ];
}

/** The other engine is an offer: where it is not set up, nothing is missing. */
async function tracefsParts(
  settings: Settings["strace"],
  coreProcess: CoreProcessFinder,
): Promise<CapabilityPart[]> {
  if (settings.tracefsDir === undefined) return [];
  const core = await coreProcess.find();
  return [
    await part(`trace with tracefs at ${settings.tracefsDir}`, async () => {
      await probeTracefs(settings, core.kind === "found" ? core.pid : undefined);
      return undefined;
    }),
  ];
}

/** A part that works where `look` does not throw; what it gives is said of it. */
async function part(name: string, look: () => Promise<string | undefined>): Promise<CapabilityPart> {
  try {
    const reason = await look();
    return { name, works: true, ...(reason === undefined ? {} : { reason }) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return {
      name,
      works: false,
      reason: error.message,
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    };
  }
}
