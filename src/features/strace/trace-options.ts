import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import type { Settings } from "../../settings/schema.ts";
import { ENGINE_CHOICES, type EngineWish } from "./engine-names.ts";
import { MAX_PATHS, pathsOf, type RefusalPlace } from "./trace-paths.ts";

/** What of a descriptor is told beside its number: nothing, its path, or a socket's addresses too. */
export type Decode = "none" | "paths" | "all";

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
  /** Whether all threads are traced, those below the process, and what it starts; else its main thread alone. */
  readonly follow: boolean;
  /** Only calls that are about these paths, as the process writes them; empty for all. */
  readonly paths: readonly string[];
  readonly decode: Decode;
  /** Only calls that took at least so long; 0 for all lines. */
  readonly minDurationNs: number;
  /** Whether events have the lines they were made of. */
  readonly withRaw: boolean;
  /** Whether a stream of events (SSE) has the trace's events, and not its lines. */
  readonly asEvents: boolean;
}

const MAX_MIN_DURATION_SECONDS = 60;
const MAX_SYSCALLS = 64;
/** Nothing else of a request gets into strace's arguments: no `!`, no `/` (a regular expression), no `=`. */
const SYSCALLS = /^%?[a-z][a-z\d_]{0,39}(?:,%?[a-z][a-z\d_]{0,39})*$/;
/** Classes that may be written without their `%`, for no call has their name. */
const CLASSES = new Set("file process network net signal ipc desc memory clock creds pure".split(" "));
/** What only strace can do. */
const STRACE_ONLY = ["stringLimit", "paths", "decode", "follow"] as const;
const SECONDS = /^\d{1,5}(?:\.\d{1,6})?$/;

/** The query of a trace. */
export const traceQuery = z.object({
  raw: z
    .enum(["true", "false"])
    .optional()
    .describe(
      "Whether each event has the lines of strace it was made of (JSON, NDJSON, SSE with `events=true`).",
    ),
  events: z
    .enum(["true", "false"])
    .optional()
    .describe(
      "Whether an event stream (SSE) has records `event` with the JSON of an event each, and not `line` with strace's own line.",
    ),
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
  follow: z
    .enum(["true", "false"])
    .optional()
    .describe(
      "`false`: only the main thread of the process, and nothing that it starts. An app with many threads is then held up less.",
    ),
  paths: z
    .string()
    .optional()
    .describe(
      `Only calls that are about these files or folders: absolute paths as the app sees them, at most ${MAX_PATHS}, with commas between. A call is shown that names one in these words, or that has a descriptor of it; one that names it by a relative path is not.`,
    ),
  decode: z
    .enum(["none", "paths", "all"])
    .optional()
    .describe(
      "What is told of a descriptor beside its number: nothing, the path of its file, or (the default) the addresses of sockets too, where the sidecar shares the network namespace of the app.",
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
    .describe(
      "Characters of each string, at most strace.maxStringLimit (4,096 unless set otherwise). strace.stringLimit unless asked for.",
    ),
});

/** The query of a summary: all but what is about single events. */
export const summaryQuery = traceQuery.omit({ raw: true, events: true });

/** Where options come from, for what is said of those that are refused. */
export interface OptionsPlace extends RefusalPlace {
  /** The setting that bounds `duration`. */
  readonly durationSetting: string;
}

const QUERY: OptionsPlace = {
  label: "query parameter ",
  pointer: "query:",
  code: "invalid-parameter",
  durationSetting: "SIDECAR_STRACE_DURATION_MS",
};

/**
 * What a query asks for, or the body of a request whose members are written as a query would write them.
 * @throws {AppError} with the code of `place` and the limit: what is too much is refused, never silently cut.
 */
export function optionsOf(
  query: z.output<typeof traceQuery>,
  settings: Pick<Settings["strace"], "durationMs" | "stringLimit" | "maxStringLimit">,
  place = QUERY,
): TraceOptions {
  const inRange = rangeCheck(place);
  const maxSeconds = settings.durationMs / 1_000;
  const seconds = inRange("duration", query.duration, { least: 0.001, most: maxSeconds });
  const minSeconds = inRange("minDuration", query.minDuration, { least: 0, most: MAX_MIN_DURATION_SECONDS });
  const { maxStringLimit } = settings;
  const stringLimit = inRange("stringLimit", query.stringLimit, { least: 0, most: maxStringLimit });
  const syscalls = (query.syscalls ?? "").split(",").filter((name) => name !== "");
  inRange("syscalls", query.syscalls && String(syscalls.length), { least: 1, most: MAX_SYSCALLS });
  return {
    ...{
      engine: query.engine ?? "strace",
      straceOnly: straceOnlyOf(query, place),
    },
    durationMs: seconds === undefined ? settings.durationMs : Math.round(seconds * 1_000),
    isDurationAsked: seconds !== undefined,
    stringLimit: stringLimit ?? Math.min(settings.stringLimit, maxStringLimit),
    syscalls: syscalls.map((name) => (CLASSES.has(name) ? `%${name}` : name)),
    isErrorsOnly: query.errors === "only",
    follow: query.follow !== "false",
    paths: pathsOf(query.paths, place),
    decode: query.decode ?? "all",
    minDurationNs: Math.round((minSeconds ?? 0) * 1e9),
    withRaw: query.raw === "true",
    asEvents: query.events === "true",
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

/**
 * What is asked for that only strace can do.
 * @throws {AppError} where tracefs is to do it.
 */
function straceOnlyOf(query: z.output<typeof traceQuery>, { label, pointer, code }: OptionsPlace): string[] {
  const names = STRACE_ONLY.filter(
    (name) => query[name] !== undefined && (name !== "follow" || query.follow === "false"),
  );
  const [name] = names;
  if (query.engine !== "tracefs" || name === undefined) return names;
  const detail = "the engine tracefs sees numbers only, of all threads";
  throw new AppError(code, `${label}${name}: ${detail}.`, {
    errors: names.map((each) => ({ pointer: `${pointer}${each}`, detail })),
    remedy: `engine=strace, or without ${names.join(" and ")}`,
  });
}

type RangeCheck = (
  name: string,
  text: string | undefined,
  range: { readonly least: number; readonly most: number },
) => number | undefined;

function rangeCheck({ label, pointer, code, durationSetting }: OptionsPlace): RangeCheck {
  return (name, text, { least, most }) => {
    if (text === undefined || text === "") return undefined;
    const value = Number(text);
    if (value >= least && value <= most) return value;
    const setting = { duration: durationSetting, stringLimit: "SIDECAR_STRACE_MAX_STRING_LIMIT" }[name];
    const what = name === "syscalls" ? "names" : name === "stringLimit" ? "characters" : "seconds";
    const detail = `must be ${least} to ${most} ${what}, and is ${text}`;
    throw new AppError(code, `${label}${name}: ${detail}.`, {
      errors: [{ pointer: `${pointer}${name}`, detail }],
      remedy: setting === undefined ? `at most ${most}` : `${name}=${most}, or a higher ${setting}`,
      extra: { limit: most },
    });
  };
}
