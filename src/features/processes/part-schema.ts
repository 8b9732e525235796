import { z } from "zod";
import { processRef, resourceLimit, unreadableField } from "./process-schema.ts";

/** The shapes of `GET /processes/{pid}/…`. What can't be read is null, and `unreadable` says why and what mends it. */

const part = processRef.extend({ name: z.string(), unreadable: z.array(unreadableField) });
const bounded = part.extend({
  total: z
    .int()
    .nullable()
    .describe("How many there are; the answer holds the first of them, up to `limit`."),
});
const bytes = z.number().nullable();

/** The answer of `…/threads`. */
export const threadsAnswer = bounded.extend({
  intervalMs: z.number(),
  threads: z.array(
    z.object({
      tid: z.int(),
      name: z.string(),
      startTime: z.iso.datetime(),
      state: z.string(),
      stateLetter: z.string(),
      cpuTimeNs: z.number(),
      cpuPercent: z.number().describe("Over the interval; 100 is one CPU."),
      voluntarySwitches: z.number().nullable().describe("It gave its CPU up to wait."),
      involuntarySwitches: z.number().nullable().describe("It was taken off its CPU."),
      nice: z.int(),
      lastCpu: z.int(),
    }),
  ),
});

/** The answer of `…/files`. */
export const filesAnswer = bounded.extend({
  limit: z
    .union([z.number(), z.literal("unlimited")])
    .nullable()
    .describe("The soft limit of open files."),
  files: z
    .array(
      z.object({
        fd: z.int(),
        kind: z.enum(["file", "device", "socket", "pipe", "anonymous", "other"]),
        target: z.string().describe("A path relative to the root of the process, `socket:[inode]`…"),
        isDeleted: z.boolean(),
        access: z.enum(["read", "write", "read-write"]).nullable(),
        closesOnExec: z.boolean().nullable(),
        isAppending: z.boolean().nullable().describe("Whether what is written goes to its end (O_APPEND)."),
        positionBytes: bytes,
      }),
    )
    .nullable(),
});

/** The answer of `…/sockets`. */
export const socketsAnswer = bounded.extend({
  sockets: z
    .array(
      z.object({
        fd: z.int(),
        inode: z.string(),
        family: z.enum(["inet", "inet6", "unix", "netlink", "packet"]).nullable(),
        type: z.string().nullable(),
        state: z.string().nullable(),
        local: z.string().nullable().describe("`address:port`, or the path of a Unix socket."),
        peer: z.string().nullable(),
        sendQueueBytes: bytes,
        receiveQueueBytes: bytes,
      }),
    )
    .nullable(),
});

/** The answer of `…/limits`. */
export const limitsAnswer = part.extend({
  limits: z
    .array(
      resourceLimit.extend({
        used: z.number().nullable().describe("In the same unit; null where the kernel does not count it."),
      }),
    )
    .nullable(),
});

/** The answer of `…/env`. */
export const envAnswer = bounded.extend({
  variables: z
    .array(z.object({ name: z.string(), value: z.string(), isMasked: z.boolean() }))
    .nullable()
    .describe("As they were when the program was started; what it has changed since is not in it."),
});

/** The answer of `…/maps`. */
export const mapsAnswer = bounded.extend({
  summary: z
    .object({
      ...{ rssBytes: z.number(), pssBytes: z.number(), privateBytes: z.number(), sharedBytes: z.number() },
      ...{ anonymousBytes: z.number(), swapBytes: z.number(), swapPssBytes: z.number() },
      lockedBytes: z.number(),
    })
    .nullable()
    .describe("Of all mappings together (smaps_rollup)."),
  virtualBytes: bytes.describe("All mappings together."),
  mappings: z
    .array(
      z.object({
        start: z.string(),
        end: z.string(),
        bytes: z.number(),
        permissions: z.string(),
        offsetBytes: z.number(),
        path: z
          .string()
          .nullable()
          .describe("Relative to the root of the process; null for anonymous memory."),
      }),
    )
    .nullable(),
});

/** The answer of `…/cgroup`. */
export const cgroupAnswer = part.extend({
  version: z.enum(["v1", "v2", "hybrid"]).nullable(),
  path: z.string().nullable().describe("Relative to the sidecar's own cgroup namespace."),
  seenThrough: z.enum(["core", "sidecar"]).nullable().describe("Whose mounts show its files."),
  isOfMain: z.boolean().nullable().describe("Whether the app's main process is in the same one."),
  memberships: z
    .array(z.object({ hierarchy: z.int(), controllers: z.array(z.string()), path: z.string() }))
    .nullable()
    .describe("One for each hierarchy; 0 is version 2 (cgroups(7))."),
});

/** What a part adds to the identity of its process. */
export type Own<S extends z.ZodType> = Omit<z.infer<S>, "pid" | "startTime" | "name" | "unreadable">;
