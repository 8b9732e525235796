import { z } from "zod";
import { AppError } from "../../../base/errors.ts";
import { bodyType, readBody } from "../../../web/body.ts";
import type { Principal, WebContext } from "../../../web/context.ts";
import type { RouteCall, RouteDescription, RouteTable } from "../../../web/routes.ts";
import { type ConfigParts, params } from "../config-parts.ts";
import { changeResult } from "../config-schema.ts";
import type { ConfigFile } from "../files/config-files.ts";
import { formatOf } from "../formats/formats.ts";
import type { Tree } from "../formats/tree.ts";
import { historyOf } from "../history/history-routes.ts";
import { versionParams } from "../history/history-schema.ts";
import type { ContentThread } from "../thread/content-orders.ts";
import { fileResult, settledOrAccepted } from "./answer-change.ts";
import type { Wish } from "./apply-wishes.ts";
import { beginChange } from "./begin-change.ts";
import type { ChangeAbout } from "./change.ts";
import { CHANGE_HEADERS, type ChangeQuery, changeQuery } from "./change-query.ts";
import { changeState, dryRunResult } from "./change-schema.ts";
import { type Condition, readCondition, readPutCondition } from "./conditions.ts";
import { changePath } from "./describe-change.ts";
import { dryRun } from "./dry-run.ts";
import type { Recipe } from "./make-content.ts";

const MERGE_PATCH = "application/merge-patch+json";
const JSON_PATCH = "application/json-patch+json";
const JSON_TYPE = "application/json";

const RESPONSES = {
  200: {
    description: "The content is in its place; with `dryRun`, what would differ.",
    content: { [JSON_TYPE]: changeResult.or(dryRunResult) },
  },
  202: {
    description:
      "The content is in its place, and the app is being watched. `Location` says how that goes on.",
    content: { [JSON_TYPE]: changeState },
  },
  412: { description: "The file is not the one that the change was made for." },
  422: { description: "The content is not valid, or the app did not take it; `errors` say where." },
  428: { description: "If-Match is missing." },
};

/** Adds the routes that change one file. */
export function addFileChanges(table: RouteTable, parts: ConfigParts): void {
  table.add("PUT", "/config/{name}", PUT, async (call) => {
    const file = await parts.files.named(call.params.name);
    const own = formatOf(file.format)?.mediaTypes ?? [];
    bodyType(call.ctx, ["text/plain", "application/octet-stream", ...own]);
    const body = await readContentBody(call.ctx, parts.maxBytes);
    const [ifMatch, ifNoneMatch] = [call.ctx.get("If-Match"), call.ctx.get("If-None-Match")];
    const condition = readPutCondition({ ifMatch, ifNoneMatch });
    await change(call, parts, file, { kind: "replace", body }, { condition });
  });
  table.add("PATCH", "/config/{name}", PATCH, async (call) => {
    const file = await parts.files.named(call.params.name);
    refusePlainText(file, "unsupported-media-type");
    const type = bodyType(call.ctx, [MERGE_PATCH, JSON_PATCH]);
    const body = await readContentBody(call.ctx, parts.maxBytes);
    await change(call, parts, file, {
      kind: type === JSON_PATCH ? "patch" : "merge",
      ...{ patch: await readPatch(body, parts.thread), sizeBytes: body.length },
      ...writeOptions(call.query),
    });
  });
  table.add("DELETE", "/config/{name}", REMOVE, async (call) => {
    const file = await parts.files.named(call.params.name);
    refusePlainText(file, "content-invalid");
    const { pointer } = call.query;
    await change(call, parts, file, { kind: "remove", pointer, ...writeOptions(call.query) });
  });
  table.add("POST", "/config/{name}/versions/{version}/restore", RESTORE, async (call) => {
    const { name, version } = call.params;
    const file = await parts.files.named(name);
    const bytes = await (await historyOf(file, parts)).content(version);
    await change(call, parts, file, { kind: "bytes", bytes }, { restored: version });
  });
}

function refusePlainText({ name, format }: ConfigFile, code: "unsupported-media-type" | "content-invalid") {
  if (format !== "text") return;
  throw new AppError(code, `${name} is plain text: it has no keys to change.`, {
    remedy: "Send the whole file with PUT, or set its `format` in config.files.",
  });
}

function writeOptions({ lossy }: ChangeQuery) {
  return { allowLossy: lossy === "allow" };
}

const COMMON = {
  role: "operator",
  query: changeQuery,
  headers: CHANGE_HEADERS,
  responses: RESPONSES,
} as const;

