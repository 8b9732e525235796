import { z } from "zod";

/** The body of `POST /diagnostics`. */
export const bundleRequest = z.strictObject({
  trace: z
    .number()
    .min(0)
    .max(60)
    .default(5)
    .describe(
      "How many seconds the system calls of the app's main process are counted; 0: not at all. Tracing slows the app for as long.",
    ),
});

/** One file of a bundle. */
const bundlePart = z.object({
  file: z.string(),
  feature: z.string(),
  isIncluded: z.boolean(),
  reason: z.string().nullable().describe("Why it is not included."),
  remedy: z.string().optional(),
  bytes: z.int(),
});

/** A bundle, as the API tells it. */
export const bundleState = z
  .object({
    id: z.string(),
    state: z.enum(["running", "ended", "failed"]),
    startedAt: z.iso.datetime(),
    parts: z.array(bundlePart).describe("What has been read up to now."),
    bytes: z.int().nullable().describe("Of the file; null until it is there."),
    expiresAt: z.iso.datetime().nullable(),
    links: z.object({
      self: z.string(),
      bundle: z.string().describe("The file: 409 until it is there."),
    }),
  })
  .meta({ id: "DiagnosticsBundle" });

/** All that are kept. */
export const bundleList = z.object({ diagnostics: z.array(bundleState).describe("The newest first.") });

/** A bundle that is asked for. */
export type BundleRequest = z.output<typeof bundleRequest>;
/** One file of a bundle. */
export type BundlePart = z.infer<typeof bundlePart>;
/** A bundle, as the API tells it. */
export type BundleState = z.infer<typeof bundleState>;
