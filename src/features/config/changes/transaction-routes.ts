import { z } from "zod";
import { AppError } from "../../../base/errors.ts";
import { bodyType, readBody } from "../../../web/body.ts";
import type { RouteTable } from "../../../web/routes.ts";
import type { ConfigParts } from "../config-parts.ts";
import { isTreeArray, isTreeObject, member, type Tree } from "../formats/tree.ts";
import { historyOf } from "../history/history-routes.ts";
import { settledOrAccepted } from "./answer-change.ts";
import type { Wish } from "./apply-wishes.ts";
import { beginChange } from "./begin-change.ts";
import { CHANGE_HEADERS, changeQuery } from "./change-query.ts";
import { changeState, dryRunResult } from "./change-schema.ts";
import { readCondition } from "./conditions.ts";
import { changePath, describeChange } from "./describe-change.ts";
import { dryRun } from "./dry-run.ts";
import { aboutOf } from "./file-routes.ts";
import type { Recipe, WriteOptions } from "./make-content.ts";
import { type OneOfSeveral, saying } from "./one-of-several.ts";
import { EXAMPLE, type FileChange, transaction } from "./transaction-schema.ts";

const JSON_TYPE = "application/json";
/** Beside the contents themselves. */
const FRAME_BYTES = 65_536;

const unchanged = z.object({
  change: z.null(),
  files: z.array(z.object({ name: z.string(), etag: z.string(), changed: z.boolean() })),
});

/** Adds the route that changes several files at once. */
export function addTransactions(table: RouteTable, parts: ConfigParts): void {
  table.add(
    "POST",
    "/changes",
    {
      summary: "Change several configuration files, all of them or none",
      description:
        "Every condition is checked and every content is made and validated before the first file is written. Where one can't be written, or the app does not take them, all are put back. Files that need the same reload share one.",
      role: "operator",
      query: changeQuery,
      headers: { Prefer: CHANGE_HEADERS.Prefer },
      body: { [JSON_TYPE]: transaction },
      responses: {
        200: {
          description: "All contents are in place; with `dryRun`, what would differ.",
          content: { [JSON_TYPE]: z.union([changeState, dryRunResult, unchanged]) },
        },
        202: {
          description:
            "All contents are in place, and the app is being watched. `Location` says how that goes on.",
          content: { [JSON_TYPE]: changeState },
        },
        412: {
          description:
            "One of the files (`name`) is not the one that the change was made for; `etag` is what it has.",
        },
        428: { description: "A file has no `ifMatch`." },
        422: { description: "A content is not valid, or the app did not take it; `errors` say where." },
      },
    },
    async ({ ctx, query, principal }) => {
      bodyType(ctx, [JSON_TYPE]);
      const body = await readBody(ctx, parts.maxBytes * 4 + FRAME_BYTES);
      const wishes = await wishesOf(body, parts, { allowLossy: query.lossy === "allow" });
      const options = { keepTypes: query.types === "keep", signal: parts.stopping };
      if (query.dryRun === "true") {
        ctx.body = await dryRun(wishes, options, parts);
        return;
      }
      const kind = wishes.every(({ restored }) => restored !== null) ? "restore" : "change";
      const about = aboutOf(ctx, principal, query.reason, kind);
      const { change, files } = await beginChange(wishes, about, options, parts);
      if (change === undefined) {
        ctx.body = { change: null, files };
        return;
      }
      const path = changePath(parts, change.id);
      if ((await settledOrAccepted(ctx, change, path, parts)) === "accepted") return;
      ctx.body = describeChange(change, path, parts);
    },
  );
}

async function wishesOf(body: Buffer, parts: ConfigParts, options: WriteOptions): Promise<readonly Wish[]> {
  // Not by JSON.parse: integers that a double can't hold would be rounded.
  const { tree, parseError } = await parts.thread.parse(body);
  if (tree === undefined) {
    throw new AppError("bad-request", `The body is no JSON: ${parseError?.detail ?? ""}`, {
      remedy: EXAMPLE,
    });
  }
  refuseUnconditional(member(tree, "files"));
  const checked = transaction.safeParse(tree);
  if (!checked.success) {
    const errors = checked.error.issues.map(({ path, message: detail }) => ({
      pointer: path.map((step) => `/${String(step)}`).join(""),
      detail,
    }));
    const detail = errors.map((error) => `${error.pointer || "/"}: ${error.detail}`).join("; ");
    throw new AppError("content-invalid", `${detail}.`, { errors, remedy: EXAMPLE });
  }
  const files = member(tree, "files");
  return await Promise.all(
    checked.data.files.map((wanted, index) => {
      const oneOf = { name: wanted.name, index };
      const sent = { tree: member(files, index), sizeBytes: body.length };
      return saying(oneOf, () => wishOf(wanted, sent, { ...options, oneOf }, parts));
    }),
  );
}

async function wishOf(
  wanted: FileChange,
  sent: SentFile,
  { oneOf, ...options }: WriteOptions & { readonly oneOf: OneOfSeveral },
  parts: ConfigParts,
): Promise<Wish> {
  const file = await parts.files.named(wanted.name);
  const base = { file, condition: readCondition(wanted.ifMatch), restored: null, oneOf };
  if ("restore" in wanted) {
    const bytes = await (await historyOf(file, parts)).content(wanted.restore);
    return { ...base, recipe: { kind: "bytes", bytes }, restored: wanted.restore };
  }
  const recipe = recipeOf(wanted, sent, options);
  if (recipe !== undefined) return { ...base, recipe };
  throw new AppError("content-invalid", "Nothing is said of what is to be done.", { remedy: EXAMPLE });
}

/** As for a change of one file: one that does not say which content it was made for is refused as that, before all else. */
function refuseUnconditional(files: Tree | undefined): void {
  if (!isTreeArray(files)) return;
  const index = files.findIndex((each) => isTreeObject(each) && (each["ifMatch"] ?? "") === "");
  if (index === -1) return;
  const name = member(files[index], "name");
  const which = typeof name === "string" ? name : `/files/${index}`;
  const detail = "A change must say which content it was made for.";
  throw new AppError("precondition-required", `${which}: ${detail}`, {
    remedy: '"ifMatch": "\\"<the ETag of the content you read>\\""',
    errors: [{ pointer: `/files/${index}/ifMatch`, detail }],
    extra: { name: which },
  });
}

/** What is wanted of a file, as it was sent: with integers that are not rounded. */
interface SentFile {
  readonly tree: Tree | undefined;
  readonly sizeBytes: number;
}

function recipeOf(
  wanted: FileChange,
  { tree, sizeBytes }: SentFile,
  options: WriteOptions,
): Recipe | undefined {
  if ("content" in wanted) return { kind: "replace", body: Buffer.from(wanted.content) };
  if ("remove" in wanted) return { kind: "remove", pointer: wanted.remove, ...options };
  const jsonPatch = member(tree, "jsonPatch");
  if (jsonPatch !== undefined) return { kind: "patch", patch: jsonPatch, sizeBytes, ...options };
  const patch = member(tree, "mergePatch");
  return patch === undefined ? undefined : { kind: "merge", patch, sizeBytes, ...options };
}
