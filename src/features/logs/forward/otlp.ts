import { z } from "zod";
import { VERSION } from "../../../version.ts";
import type { Level } from "../levels.ts";
import type { Destination, DestinationParts, Sent } from "./destination.ts";
import type { ForwardRecord } from "./forward-record.ts";
import { createPoster, type PostAnswer, refusalOf } from "./http-post.ts";
import type { SendFailure } from "./send-error.ts";

/** OTLP over HTTP in its JSON form: `ExportLogsServiceRequest` of opentelemetry-proto 1, `POST /v1/logs`. */

/** SeverityNumber: the first of each range. */
const SEVERITIES: Readonly<Record<Level, number>> = {
  ...{ trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 },
};

/** `ExportLogsServiceResponse`; JSON of protobuf writes 64-bit numbers as strings. */
const responseSchema = z.object({
  partialSuccess: z
    .object({
      rejectedLogRecords: z.coerce.number().int().min(0).default(0),
      errorMessage: z.string().default(""),
    })
    .optional(),
});

/** Makes the destination. */
export function createOtlp({ settings, tls, file, hostname, appName }: DestinationParts): Destination {
  const { url, labels } = settings;
  const poster = createPoster(settings, tls);
  const resource = {
    attributes: attributesOf({ "service.name": appName, "host.name": hostname, ...labels }),
  };
  const scope = { name: "tickbird", version: VERSION };
  const attributes = attributesOf({ "log.file.name": file });
  const recordOf = ({ text, level, timeMs, readAtMs }: ForwardRecord) => ({
    ...(timeMs === null ? {} : { timeUnixNano: nanosecondsOf(timeMs) }),
    observedTimeUnixNano: nanosecondsOf(readAtMs),
    ...(level === null ? {} : { severityNumber: SEVERITIES[level], severityText: level.toUpperCase() }),
    body: { stringValue: text },
    attributes,
  });
  return {
    async send(records, signal) {
      const scopeLogs = [{ scope, logRecords: records.map(recordOf) }];
      const answer = await poster.post(JSON.stringify({ resourceLogs: [{ resource, scopeLogs }] }), signal);
      const failure = failureOf(answer);
      if (failure !== undefined) throw refusalOf(answer, url, failure);
      return sentOf(answer, records.length);
    },
    [Symbol.asyncDispose]: () => poster[Symbol.asyncDispose](),
  };
}

function attributesOf(values: Readonly<Record<string, string>>) {
  return Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

/** A string: no number of JavaScript holds it. */
function nanosecondsOf(ms: number): string {
  return `${ms}000000`;
}

/**
 * Only these four may be tried again (OTLP, "Failures"). Other 5xx are not thrown away all the same: a gateway that is
 * set up wrongly is mended, and the lines are gone for good otherwise.
 */
function failureOf({ status }: PostAnswer): SendFailure | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status === 429 || status === 502 || status === 503 || status === 504) return "retry";
  return status === 400 || status === 413 || status === 422 ? "refused" : "denied";
}

/** What is rejected in part must not be sent again; an answer that is none takes all. */
function sentOf({ body }: PostAnswer, count: number): Sent {
  const parsed = responseSchema.safeParse(jsonOf(body));
  const { rejectedLogRecords = 0, errorMessage = "" } = parsed.data?.partialSuccess ?? {};
  return {
    rejected: Math.min(rejectedLogRecords, count),
    reason: errorMessage === "" ? null : errorMessage.slice(0, 200),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
