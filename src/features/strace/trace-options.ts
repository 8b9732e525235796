import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import type { Settings } from "../../settings/schema.ts";
import { ENGINE_CHOICES, type EngineWish } from "./engine.ts";

/** What a request may choose of a trace, beside its lines. */
export interface TraceOptions extends EngineWish {
  readonly durationMs: number;
  /** Whether the request says how long, and not the setting. */
  readonly isDurationAsked: boolean;
  /** Characters of each string. */
  readonly stringLimit: number;
  /** Calls and classes as strace names them; empty for all. */
  readonly syscalls: readonly string[];
  readonly isErrorsOnly: boolean;
  /** Only calls that took at least so long; 0 for all lines. */
  readonly minDurationNs: number;
  /** Whether events have the lines they were made of. */
  readonly withRaw: boolean;
}

const MAX_STRING_LIMIT = 4_096;
const MAX_MIN_DURATION_SECONDS = 60;
const MAX_SYSCALLS = 64;
/** Nothing else of a request gets into strace's arguments: no `!`, no `/` (a regular expression), no `=`. */
const SYSCALLS = /^%?[a-z][a-z\d_]{0,39}(?:,%?[a-z][a-z\d_]{0,39})*$/;
/** Classes that may be written without their `%`, for no call has their name. */
const CLASSES = new Set("file process network net signal ipc desc memory clock creds pure".split(" "));
/** What only strace can do. */
const STRACE_ONLY = ["stringLimit"] as const;
const SECONDS = /^\d{1,5}(?:\.\d{1,6})?$/;

/** The query of a trace. */
export const traceQuery = z.object({
  raw: z
    .enum(["true", "false"])
    .optional()
    .describe("Whether each event has the lines of strace it was made of (JSON and NDJSON)."),
  duration: z
    .string()
    .regex(SECONDS, "must be a number of seconds, such as 2 or 0.5")
    .optional()
    .describe("How long to trace, in seconds: at most strace.durationMs (10 s unless set otherwise)."),
  syscalls: z
    .string()
    .max(1_024)
    .regex(SYSCALLS, "must be names of system calls, or strace's classes of them, with commas between")
    .optional()
    .describe(
      `Which calls: their names, or strace's classes (file, process, network, signal, ipc, desc, memory, %stat…), at most ${MAX_SYSCALLS}, with commas between. The app is not slowed less for it.`,
    ),
  errors: z.enum(["only"]).optional().describe("Only calls that fail, and signals and ends."),
  minDuration: z
    .string()
    .regex(SECONDS, "must be a number of seconds, such as 0.01")
    .optional()
    .describe(`Only calls that took at least so many seconds, at most ${MAX_MIN_DURATION_SECONDS}.`),
  engine: z
    .enum(ENGINE_CHOICES)
    .optional()
    .describe(
      "What traces: `strace` unless asked for otherwise; `tracefs`, for busy apps, where strace.tracefsDir is set: the kernel's own trace events, which hold nothing up, have true durations, and no texts; `auto` takes that where it works, else strace.",
    ),
  stringLimit: z
    .string()
    .regex(/^\d{1,6}$/, "must be a whole number")
    .optional()
    .describe(`Characters of each string, at most ${MAX_STRING_LIMIT}. strace.stringLimit unless asked for.`),
});

/** The query of a summary: all but what is about single events. */
export const summaryQuery = traceQuery.omit({ raw: true });

/**
 * What a query asks for.
 * @throws {AppError} `invalid-parameter` with the limit: what is too much is refused, never silently cut.
 */
export function optionsOf(query: z.output<typeof traceQuery>, settings: Settings["strace"]): TraceOptions {
  const maxSeconds = settings.durationMs / 1_000;
  const seconds = inRange("duration", query.duration, { least: 0.001, most: maxSeconds });
  const minSeconds = inRange("minDuration", query.minDuration, { least: 0, most: MAX_MIN_DURATION_SECONDS });
  const syscalls = (query.syscalls ?? "").split(",").filter((name) => name !== "");
  inRange("syscalls", query.syscalls && String(syscalls.length), { least: 1, most: MAX_SYSCALLS });
  return {
    ...{
      engine: query.engine ?? "strace",
      straceOnly: STRACE_ONLY.filter((name) => query[name] !== undefined),
    },
    durationMs: seconds === undefined ? settings.durationMs : Math.round(seconds * 1_000),
    isDurationAsked: seconds !== undefined,
    stringLimit:
      inRange("stringLimit", query.stringLimit, { least: 0, most: MAX_STRING_LIMIT }) ?? settings.stringLimit,
    syscalls: syscalls.map((name) => (CLASSES.has(name) ? `%${name}` : name)),
    isErrorsOnly: query.errors === "only",
    minDurationNs: Math.round((minSeconds ?? 0) * 1e9),
    withRaw: query.raw === "true",
  };
}

/** The error for a name that strace does not know, taken from what it says; undefined where it says no such thing. */
export function unknownSyscall(stderr: string): AppError | undefined {
  const name = /invalid system call '([^']*)'/.exec(stderr)?.[1];
  if (name === undefined) return undefined;
  const detail = `strace knows no system call and no class ${name}`;
  return new AppError("invalid-parameter", `query parameter syscalls: ${detail}.`, {
    errors: [{ pointer: "query:syscalls", detail }],
    remedy: "syscalls=network,openat (`man strace`, -e trace)",
  });
}

function inRange(
  name: string,
  text: string | undefined,
  { least, most }: { readonly least: number; readonly most: number },
): number | undefined {
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (value >= least && value <= most) return value;
  const what = name === "syscalls" ? "names" : name === "stringLimit" ? "characters" : "seconds";
  const detail = `must be ${least} to ${most} ${what}, and is ${text}`;
  throw new AppError("invalid-parameter", `query parameter ${name}: ${detail}.`, {
    errors: [{ pointer: `query:${name}`, detail }],
    remedy:
      name === "duration" ? `duration=${most}, or a higher SIDECAR_STRACE_DURATION_MS` : `at most ${most}`,
    extra: { limit: most },
  });
}
