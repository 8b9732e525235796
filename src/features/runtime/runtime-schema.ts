import { z } from "zod";
import { RUNTIME_KINDS } from "../../linux/runtime/runtime-kind.ts";

/** What `/runtime` answers. */

const unread = z.object({
  field: z.string(),
  reason: z.string(),
  remedy: z.string().nullable().meta({ description: "The line that mends it, where there is one." }),
});

/** One process of the app. */
export const runtimeProcess = z.object({
  pid: z.int().meta({ description: "As the sidecar sees it." }),
  startTime: z.string().meta({ description: "ISO 8601. With the pid it names one process for good." }),
  name: z.string().meta({ description: "The kernel's short name." }),
  isMain: z.boolean().meta({ description: "Whether it is the app's main process." }),
  kind: z.enum(RUNTIME_KINDS).nullable().meta({
    description: "What runs it. `native`: compiled, and none of the others.",
  }),
  implementation: z.string().nullable().meta({
    description: "The virtual machine, of a kind that has several: `HotSpot`, `OpenJ9`, `CoreCLR`, `PyPy`…",
  }),
  version: z.string().nullable().meta({ description: "Of what runs it, not of the app: `17.0.15`, `3.12`." }),
  versionFrom: z.string().nullable().meta({ description: "Where that stands." }),
  evidence: z.string().nullable().meta({ description: "What shows the kind, as a sentence." }),
  uptimeSeconds: z.number(),
  cpuTimeNs: z.int().meta({ description: "CPU time since its start, in all its threads." }),
  cpuPercentSinceStart: z.number().nullable().meta({ description: "In percent of one CPU." }),
  rssBytes: z.int().nullable().meta({ description: "Resident memory." }),
  threads: z.int(),
  openFiles: z.int().nullable(),
  unreadable: z.array(unread).meta({ description: "Why fields are null." }),
});

/** The answer of `GET /runtime`. */
export const runtimeList = z.object({
  reason: z.string().nullable().meta({ description: "Why no process of the app is known." }),
  remedy: z.string().nullable().meta({ description: "The line that mends it." }),
  omitted: z.int().meta({ description: "How many further processes there are, which are not told." }),
  processes: z.array(runtimeProcess).meta({ description: "The main one first." }),
});

/** One process, as it is answered. */
export type RuntimeProcess = z.output<typeof runtimeProcess>;
/** What is answered. */
export type RuntimeList = z.output<typeof runtimeList>;
