import type { z } from "zod";
import { AppError } from "../../../base/errors.ts";
import { chooseForm } from "../../../web/negotiate.ts";
import type { RouteCall, RouteTable } from "../../../web/routes.ts";
import { answerContent, maySeeSecrets, secretsQuery } from "../answer-content.ts";
import { type ConfigParts, params } from "../config-parts.ts";
import { fileContent } from "../config-schema.ts";
import type { ConfigFile } from "../files/config-files.ts";
import { factsOf, type LabelledBytes } from "../thread/content-orders.ts";
import type { FileHistory } from "./file-history.ts";
import { diffQuery, versionDiff, versionList, versionParams } from "./history-schema.ts";
import { noticeContent } from "./notice-content.ts";

const GONE = { description: "No such version, or it is no longer kept." };

/** Adds the routes that read the history of a file. */
export function addHistory(table: RouteTable, parts: ConfigParts): void {
  addVersions(table, parts);
  addVersion(table, parts);
  addDiff(table, parts);
}

function addVersions(table: RouteTable, parts: ConfigParts): void {
  table.add(
    "GET",
    "/config/{name}/versions",
    {
      summary: "The versions of a configuration file: who made each, when and why",
      description:
        "Those that were written here, and those that other programs made, as far as they are kept (config.history).",
      role: "viewer",
      params,
      responses: {
        200: { description: "The newest first.", content: { "application/json": versionList } },
      },
    },
    async ({ ctx, params: { name } }) => {
      const file = await parts.files.named(name);
      const history = await historyOf(file, parts);
      // A file that can't be reached now still has its history.
      const etag = await noticeContent(file, parts).catch((error: unknown) => {
        if (error instanceof AppError) return undefined;
        throw error;
      });
      const { versions } = history;
      const current = versions.findLast((version) => version.etag === etag);
      const list: z.input<typeof versionList> = {
        name: file.name,
        versions: versions.toReversed().map((version) => ({ ...version, isCurrent: version === current })),
      };
      ctx.body = list;
    },
  );
}

function addVersion(table: RouteTable, parts: ConfigParts): void {
  const content = { "text/plain": null, "application/json": fileContent, "text/html": null };
  table.add(
    "GET",
    "/config/{name}/versions/{version}",
    {
      summary: "A configuration file as it was in one version",
      role: "viewer",
      params: versionParams,
      query: secretsQuery,
      responses: { 200: { description: "The file.", content }, 404: GONE },
    },
    async (call) => {
      const { name, version } = call.params;
      const file = await parts.files.named(name);
      const bytes = await (await historyOf(file, parts)).content(version);
      const showSecrets = maySeeSecrets(call, call.query.secrets, file, parts.deps.log);
      await answerContent(call.ctx, file, bytes, { thread: parts.thread, showSecrets });
    },
  );
}

function addDiff(table: RouteTable, parts: ConfigParts): void {
  table.add(
    "GET",
    "/config/{name}/versions/{version}/diff",
    {
      summary: "What a version of a configuration file changed, or how two differ",
      role: "viewer",
      params: versionParams,
      query: diffQuery,
      responses: {
        200: {
          description: "What differs.",
          content: { "text/plain": null, "application/json": versionDiff },
        },
        404: GONE,
      },
    },
    (call) => answerDiff(call, parts),
  );
}

async function answerDiff(
  call: RouteCall<z.output<typeof versionParams>, z.output<typeof diffQuery>>,
  parts: ConfigParts,
): Promise<void> {
  const { ctx, params: wanted, query } = call;
  const form = chooseForm(ctx, ["text", "json"]);
  const file = await parts.files.named(wanted.name);
  const history = await historyOf(file, parts);
  const from = query.with ?? versionBefore(history, wanted.version);
  const showSecrets = maySeeSecrets(call, query.secrets, file, parts.deps.log);
  const found = await parts.thread.diff({
    file: factsOf(file),
    from: await sideOf(history, from),
    to: await sideOf(history, wanted.version),
    showSecrets,
  });
  if (form === "json") {
    ctx.body = { name: file.name, from, to: wanted.version, ...found };
    return;
  }
  ctx.type = "text/plain; charset=utf-8";
  const note = found.isSecretChanged ? "Only values that are masked differ.\n" : "";
  ctx.body = found.diff === null ? `${found.reason}\n` : note + found.diff;
}

async function sideOf(history: FileHistory, version: number): Promise<LabelledBytes> {
  return { bytes: await history.content(version), label: `version ${version}` };
}

function versionBefore(history: FileHistory, version: number): number {
  history.find(version);
  const before = history.versions.findLast((record) => record.version < version);
  if (before !== undefined) return before.version;
  throw new AppError("not-found", `No version before ${version} is kept.`, {
    remedy: "Name the one that it is to be compared with: ?with=…",
  });
}

/** The history of a file. @throws {AppError} `not-found` where none is kept. */
export async function historyOf(file: ConfigFile, { records }: ConfigParts): Promise<FileHistory> {
  const history = await records.historyOf(file);
  if (history !== undefined) return history;
  throw new AppError("not-found", "No history of the configuration is kept.", {
    remedy: "SIDECAR_CONFIG_HISTORY_ENABLED=true",
  });
}
