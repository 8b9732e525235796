import { z } from "zod";
import { checkRanIn, commandPlace, reloadOutcome } from "../config-schema.ts";

const attributes = z
  .object({ kept: z.boolean(), detail: z.string().optional() })
  .describe("Whether access control lists and extended attributes are those of the old file.");

const checkOutcome = z
  .object({
    kind: z.enum(["http", "log", "process", "command"]),
    passed: z.boolean(),
    detail: z.string(),
    remedy: z.string().optional(),
    elapsedMs: z.number(),
    attempts: z.int(),
    status: z.int().optional(),
    body: z.string().optional().describe("How the app's answer began."),
    line: z.string().optional().describe("The line of the log that decided."),
    exitCode: z.int().nullable().optional(),
    output: z.string().optional().describe("What the command wrote last."),
    ranIn: commandPlace.optional(),
    pid: z.int().optional(),
    startTime: z.string().optional(),
  })
  .describe("The evidence: what was seen last.");

const phase = z.object({
  name: z.enum(["reload", "verify", "put-back", "reload-again", "verify-again"]),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  passed: z.boolean().nullable().describe("Null while it runs."),
  detail: z.string(),
  reloads: z.array(reloadOutcome.extend({ files: z.array(z.string()) })),
  checks: z.array(checkOutcome),
});

/** A change, as the API tells it. */
export const changeState = z
  .object({
    id: z.string(),
    state: z
      .enum(["running", "done", "rolled-back", "failed"])
      .describe(
        "`rolled-back`: the app did not take it, and the previous contents are back; `failed`: they could not be put back.",
      ),
    kind: z.enum(["change", "restore"]),
    author: z.string().nullable(),
    requestId: z.string().nullable(),
    reason: z.string().nullable(),
    startedAt: z.iso.datetime(),
    files: z.array(
      z.object({
        name: z.string(),
        oldEtag: z.string().nullable().describe("Null where there was no such file before."),
        etag: z.string(),
        version: z.int().nullable().describe("In the history; null where none is kept."),
        atomic: z.boolean(),
        attributes,
        checkRanIn,
      }),
    ),
    phases: z.array(phase).describe("What it has gone through up to now."),
    expiresAt: z.iso.datetime().nullable().describe("Until then it is kept; null while it runs."),
    links: z.object({ self: z.string() }),
  })
  .meta({ id: "ConfigChange" });

/** A change, as the API tells it. */
export type ChangeState = z.input<typeof changeState>;

/** All that are kept. */
export const changeList = z.object({ changes: z.array(changeState).describe("The newest first.") });

/** What a change would do. */
export const dryRunResult = z.object({
  dryRun: z.literal(true),
  files: z.array(
    z.object({
      name: z.string(),
      oldEtag: z.string().nullable().describe("Null where there is no such file yet."),
      etag: z.string().describe("Of the content that would be there."),
      changed: z.boolean(),
      atomic: z.boolean().describe("False where the file itself is a mount."),
      checkRanIn,
      diff: z.string().nullable().describe("As `diff -u` writes it, with secrets masked."),
      reason: z.string().optional().describe("Why there is no diff."),
      isSecretChanged: z.boolean().describe("Whether it differs only where secrets are masked."),
    }),
  ),
});
