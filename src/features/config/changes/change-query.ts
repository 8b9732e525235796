import { z } from "zod";

/** What may be said of every change. */
export const changeQuery = z.object({
  reason: z
    .string()
    .max(500)
    .optional()
    .describe("Why: it stands in the history of the file and in the audit log."),
  dryRun: z
    .enum(["true", "false"])
    .optional()
    .describe("`true`: everything is done but the writing, and the answer says what would differ."),
  types: z
    .enum(["keep"])
    .optional()
    .describe("`keep`: refused where a value gets another type than it has, or a key is new."),
  lossy: z
    .enum(["allow"])
    .optional()
    .describe(
      "`allow`: where a format has no way to write a change and keep comments and layout, the file is written anew without them. Else that is refused, with `lossy: true`.",
    ),
});

/** What was said of a change. */
export type ChangeQuery = z.output<typeof changeQuery>;

/** The headers of every change of one file. */
export const CHANGE_HEADERS = {
  "If-Match": "The ETag of the content that the change was made for, or `*`. Required.",
  Prefer:
    "`wait=30`: how many seconds to wait for the reload and what shows that it worked; `respond-async`: not at all (RFC 7240). Else it is waited for where no verification is configured.",
};
