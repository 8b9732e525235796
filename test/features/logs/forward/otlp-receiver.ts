import { z } from "zod";
import type { Received } from "./http-receiver.ts";

/**
 * `ExportLogsServiceRequest` of opentelemetry-proto 1 in the JSON of protobuf: names in lowerCamelCase, 64-bit numbers as
 * strings. What is not there is refused.
 */

const attribute = z.strictObject({
  key: z.string().min(1),
  value: z.strictObject({ stringValue: z.string() }),
});
const nanoseconds = z.string().regex(/^\d{19}$/);
const droppedAttributesCount = z.int().min(0).optional();

export const otlpRequest = z.strictObject({
  resourceLogs: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes: z.array(attribute), droppedAttributesCount }),
      scopeLogs: z.array(
        z.strictObject({
          scope: z.strictObject({ name: z.string(), version: z.string() }),
          logRecords: z.array(
            z.strictObject({
              timeUnixNano: nanoseconds.optional(),
              observedTimeUnixNano: nanoseconds,
              severityNumber: z.int().min(1).max(24).optional(),
              severityText: z.string().optional(),
              body: z.strictObject({ stringValue: z.string() }),
              attributes: z.array(attribute),
              droppedAttributesCount,
            }),
          ),
        }),
      ),
    }),
  ),
});

/** The records of a request, in their order. */
export function otlpRecords({ body }: Received) {
  return otlpRequest
    .parse(body)
    .resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
}

/** Their texts. */
export function otlpTexts(request: Received): string[] {
  return otlpRecords(request).map(({ body }) => body.stringValue);
}
