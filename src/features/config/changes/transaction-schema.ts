import { z } from "zod";

const base = {
  name: z.string(),
  ifMatch: z.string().min(1).describe("The ETag of the content that the change was made for, or `*`."),
};

/** One file of a transaction. */
const fileChange = z.union([
  z.strictObject({ ...base, content: z.string().describe("The whole content.") }),
  z.strictObject({ ...base, mergePatch: z.unknown().describe("A JSON merge patch (RFC 7396).") }),
  z.strictObject({ ...base, jsonPatch: z.unknown().describe("A JSON Patch (RFC 6902).") }),
  z.strictObject({ ...base, remove: z.string().describe("The JSON pointer of a key.") }),
  z.strictObject({ ...base, restore: z.int().min(1).describe("The version to put in place again.") }),
]);

/** The body of `POST /changes`. */
export const transaction = z.strictObject({
  files: z.array(fileChange).min(1).max(64).describe("Each with exactly one thing to do."),
});

/** One file of a transaction. */
export type FileChange = z.output<typeof fileChange>;

/** A body that is right, for the remedy of one that is not. */
export const EXAMPLE =
  '{"files": [{"name": "app.ini", "ifMatch": "\\"…\\"", "mergePatch": {"server": {"port": 8080}}}]}';
