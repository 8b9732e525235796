import { z } from "zod";
import type { RecentWish } from "../../web/traffic/traffic.ts";

/** What can be asked of the latest requests. */

const MAX_LIMIT = 1_000;
const MAX_SECONDS = 86_400;
const SECONDS = /^\d{1,5}(?:\.\d{1,6})?$/;

/** The query of `GET /traffic`. */
export const trafficQuery = z.object({
  status: z
    .string()
    .regex(/^[1-5]xx$/, "must be a class of statuses: 1xx, 2xx, 3xx, 4xx or 5xx")
    .optional()
    .describe("Only those with a status of this class: `5xx`."),
  minDuration: z
    .string()
    .refine((text) => SECONDS.test(text) && Number(text) <= MAX_SECONDS, {
      error: `must be a number of seconds up to ${MAX_SECONDS}, such as 0.25`,
    })
    .optional()
    .describe("Only those that took at least so many seconds."),
  path: z
    .string()
    .min(1)
    .max(1_024)
    .regex(/^\//, "must begin with a slash")
    .optional()
    .describe("Only those whose path begins with this."),
  since: z.iso
    .datetime({ offset: true, error: "must be a time such as 2026-11-28T12:00:00Z" })
    .optional()
    .describe("Only those that ended since."),
  limit: z
    .string()
    .refine((text) => /^[1-9]\d{0,3}$/.test(text) && Number(text) <= MAX_LIMIT, {
      error: `must be a whole number from 1 to ${MAX_LIMIT}`,
    })
    .default("100")
    .describe(`At most so many, up to ${MAX_LIMIT}.`),
});

/** Which requests a query wants. */
export function wishOf({
  status,
  minDuration,
  path,
  since,
  limit,
}: z.output<typeof trafficQuery>): RecentWish {
  return {
    limit: Number(limit),
    ...(status === undefined ? {} : { statusClass: Number(status[0]) }),
    ...(minDuration === undefined ? {} : { minDurationMs: Number(minDuration) * 1_000 }),
    ...(path === undefined ? {} : { pathPrefix: path }),
    ...(since === undefined ? {} : { sinceMs: Date.parse(since) }),
  };
}

/** The id of a request, as it stands in its X-Request-Id. */
export const requestIdPath = z.object({
  requestId: z.string().regex(/^[\w.:+/=-]{1,128}$/, "must be the X-Request-Id of a request"),
});
