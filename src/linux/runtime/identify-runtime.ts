import { open } from "node:fs/promises";
import { uptimeTicks } from "../boot-clock.ts";
import { type Obstacle, whyUnreadable } from "../look-into.ts";
import { readExecutable } from "../proc.ts";
import type { ProcStat } from "../proc-stat.ts";
import { type GoBuildInfo, readGoBuildInfo } from "./go-build-info.ts";
import { readMappedFiles } from "./mapped-files.ts";
import { type KindFound, kindByNames, type RuntimeKind } from "./runtime-kind.ts";
import { findVersion } from "./runtime-version.ts";

/** What kind of program a process is, found out by reading alone: nothing is sent to it. */
export interface Runtime {
  readonly kind: RuntimeKind;
  /** `HotSpot`, `OpenJ9`, `CoreCLR`… where the kind has several; else null. */
  readonly implementation: string | null;
  readonly version: string | null;
  /** Where the version stands; null where it is not known. */
  readonly versionFrom: string | null;
  /** Why it is not known. */
  readonly versionReason: string | null;
  /** What shows the kind. */
  readonly evidence: string;
}

/** A {@link Runtime}, or why nothing can be said of it. */
export type RuntimeReading =
  | { readonly runtime: Runtime; readonly obstacle?: undefined }
  | { readonly runtime: null; readonly obstacle: Obstacle };

/** Finds out what processes are, and remembers it. */
export interface RuntimeFinder {
  runtimeOf(stat: ProcStat): Promise<RuntimeReading>;
  /** Forgets processes that are none of these any more. */
  keep(stats: readonly ProcStat[]): void;
}

/** A program loads its virtual machine within so much time after its start; until then it may look native. */
const SETTLED_TICKS = 1_000;

/** Makes a finder. What a process was found to be holds as long as it executes the same file. */
export function createRuntimeFinder(): RuntimeFinder {
  const known = new Map<string, { readonly executable: string; readonly runtime: Runtime }>();
  return {
    async runtimeOf(stat) {
      const key = keyOf(stat);
      const executable = (await readExecutable(stat.pid)).value;
      const earlier = known.get(key);
      if (earlier !== undefined && earlier.executable === executable) return { runtime: earlier.runtime };
      const reading = await identifyRuntime(stat.pid);
      const { runtime } = reading;
      const isSettled = runtime?.kind !== "native" || uptimeTicks() - stat.startTicks > SETTLED_TICKS;
      if (runtime !== null && executable !== null && isSettled) known.set(key, { executable, runtime });
      return reading;
    },
    keep(stats) {
      const present = new Set(stats.map(keyOf));
      for (const key of known.keys()) if (!present.has(key)) known.delete(key);
    },
  };
}

function keyOf({ pid, startTicks }: ProcStat): string {
  return `${pid}:${startTicks}`;
}

/** Finds out what kind of program a process is, now. */
export async function identifyRuntime(pid: number): Promise<RuntimeReading> {
  try {
    const mapped = await readMappedFiles(pid);
    const { value: link, reason } = await readExecutable(pid);
    if (link === null) return { runtime: null, obstacle: { reason, remedy: null } };
    const executable = link.replace(/ \(deleted\)$/, "");
    const found = kindByNames(executable, mapped);
    return { runtime: found === undefined ? await compiled(pid) : await interpreted(pid, found, mapped) };
  } catch (error) {
    return { runtime: null, obstacle: await whyUnreadable(pid, error) };
  }
}

async function interpreted(pid: number, found: KindFound, mapped: Iterable<string>): Promise<Runtime> {
  const version = await findVersion(pid, found, mapped);
  return {
    kind: found.kind,
    implementation: found.implementation,
    version: version?.version ?? null,
    versionFrom: version?.from ?? null,
    versionReason: version === undefined ? "neither its files nor its environment tell its version" : null,
    evidence: found.isExecutable ? `it executes ${found.file}` : `it has loaded ${found.file}`,
  };
}

/** What brings no virtual machine along: Go, which says so, or else. */
async function compiled(pid: number): Promise<Runtime> {
  const go = await goOf(pid);
  if (go === undefined) {
    return {
      ...{ kind: "native", implementation: null, version: null, versionFrom: null },
      versionReason: "a native program has no version that can be read from outside",
      evidence: "it has neither loaded a virtual machine nor the build information of Go",
    };
  }
  const module = go.module === null ? "" : `, of ${go.module} ${go.moduleVersion}`;
  return {
    ...{ kind: "go", implementation: null, version: go.goVersion },
    ...{ versionFrom: "the build information in its executable", versionReason: null },
    evidence: `its executable has the build information of Go${module}`,
  };
}

async function goOf(pid: number): Promise<GoBuildInfo | undefined> {
  // The link of the kernel leads to the very file that runs, replaced or not.
  await using file = await open(`/proc/${pid}/exe`, "r");
  return await readGoBuildInfo(file);
}