const PUT: RouteDescription<typeof params, typeof changeQuery> = {
  ...COMMON,
  summary: "Replace a configuration file, or create one that is not there yet",
  description:
    "With `If-Match` the file is replaced; with `If-None-Match: *` a file that the settings name and that is missing is created, as readable as its folder and with its owner where the sidecar may give it away, and removed again where the app does not take it. The content must be valid in the format of the file. It is written at once or not at all, with the owner and mode of the old file; then the configured reload follows, and what shows that it worked: where that fails, the old content is put back and reloaded. Before that, it must fit the `schema` of the file and pass its `validate` command, where the settings have them. A mask (******) in place of a secret keeps the old value.",
  params,
  headers: {
    ...CHANGE_HEADERS,
    "If-Match": "The ETag of the content that the change was made for, or `*`. Required to replace a file.",
    "If-None-Match": "`*`: the file is created, and where it is there already, that is refused (412).",
  },
  body: { "text/plain": null, "application/octet-stream": null },
  responses: {
    ...RESPONSES,
    201: { description: "The file is created.", content: { [JSON_TYPE]: changeResult } },
  },
};

const PATCH: RouteDescription<typeof params, typeof changeQuery> = {
  ...COMMON,
  summary: "Change some values of a configuration file",
  description:
    "A JSON merge patch (RFC 7396) or a JSON Patch (RFC 6902) of the tree that GET answers. Comments, order, quotes and line ends of everything else stay. What the format has no safe way to write is refused. A mask (******) in place of a secret keeps the old value. What follows is as for PUT.",
  params,
  body: { [MERGE_PATCH]: null, [JSON_PATCH]: null },
};

const removeQuery = changeQuery.extend({
  pointer: z.string().max(4_096).describe("The key: a JSON pointer (RFC 6901) such as `/server/port`."),
});

const REMOVE: RouteDescription<typeof params, typeof removeQuery> = {
  ...COMMON,
  summary: "Remove a key of a configuration file",
  description: "With the comments that belong to it; all else stays. What follows is as for PUT.",
  params,
  query: removeQuery,
  responses: { ...RESPONSES, 404: { description: "No such file, or nothing stands at the pointer." } },
};

const RESTORE: RouteDescription<typeof versionParams, typeof changeQuery> = {
  ...COMMON,
  summary: "Put an earlier version of a configuration file in place again",
  description: "A change as any other: If-Match, reload and what shows that it worked are as for PUT.",
  params: versionParams,
  responses: { ...RESPONSES, 404: { description: "No such version, or it is no longer kept." } },
};

type Call = Pick<RouteCall<z.output<typeof params>, ChangeQuery>, "ctx" | "query" | "principal">;

interface WishOptions {
  /** Else what If-Match says. */
  readonly condition?: Condition;
  readonly restored?: number;
}

async function change(
  { ctx, query, principal }: Call,
  parts: ConfigParts,
  file: ConfigFile,
  recipe: Recipe,
  { condition = readCondition(ctx.get("If-Match")), restored }: WishOptions = {},
): Promise<void> {
  const wish: Wish = { file, condition, recipe, restored: restored ?? null };
  const options = { keepTypes: query.types === "keep", signal: parts.stopping };
  if (query.dryRun === "true") {
    ctx.body = await dryRun([wish], options, parts);
    return;
  }
  const about = aboutOf(ctx, principal, query.reason, restored === undefined ? "change" : "restore");
  const begun = await beginChange([wish], about, options, parts);
  ctx.set("ETag", begun.files[0]?.etag ?? "");
  const path = begun.change === undefined ? undefined : changePath(parts, begun.change.id);
  if (begun.change !== undefined && path !== undefined) {
    if ((await settledOrAccepted(ctx, begun.change, path, parts)) === "accepted") return;
  }
  if (begun.files[0]?.created === true) {
    ctx.status = 201;
    ctx.set("Location", `${parts.deps.prefix}/config/${encodeURIComponent(file.name)}`);
  }
  ctx.body = fileResult(file, begun, path);
}

/** Who changes something, and why. */
export function aboutOf(
  ctx: WebContext,
  principal: Principal,
  reason: string | undefined,
  kind: ChangeAbout["kind"],
): ChangeAbout {
  return { kind, author: principal.name, requestId: ctx.state.requestId, reason: reason ?? null };
}

async function readContentBody(ctx: WebContext, maxBytes: number): Promise<Buffer> {
  try {
    return await readBody(ctx, maxBytes);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "body-too-large") throw error;
    throw new AppError("body-too-large", error.message, {
      cause: error,
      remedy: "Raise SIDECAR_CONFIG_MAX_BYTES.",
      extra: error.extra,
    });
  }
}

/** @throws {AppError} `bad-request` where a body is no JSON. */
async function readPatch(body: Buffer, thread: ContentThread): Promise<Tree> {
  const { tree, parseError } = await thread.parse(body);
  if (tree !== undefined) return tree;
  const { line = 1, column = 1, detail = "" } = parseError ?? {};
  throw new AppError("bad-request", `The patch is no JSON: ${detail} (line ${line}, column ${column})`, {
    remedy: `Send a JSON object with the keys that are to change, as ${MERGE_PATCH}.`,
    errors: [{ pointer: "", detail, line, column }],
  });
}
