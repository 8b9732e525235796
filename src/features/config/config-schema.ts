import { z } from "zod";

/** What the feature answers as JSON. */

const reloadSettings = z
  .record(z.string(), z.unknown())
  .describe(
    "What makes the app read the file again, as the settings say: `kind` is `none`, `signal` or `http`.",
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
      atomic: z
        .boolean()
        .nullable()
        .describe("Whether a change replaces the file at once. False where the file itself is a mount."),
      reload: reloadSettings,
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
  format: z.string(),
  etag: z.string().describe("Of the real bytes, whatever is masked in this answer."),
  encoding: z.string().nullable().describe("Null where the bytes are no text."),
  content: z
    .string()
    .nullable()
    .describe("The text. Null where it can't be shown; `contentReason` says why."),
  contentReason: z.string().optional(),
  parsed: z.unknown().describe("The tree. Null for plain text, and where `parseError` says why."),
  parseError: parseError.optional(),
  maskedValues: z
    .int()
    .nullable()
    .describe("How many secrets are masked; null where they are shown, or all of the content is held back."),
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
  reload: z.object({
    kind: z.enum(["none", "signal", "http"]),
    done: z.boolean(),
    detail: z.string(),
    remedy: z.string().optional(),
    pid: z.int().optional(),
    startTime: z.string().optional(),
    status: z.int().optional(),
  }),
});

/** What a change answers. */
export type ChangeResult = z.output<typeof changeResult>;
