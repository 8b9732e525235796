import { readText, unreadable } from "../proc.ts";
import { parseNested } from "./key-values.ts";
import type { CgroupReader } from "./notes.ts";

/** How much of the time tasks stood still for the want of something: averages in percent. */
export interface Stall {
  readonly avg10Percent: number;
  readonly avg60Percent: number;
  readonly avg300Percent: number;
  readonly totalNs: number;
}

/** The pressure of one resource (kernel: Documentation/accounting/psi.rst). */
export interface Pressure {
  /** Whose tasks it counts: those of the app's cgroup, or of the whole machine. */
  readonly of: "cgroup" | "host";
  /** Some tasks stood still. */
  readonly some: Stall | null;
  /** All that had something to do did. For the CPU the kernel tells it for cgroups only. */
  readonly full: Stall | null;
}

/** The pressure of all three resources; null where neither the cgroup's nor the host's can be read. */
export interface PressureFigures {
  readonly cpu: Pressure | null;
  readonly memory: Pressure | null;
  readonly io: Pressure | null;
}

/** Reads the pressure: of the cgroup where it is counted (version 2), else of the host. */
export async function readPressure(reader: CgroupReader): Promise<PressureFigures> {
  const [cpu, memory, io] = await Promise.all([
    pressureOf(reader, "cpu"),
    pressureOf(reader, "memory"),
    pressureOf(reader, "io"),
  ]);
  return { cpu, memory, io };
}

async function pressureOf(reader: CgroupReader, resource: keyof PressureFigures): Promise<Pressure | null> {
  if (reader.place("pressure") !== undefined) {
    const own = await reader.text("pressure", `${resource}.pressure`, []);
    if (own !== null) return { of: "cgroup", ...parsePressure(own) };
  }
  try {
    return { of: "host", ...parsePressure(await readText(`/proc/pressure/${resource}`, 4_096)) };
  } catch (error) {
    reader.note([`pressure.${resource}`], {
      reason: `the kernel does not count it: ${unreadable(error).reason}`,
      remedy: "Boot the host with psi=1 (Linux 4.20 or later)",
    });
    return null;
  }
}

/** Parses a pressure file. */
export function parsePressure(text: string): Pick<Pressure, "some" | "full"> {
  const lines = parseNested(text);
  const stall = (kind: "some" | "full"): Stall | null => {
    const values = lines.get(kind);
    const total = values?.get("total");
    if (values === undefined || total === undefined) return null;
    return {
      avg10Percent: values.get("avg10") ?? 0,
      avg60Percent: values.get("avg60") ?? 0,
      avg300Percent: values.get("avg300") ?? 0,
      totalNs: total * 1_000,
    };
  };
  return { some: stall("some"), full: stall("full") };
}
