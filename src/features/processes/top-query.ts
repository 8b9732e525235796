import { z } from "zod";
import { INTERVAL_SECONDS, interval, listQuery } from "./list-query.ts";

const MAX_LINES = 200;

/** The parameters of `GET /processes/top`. */
export const topQuery = listQuery.omit({ tree: true, pss: true }).extend({
  interval: interval.describe(
    `Over how many seconds CPU use, reading and writing are measured: ${INTERVAL_SECONDS.min} to ${INTERVAL_SECONDS.max}; ${INTERVAL_SECONDS.topDefault} where it is left out. The answer takes as long.`,
  ),
  lines: z
    .string()
    .refine((text) => /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_LINES, {
      error: ({ input }) => `must be 1 to ${MAX_LINES}, and is ${String(input).slice(0, 32)}`,
    })
    .default("20")
    .describe(`How many processes: 1 to ${MAX_LINES}.`),
});

/** What is asked of it. */
export type TopQuery = z.output<typeof topQuery>;
