import { z } from "zod";
import { stateLetters } from "../../linux/proc-stat.ts";

/** The parameters of the list of processes. */

/** The shortest and longest interval over which CPU use is measured, and what holds where none is asked for. */
export const INTERVAL_SECONDS = { min: 0.1, max: 10, default: 0.2, topDefault: 1 } as const;
const MAX_TEXT = 64;

/** What the list can be sorted by. */
export const SORT_KEYS = [
  ...([
    "pid",
    "cpu",
    "cputime",
    "rss",
    "virtual",
    "swap",
    "pss",
    "threads",
    "files",
    "read",
    "write",
  ] as const),
  ...(["readrate", "writerate", "readops", "writeops"] as const),
  ...(["faults", "started", "name", "user", "state"] as const),
] as const;

/** An interval in seconds. */
export const interval = z
  .string()
  .refine(isInterval, {
    error: ({ input }) =>
      `must be a number of seconds from ${INTERVAL_SECONDS.min} to ${INTERVAL_SECONDS.max}, and is ${shown(input)}`,
  })
  .optional();

/** `?secrets=show`. */
export const secretsQuery = z.object({
  secrets: z.enum(["show"]).optional().describe("`show` leaves secrets unmasked. For operators; logged."),
});

const text = z
  .string()
  .refine((value) => value.length >= 1 && value.length <= MAX_TEXT, {
    error: ({ input }) => `must have 1 to ${MAX_TEXT} characters, and has ${String(input).length}`,
  })
  .optional();

const flag = z.enum(["true", "false"]).default("false");

const filters = {
  name: text.describe("Whose short name or executable's file name contains this, in any case."),
  state: z
    .string()
    .refine((value) => value.split(",").every((each) => stateLetters(each).length > 0), {
      error: ({ input }) =>
        `must be letters or words of states, separated by commas (R or running, S or sleeping, D, T or stopped, t, Z or zombie, I or idle), and is ${shown(input)}`,
    })
    .optional()
    .describe(
      "Those in one of these states: `R,D`, or in words: `running`, `sleeping`, `stopped`, `zombie`.",
    ),
  user: text.describe("Whose effective user has this name or uid."),
};

const sorting = {
  sort: z
    .enum(SORT_KEYS)
    .optional()
    .describe(
      "What to sort by; by pid, else. `readrate` and `writerate` are bytes a second from and to storage, `readops` and `writeops` calls a second of read(2), write(2) and their like.",
    ),
  order: z
    .enum(["asc", "desc"])
    .optional()
    .describe(
      "Ascending for pid, name, user, state and started, descending for all others, unless said otherwise.",
    ),
};

/** The parameters of `GET /processes`. */
export const listQuery = secretsQuery.extend({
  interval: interval.describe(
    `Over how many seconds CPU use, reading and writing are measured: ${INTERVAL_SECONDS.min} to ${INTERVAL_SECONDS.max}; ${INTERVAL_SECONDS.default} where it is left out. The answer takes as long.`,
  ),
  ...sorting,
  ...filters,
  tree: flag.describe(
    "`true`: each process below its parent; the text draws the tree. Sorted among siblings.",
  ),
  pss: flag.describe("`true`: with `pssBytes`, for which the kernel walks all page tables of each process."),
});

/** Which processes, and in which order. */
export type ListQuery = z.output<typeof listQuery>;

/** The interval that was asked for, in milliseconds. */
export function intervalMsOf(seconds: string | undefined, fallbackSeconds: number): number {
  return Math.round((seconds === undefined ? fallbackSeconds : Number(seconds)) * 1_000);
}

function isInterval(value: string): boolean {
  const seconds = Number(value);
  return /^\d+(\.\d+)?$/.test(value) && seconds >= INTERVAL_SECONDS.min && seconds <= INTERVAL_SECONDS.max;
}

function shown(input: unknown): string {
  return String(input).slice(0, MAX_TEXT);
}
