import type { Buffer } from "node:buffer";
import type { z } from "zod";
import { AppError } from "../../base/errors.ts";
import { bodyType, readBody } from "../../web/body.ts";
import type { WebContext } from "../../web/context.ts";
import type { RouteCall, RouteDescription, RouteTable } from "../../web/routes.ts";
import { changeFile, type FileChange, type MakeContent, mergeWith, replaceWith } from "./change-file.ts";
import { readCondition } from "./conditions.ts";
import { type ConfigFile, fileNamed } from "./config-files.ts";
import { type ConfigParts, params } from "./config-parts.ts";
import { type ChangeResult, changeResult } from "./config-schema.ts";
import { readContent } from "./content.ts";
import { formatOf } from "./formats/formats.ts";
import type { Tree } from "./formats/tree.ts";
import { createQueues, type Queues } from "./queues.ts";
import { type ReloadOutcome, reloadCore } from "./reload.ts";

const MERGE_PATCH = "application/merge-patch+json";
const IF_MATCH = "The ETag of the content that the change was made for, or `*`. Required.";

type Call = RouteCall<z.output<typeof params>, unknown>;

/** Adds the routes that change a file. */
export function addChanges(table: RouteTable, parts: ConfigParts): void {
  const queues = createQueues();
  table.add("PUT", "/config/{name}", PUT, async (call) => {
    const file = fileNamed(parts.files, call.params.name);
    const own = formatOf(file.format)?.mediaTypes ?? [];
    bodyType(call.ctx, ["text/plain", "application/octet-stream", ...own]);
    await change(call, parts, queues, file, (body) => replaceWith(body, file));
  });
  table.add("PATCH", "/config/{name}", PATCH, async (call) => {
    const file = fileNamed(parts.files, call.params.name);
    if (file.format === "text") {
      throw new AppError("unsupported-media-type", `${file.name} is plain text: it has no keys to patch.`, {
        remedy: "Send the whole file with PUT, or set its `format` in config.files.",
      });
    }
    bodyType(call.ctx, [MERGE_PATCH]);
    await change(call, parts, queues, file, (body) => mergeWith(readPatch(body), file));
  });
}

const RESPONSES = {
  200: { description: "The content is in its place.", content: { "application/json": changeResult } },
};

const PUT: RouteDescription<typeof params, z.ZodObject> = {
  summary: "Replace a configuration file",
  description:
    "The content must be valid in the format of the file. It is written at once or not at all, with the owner and mode of the old file; then the configured reload follows. A mask (******) in place of a secret keeps the old value.",
  role: "operator",
  params,
  headers: { "If-Match": IF_MATCH },
  body: { "text/plain": null, "application/octet-stream": null },
  responses: RESPONSES,
};

const PATCH: RouteDescription<typeof params, z.ZodObject> = {
  summary: "Change some values of a configuration file",
  description:
    "A JSON merge patch (RFC 7396) of the tree that GET answers. Comments, order, quotes and line ends of everything else stay. What the format has no safe way to write is refused. A mask (******) in place of a secret keeps the old value.",
  role: "operator",
  params,
  headers: { "If-Match": IF_MATCH },
  body: { [MERGE_PATCH]: null },
  responses: RESPONSES,
};

async function change(
  { ctx, principal }: Call,
  { deps, maxBytes }: ConfigParts,
  queues: Queues,
  file: ConfigFile,
  makerOf: (body: Buffer) => MakeContent,
): Promise<void> {
  const condition = readCondition(ctx.get("If-Match"));
  const body = await readContentBody(ctx, maxBytes);
  const done = await changeFile(file, condition, makerOf(body), { queues, maxBytes });
  const { requestId } = ctx.state;
  let reload = notNeeded(file);
  if (done.written !== undefined) {
    const { oldEtag, etag } = done;
    // Before the reload, which may take long: what was changed must stand in the log in any case.
    deps.log.info(
      { audit: "config.change", user: principal.name, file: file.name, oldEtag, etag, requestId },
      "a configuration file was changed",
    );
    reload = await reloadCore(file.reload, deps);
    const level = reload.done || reload.kind === "none" ? "info" : "warn";
    deps.log[level]({ file: file.name, requestId, reload }, "the reload after a change");
  }
  ctx.set("ETag", done.etag);
  ctx.body = resultOf(file, done, reload);
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

function notNeeded({ reload }: ConfigFile): ReloadOutcome {
  return { kind: reload.kind, done: false, detail: "The content is the same: nothing was written." };
}

function resultOf(file: ConfigFile, { etag, written }: FileChange, reload: ReloadOutcome): ChangeResult {
  return {
    name: file.name,
    etag,
    changed: written !== undefined,
    atomic: written?.atomic ?? null,
    attributes: written?.attributes ?? null,
    reload: { ...reload },
  };
}

/** @throws {AppError} `bad-request` where a body is no JSON. */
function readPatch(body: Buffer): Tree {
  const { document, parseError } = readContent(body, "json");
  if (document !== null) return document.tree;
  const { line = 1, column = 1, detail = "" } = parseError ?? {};
  throw new AppError("bad-request", `The patch is no JSON: ${detail} (line ${line}, column ${column})`, {
    remedy: `Send a JSON object with the keys that are to change, as ${MERGE_PATCH}.`,
    errors: [{ pointer: "", detail, line, column }],
  });
}
