import { z } from "zod";
import { AppError } from "../../../base/errors.ts";
import type { Settings } from "../../../settings/schema.ts";
import { type OptionsPlace, optionsOf, type TraceOptions, traceQuery } from "../trace-options.ts";
import type { TraceAsked } from "../trace-pool.ts";

const list = z.union([
  z.string(),
  z.array(z.string().regex(/^[^,]+$/, "must be one, without a comma")).transform((each) => each.join(",")),
]);
// What gets into strace's arguments passes the same check as that of a query.
const names = list.pipe(traceQuery.shape.syscalls.unwrap());

/** Programs give themselves names of any kind: `npm run start`, `next-server (v1`, `tmux: server`. */
const NAME = /^(?=.*\S)[^\p{Cc}]{1,64}$/u;

/** The body of `POST /traces`. The same as the query of `GET /strace`, as JSON. */
export const traceRequest = z.strictObject({
  process: z
    .union([z.int().min(1), z.string().regex(NAME, "must be `main`, or the name of a process")])
    .default("main")
    .describe("A pid, the name of a process, or `main`: the app's main process."),
  descendants: z
    .boolean()
    .optional()
    .describe(
      "Whether those that are below the process already are traced with it; those it starts later always are. true, unless `process` is a pid.",
    ),
  lines: z.int().min(1).optional().describe("At most so many lines; traces.maxLines unless asked for."),
  duration: z
    .number()
    .positive()
    .optional()
    .describe("In seconds, at most traces.maxDurationMs; that unless asked for."),
  syscalls: names.optional().describe("Calls, or strace's classes of them: a list, or with commas between."),
  follow: z
    .boolean()
    .optional()
    .describe(
      "false: only the main thread of a process, and nothing that it starts. true, unless asked for.",
    ),
  paths: list
    .optional()
    .describe(
      "Only calls that are about these files or folders, as with GET /strace: a list, or with commas between.",
    ),
  decode: traceQuery.shape.decode,
  engine: traceQuery.shape.engine,
  errors: z.enum(["only"]).optional().describe("Only calls that fail, and signals and ends."),
  minDuration: z.number().min(0).optional().describe("Only calls that took at least so many seconds."),
  stringLimit: z
    .int()
    .min(0)
    .optional()
    .describe(
      "Characters of each string, at most strace.maxStringLimit; strace.stringLimit unless asked for.",
    ),
  raw: z.boolean().default(false).describe("Whether each event has the lines of strace it was made of."),
});

/** A trace that is asked for. */
export type TraceRequest = z.output<typeof traceRequest>;

/** A body that is one, for people. */
export const EXAMPLE = '{"process": "main", "duration": 10, "syscalls": ["network", "openat"]}';

const BODY: OptionsPlace = {
  label: "/",
  pointer: "/",
  code: "content-invalid",
  durationSetting: "SIDECAR_TRACES_MAX_DURATION_MS",
};

/**
 * What the pool is to begin.
 * @throws {AppError} `content-invalid` with the limit that was passed.
 */
export function askedOf(
  request: TraceRequest,
  settings: Pick<Settings, "strace" | "traces">,
): TraceOptions & Pick<TraceAsked, "lines" | "maxBytes"> {
  const { lines, duration, syscalls, errors, minDuration, stringLimit, raw, follow, paths, decode, engine } =
    request;
  const { maxLines, maxDurationMs, maxBytes } = settings.traces;
  if (lines !== undefined && lines > maxLines) {
    const detail = `must be 1 to ${maxLines}, and is ${lines}`;
    throw new AppError("content-invalid", `/lines: ${detail}.`, {
      errors: [{ pointer: "/lines", detail }],
      remedy: `"lines": ${maxLines}, or a higher SIDECAR_TRACES_MAX_LINES`,
      extra: { limit: maxLines },
    });
  }
  const options = optionsOf(
    {
      duration: decimal(duration),
      syscalls,
      errors,
      minDuration: decimal(minDuration),
      stringLimit: decimal(stringLimit),
      raw: flag(raw),
      follow: flag(follow ?? true),
      paths,
      decode,
      engine,
    },
    { ...settings.strace, durationMs: maxDurationMs },
    BODY,
  );
  return { ...options, lines: lines ?? maxLines, maxBytes };
}

function flag(value: boolean): "true" | "false" {
  return value ? "true" : "false";
}

function decimal(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}
