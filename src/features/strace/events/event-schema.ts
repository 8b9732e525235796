import { z } from "zod";

/** The events of a trace as JSON: what `event.ts` and `argument.ts` say, for the API's description and its clients. */

const target = z
  .discriminatedUnion("kind", [
    z.object({
      kind: z.literal("file"),
      path: z.string().describe("Relative to the root of the process."),
      isDeleted: z.boolean().describe("It has no name any more."),
      device: z.string().nullable().describe("`char 1:3`"),
    }),
    z.object({
      kind: z.literal("socket"),
      protocol: z
        .string()
        .nullable()
        .describe("`TCP`, `UDPv6`, `UNIX-STREAM`…; null where it could not be told."),
      inode: z.int().nullable().describe("Null where strace has told the addresses instead."),
      local: z
        .string()
        .nullable()
        .describe(
          "Its address, or the name of a Unix socket (`@`: an abstract one). Null where it has none yet, or it could not be told: `warnings` say so.",
        ),
      peer: z
        .string()
        .nullable()
        .describe(
          "The address of the other end; of a Unix socket its name, or its inode where that is all that is known.",
        ),
    }),
    z.object({ kind: z.literal("other"), text: z.string().describe("`pipe:[7]`, as strace wrote it.") }),
  ])
  .meta({ id: "DescriptorTarget", description: "What a descriptor stands for." });

const plainArguments = [
  z.object({
    kind: z.literal("number"),
    value: z.int().nullable().describe("Null beyond 2^53: `text` has it then."),
    text: z.string().optional().describe("As strace wrote it, where that is not decimal."),
  }),
  z.object({
    kind: z.literal("string"),
    value: z.string(),
    encoding: z.enum(["utf-8", "bytes"]).describe("`bytes`: it is no UTF-8, and each character is one byte."),
    isTruncated: z.boolean().describe("There was more of it than the limit for strings."),
  }),
  z.object({
    kind: z.literal("descriptor"),
    fd: z.int().nullable().describe("Null for AT_FDCWD, the current folder."),
    target,
  }),
  z.object({ kind: z.literal("symbols"), names: z.array(z.string()).describe("Constants, joined by `|`.") }),
  z.object({
    kind: z.literal("unread"),
    value: z.null().describe("A text, a structure or a buffer that the engine does not show."),
    reason: z.string(),
    text: z.string().describe("The address."),
  }),
  z.object({ kind: z.literal("null") }),
  z.object({
    kind: z.enum(["structure", "array", "other"]),
    text: z.string().describe("As strace wrote it."),
  }),
] as const;

const argument = z
  .discriminatedUnion("kind", [
    ...plainArguments,
    z.object({
      kind: z.literal("named"),
      name: z.string(),
      value: z.discriminatedUnion("kind", [...plainArguments]),
    }),
  ])
  .meta({ id: "TraceArgument", description: "An argument of a call, typed where strace's text is certain." });

const raw = z
  .array(z.string())
  .optional()
  .describe("With `raw=true`: the lines of strace it was made of, one or two.");

const happening = {
  time: z.number().describe("Seconds since 1970, exact to the microsecond. For a call: when it began."),
  tid: z.int().describe("The thread."),
  pid: z.int().nullable().describe("Its process; null where that could not be told."),
  pidReason: z.string().optional().describe("Why `pid` is null."),
  raw,
};

const call = z.object({
  type: z.literal("call"),
  ...happening,
  call: z.string(),
  args: z.array(argument).nullable().describe("Null where the beginning of the call is missing."),
  result: z.int().nullable().describe("Null where there is none, or where it is beyond 2^53."),
  resultText: z
    .string()
    .nullable()
    .describe(
      "As strace wrote it, where that is more than `result`: `3</etc/passwd>`, `0x7f8d2c4b0740`, `?`.",
    ),
  resultTarget: target.nullable(),
  errno: z.object({ name: z.string().describe("`ENOENT`"), text: z.string() }).nullable(),
  decoded: z
    .string()
    .nullable()
    .describe("strace's explanation of the result: `Timeout`, `flags FD_CLOEXEC`."),
  durationNs: z
    .int()
    .nullable()
    .describe("strace: exact to the microsecond, and what ptrace adds is in it; tracefs: to the nanosecond."),
  marks: z
    .array(z.enum(["resumed", "interrupted", "restarted", "unfinished", "detached", "beginning-missing"]))
    .describe(
      "`resumed`: joined from two lines; `interrupted`: a signal ended its wait; `restarted`: the kernel's continuation of such a call; `unfinished`: its return was not seen; `detached`: it was under way when strace let go; `beginning-missing`: it had begun before.",
    ),
});

/** One event. */
export const traceEvent = z
  .discriminatedUnion("type", [
    call,
    z.object({
      type: z.literal("signal"),
      ...happening,
      signal: z.string(),
      code: z.string().nullable().describe("`SI_USER`, `CLD_EXITED`…"),
      senderPid: z.int().nullable().describe("Null where no process sent it, and always with tracefs."),
      info: z
        .string()
        .describe("The siginfo structure, as strace wrote it; with tracefs the first of its fields only."),
    }),
    z.object({ type: z.literal("stop"), ...happening, signal: z.string() }),
    z.object({ type: z.literal("exit"), ...happening, exitCode: z.int() }),
    z.object({ type: z.literal("killed"), ...happening, signal: z.string(), isCoreDumped: z.boolean() }),
    z.object({
      type: z.literal("superseded"),
      ...happening,
      byTid: z.int().describe("The thread that executes."),
    }),
    z.object({
      type: z.literal("personality"),
      ...happening,
      time: z.number().nullable(),
      mode: z.string().describe("`32 bit`"),
    }),
    z.object({ type: z.literal("unparsed"), text: z.string(), raw }),
  ])
  .meta({
    id: "TraceEvent",
    description:
      "A call, what becomes of a thread, or a line that is neither. In the order in which they end.",
  });
