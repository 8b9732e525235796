import { z } from "zod";

/** What is known of a version of a file, as it is kept on disk and answered. The newest has the highest number. */
export const versionRecord = z.object({
  version: z.int().min(1),
  at: z.iso.datetime().describe("When it was put in place, or found."),
  kind: z
    .enum(["found", "external", "change", "restore", "rollback"])
    .describe(
      "`found`: there when the sidecar first looked; `external`: made by another program; `change` and `restore`: made through this API; `rollback`: put back because the app did not take what came before.",
    ),
  author: z.string().nullable().describe("The name of the credential; null where another program wrote it."),
  requestId: z.string().nullable(),
  reason: z.string().nullable(),
  changeId: z.string().nullable(),
  restored: z.int().nullable().describe("The version whose content this is again."),
  created: z.boolean().optional().describe("True where there was no such file before."),
  etag: z.string(),
  sizeBytes: z.int(),
  verified: z
    .enum(["not-asked", "pending", "passed", "failed"])
    .describe("Whether the app was seen to take it; `not-asked` where the settings name no verification."),
});

/** What is known of a version. */
export type VersionRecord = Readonly<z.infer<typeof versionRecord>>;

/** Who puts a version in place, and why. */
export interface VersionAbout
  extends Pick<
    VersionRecord,
    "kind" | "author" | "requestId" | "reason" | "changeId" | "restored" | "created" | "verified"
  > {}

/** Of a content that somebody else made. */
export function madeElsewhere(kind: "found" | "external"): VersionAbout {
  return {
    ...{ kind, author: null, requestId: null, reason: null, changeId: null, restored: null },
    verified: "not-asked",
  };
}

/** The record that a text holds; undefined where it holds none. */
export function readVersionRecord(text: string): VersionRecord | undefined {
  try {
    return versionRecord.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
