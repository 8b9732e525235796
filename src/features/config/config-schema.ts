import { z } from "zod";

/** What the feature answers as JSON. */

const reloadSettings = z
  .record(z.string(), z.unknown())
  .describe(
    "What makes the app read the file again, as the settings say: `kind` is `none`, `signal`, `http` or `command`.",
  );

const problem = z.object({ detail: z.string(), remedy: z.string().optional() });

/** The answer of `GET /config`. */
export const fileList = z.object({
  files: z.array(
    z.object({
      name: z.string(),
      path: z.string(),
      format: z.string(),
      sizeBytes: z.int().nullable(),
      modifiedAt: z.string().nullable(),
      etag: z.string().nullable(),
      mode: z.string().nullable().describe("Octal."),
      uid: z.int().nullable(),
      gid: z.int().nullable(),
      readable: z.boolean(),
      writable: z.boolean(),
      creatable: z
        .boolean()
        .describe("Whether there is no such file, and `PUT` with `If-None-Match: *` can create it."),
      atomic: z
        .boolean()
        .nullable()
        .describe("Whether a change replaces the file at once. False where the file itself is a mount."),
      reload: reloadSettings,
      verify: z
        .array(z.record(z.string(), z.unknown()))
        .describe("What shows that the app took a change, as the settings say."),
      problem: problem.optional().describe("Why it can't be read or written."),
    }),
  ),
});

const parseError = z.object({
  line: z.int(),
  column: z.int(),
  detail: z.string(),
  remedy: z.string().optional(),
});

/** The answer of `GET /config/{name}`. */
export const fileContent = z.object({
  name: z.string(),
  path: z.string(),
  pointer: z.string().optional().describe("Where only this part of the tree is answered."),
  format: z.string(),
  etag: z.string().describe("Of the real bytes, whatever is masked in this answer."),
  encoding: z.string().nullable().describe("Null where the bytes are no text."),
  content: z
    .string()
    .nullable()
    .describe(
      "The text; of a part, the scalar or JSON. Null where it can't be shown; `contentReason` says why.",
    ),
  contentReason: z.string().optional(),
  parsed: z
    .unknown()
    .describe("The tree, or the part of it. Null for plain text, and where `parseError` says why."),
  parseError: parseError.optional(),
  maskedValues: z
    .int()
    .nullable()
    .describe("How many secrets are masked; null where they are shown, or all of the content is held back."),
});

const whose = z.enum(["sidecar", "core"]);

/** Where a command of the settings ran. */
export const commandPlace = z
  .object({
    root: whose,
    network: whose.describe("Whose addresses and ports it had."),
    uts: whose.describe("Whose host name it had."),
    ipc: whose,
    reason: z.string().optional(),
    remedy: z.string().optional().describe("The line that would open the rest of the app's namespaces."),
  })
  .describe("Whose root and namespaces the command had.");

/** Of a check that has passed. */
export const checkRanIn = commandPlace
  .nullable()
  .describe("Where the app's own check ran; null where there is none, or nothing was to be checked.");

/** What came of a reload. */
export const reloadOutcome = z.object({
  kind: z.enum(["none", "signal", "http", "command"]),
  done: z.boolean(),
  detail: z.string(),
  remedy: z.string().optional(),
  pid: z.int().optional(),
  startTime: z.string().optional(),
  status: z.int().optional(),
  exitCode: z.int().nullable().optional(),
  output: z.string().optional().describe("What the command wrote last."),
  ranIn: commandPlace.optional(),
});

/** The answer of a change. */
export const changeResult = z.object({
  name: z.string(),
  etag: z.string().describe("Of the content that is there now."),
  changed: z.boolean().describe("False where the content was the same: then nothing is written."),
  atomic: z.boolean().nullable().describe("Null where nothing was written."),
  attributes: z
    .object({ kept: z.boolean(), detail: z.string().optional() })
    .nullable()
    .describe("Whether access control lists and extended attributes are those of the old file."),
  version: z.int().nullable().describe("In the history; null where none was made, or none is kept."),
  checkRanIn,
  reload: reloadOutcome,
  verified: z.boolean().nullable().describe("Null where no verification is configured."),
  change: z.string().nullable().describe("The path of the change. Null where nothing was written."),
});

/** What a change answers. */
export type ChangeResult = z.output<typeof changeResult>;
