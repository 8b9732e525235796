import { z } from "zod";
import { AppError } from "../../../base/errors.ts";
import type { Argument } from "../events/argument.ts";
import type { TraceEvent } from "../events/event.ts";

const SECONDS = /^\d{1,12}(?:\.\d{1,9})?$/;
const WHOLE = /^\d{1,10}$/;
const MAX_LIMIT = 10_000;
const DEFAULT_LIMIT = 1_000;

const whole = z.string().regex(WHOLE, "must be a whole number").optional();
const seconds = z.string().regex(SECONDS, "must be a number of seconds").optional();

/** The query of the events of a trace. */
export const eventQuery = z.object({
  cursor: whole.describe(
    "Where to go on: the `next` of an answer, or the `id` of an event of a stream. From the first event, unless given.",
  ),
  limit: whole.describe(
    `The most events of one answer: ${DEFAULT_LIMIT} unless asked for, at most ${MAX_LIMIT}. A stream has no limit unless asked for.`,
  ),
  since: seconds.describe(
    "Only what began at this time or later, in seconds since 1970, as `time` tells it.",
  ),
  until: seconds.describe("Only what began before this time."),
  calls: z
    .string()
    .regex(/^[a-z\d_]+(?:,[a-z\d_]+)*$/, "must be names of calls with commas between")
    .max(2_048)
    .optional()
    .describe("Only these calls: `openat,connect`."),
  errors: z.enum(["only"]).optional().describe("Only calls that failed."),
  minDuration: seconds.describe("Only calls that took at least so many seconds."),
  pid: whole.describe("Only of this process."),
  tid: whole.describe("Only of this thread."),
  request: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .describe(
      "Only the calls of this forwarded request, by its X-Request-Id (JSON): those on its connection, and those that the same thread made while it worked on it; `touches` says which.",
    ),
  text: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe(
      "Only where an argument or the result has this text in it: a part of a path, of an address, of data.",
    ),
});

/** Which events are wanted. */
export interface EventWish {
  /** Undefined where not those of a request are. */
  readonly requestId: string | undefined;
  readonly cursor: number;
  /** Undefined: as many as the form of the answer gives. */
  readonly limit: number | undefined;
  readonly span: { readonly since?: number; readonly until?: number };
  /** Undefined where all are. */
  readonly isWanted: ((event: TraceEvent) => boolean) | undefined;
}

/** The most events of an answer that is no stream, where no limit is asked for. */
export const PAGE_LIMIT = DEFAULT_LIMIT;

/**
 * Reads a query.
 * @param lastEventId of a client that takes up a stream again (WHATWG HTML, section 9.2).
 * @throws {AppError} `invalid-parameter` for a limit beyond the most.
 */
export function readEventQuery(query: z.output<typeof eventQuery>, lastEventId: string): EventWish {
  const { cursor, limit, since, until } = query;
  const from = WHOLE.test(lastEventId) ? lastEventId : (cursor ?? "0");
  if (limit !== undefined && (Number(limit) > MAX_LIMIT || Number(limit) < 1)) {
    const detail = `must be 1 to ${MAX_LIMIT}, and is ${limit}`;
    throw new AppError("invalid-parameter", `query parameter limit: ${detail}.`, {
      errors: [{ pointer: "query:limit", detail }],
      remedy: `limit=${MAX_LIMIT}, and the next ones with cursor=<next>`,
      extra: { limit: MAX_LIMIT },
    });
  }
  const tests = testsOf(query);
  refuseWithRequest(query);
  return {
    requestId: query.request,
    cursor: Number(from),
    limit: limit === undefined ? undefined : Number(limit),
    span: {
      ...(since === undefined ? {} : { since: Number(since) }),
      ...(until === undefined ? {} : { until: Number(until) }),
    },
    isWanted: tests.length === 0 ? undefined : (event) => tests.every((test) => test(event)),
  };
}

/** The calls of a request are given at once, and its time is known. */
function refuseWithRequest(query: z.output<typeof eventQuery>): void {
  if (query.request === undefined) return;
  const name = (["cursor", "limit", "since", "until"] as const).find((each) => query[each] !== undefined);
  if (name === undefined) return;
  const detail = "can't be given with request";
  throw new AppError("invalid-parameter", `query parameter ${name}: ${detail}.`, {
    errors: [{ pointer: `query:${name}`, detail }],
    remedy: `Leave ${name} out: all calls of the request are given.`,
  });
}

type Test = (event: TraceEvent) => boolean;

function testsOf(query: z.output<typeof eventQuery>): readonly Test[] {
  const { since, until, calls, errors, minDuration, pid, tid, text } = query;
  const names = new Set(calls?.split(","));
  const tests: readonly (readonly [string | undefined, Test])[] = [
    [since, (event) => timeOf(event) >= Number(since)],
    [until, (event) => timeOf(event) < Number(until)],
    [calls, (event) => event.type === "call" && names.has(event.call)],
    [errors, (event) => event.type === "call" && event.errno !== null],
    [minDuration, (event) => event.type === "call" && (event.durationNs ?? 0) >= Number(minDuration) * 1e9],
    [pid, (event) => event.type !== "unparsed" && event.pid === Number(pid)],
    [tid, (event) => event.type !== "unparsed" && event.tid === Number(tid)],
    [text, (event) => hasText(event, text ?? "")],
  ];
  return tests.filter(([value]) => value !== undefined).map(([, test]) => test);
}

/** What has no time is never within a span. */
function timeOf(event: TraceEvent): number {
  return "time" in event && event.time !== null ? event.time : Number.NaN;
}

function hasText(event: TraceEvent, text: string): boolean {
  if (event.type === "unparsed") return event.text.includes(text);
  if (event.type !== "call") return false;
  return (
    (event.args ?? []).some((argument) => argumentHas(argument, text)) ||
    (event.resultText?.includes(text) ?? false) ||
    (event.decoded?.includes(text) ?? false)
  );
}

function argumentHas(argument: Argument, text: string): boolean {
  switch (argument.kind) {
    case "named":
      return argumentHas(argument.value, text);
    case "string":
      return argument.value.includes(text);
    case "descriptor":
      return Object.values(argument.target).some(
        (value) => typeof value === "string" && value.includes(text),
      );
    case "symbols":
      return argument.names.some((name) => name.includes(text));
    case "structure":
    case "array":
    case "other":
      return argument.text.includes(text);
    default:
      return false;
  }
}
