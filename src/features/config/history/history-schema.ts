import { z } from "zod";
import { versionRecord } from "./version-record.ts";

/** The answer of `GET /config/{name}/versions`. */
export const versionList = z.object({
  name: z.string(),
  versions: z.array(
    versionRecord.extend({ isCurrent: z.boolean().describe("Whether it is the content that is in place.") }),
  ),
});

/** The answer of `GET /config/{name}/versions/{version}/diff`. */
export const versionDiff = z.object({
  name: z.string(),
  from: z.int(),
  to: z.int(),
  diff: z
    .string()
    .nullable()
    .describe("As `diff -u` writes it, with secrets masked. Null where `reason` says why."),
  reason: z.string().optional(),
  isSecretChanged: z.boolean().describe("Whether the two differ only where secrets are masked."),
});

const number = z.string().regex(/^[1-9]\d{0,7}$/, "must be the number of a version");

/** A version in a path. */
export const versionParams = z.object({
  name: z.string().describe("The `name` that the settings give the file, else the file's own."),
  version: number.transform(Number).describe("As GET /config/{name}/versions numbers it."),
});

/** What a diff is asked for. */
export const diffQuery = z.object({
  with: number
    .transform(Number)
    .optional()
    .describe("The version that it is compared with. Else the one that is kept before it."),
  secrets: z.enum(["show"]).optional().describe("`show` leaves secrets unmasked. For operators; logged."),
});
