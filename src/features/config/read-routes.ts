import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import { pinFile, readPinned } from "../../linux/pinned-file.ts";
import type { WebContext } from "../../web/context.ts";
import type { Logger } from "../../web/log.ts";
import { chooseForm } from "../../web/negotiate.ts";
import type { Page } from "../../web/page.ts";
import type { RouteCall, RouteTable } from "../../web/routes.ts";
import { isKnown } from "./conditions.ts";
import { type ConfigFile, fileNamed } from "./config-files.ts";
import { contentPage, listPage, listText, textOf } from "./config-forms.ts";
import { type ConfigParts, params } from "./config-parts.ts";
import { fileContent, fileList } from "./config-schema.ts";
import { readContent } from "./content.ts";
import { describeFile } from "./describe-file.ts";
import { stringify } from "./formats/tree.ts";
import { showContent } from "./show-content.ts";

const query = z.object({
  secrets: z.enum(["show"]).optional().describe("`show` leaves secrets unmasked. For operators; logged."),
});

/** Adds the route of the list. */
export function addList(table: RouteTable, { files, maxBytes }: ConfigParts): void {
  const content = { "application/json": fileList, "text/plain": null, "text/html": null };
  table.add(
    "GET",
    "/config",
    {
      summary: "The configuration files of the app",
      description:
        "Those that the settings name. One that is missing or can't be read is listed with what mends it.",
      role: "viewer",
      responses: { 200: { description: "The files.", content } },
    },
    async ({ ctx }) => {
      const form = chooseForm(ctx, ["json", "text", "html"]);
      const list = [];
      for (const file of files.values()) list.push(await describeFile(file, maxBytes));
      if (form === "json") ctx.body = { files: list };
      if (form === "text") answer(ctx, "text/plain; charset=utf-8", listText(list));
      if (form === "html") answerPage(ctx, listPage(list));
    },
  );
}

/** Adds the route of one file. */
export function addContent(table: RouteTable, parts: ConfigParts): void {
  const content = { "text/plain": null, "application/json": fileContent, "text/html": null };
  table.add(
    "GET",
    "/config/{name}",
    {
      summary: "One configuration file: its bytes, or its tree",
      description:
        "As text/plain the bytes of the file; as JSON its text and, for formats that have one, its tree. The values of keys that look secret are masked, and the header Sidecar-Masked-Values counts them; a change that sends a mask back leaves the value as it is. The ETag is that of the real bytes in every form.",
      role: "viewer",
      params,
      query,
      headers: { "If-None-Match": "The ETag that is known already: 304 where it is still the one." },
      responses: {
        200: { description: "The file.", content },
        304: { description: "The file is the one that is known." },
      },
    },
    async (call) => {
      const { ctx } = call;
      const file = fileNamed(parts.files, call.params.name);
      const form = chooseForm(ctx, ["text", "json", "html"]);
      const showSecrets = maySeeSecrets(call, file, parts.deps.log);
      await using pinned = await pinFile(file.path);
      const read = readContent(await readPinned(pinned, parts.maxBytes), file.format);
      ctx.set("ETag", read.etag);
      if (read.format !== undefined) ctx.set("Accept-Patch", "application/merge-patch+json");
      // Not by ctx.fresh: it heeds `Cache-Control: no-cache`, which fetch() of Node.js sends with every condition.
      if (isKnown(ctx.get("If-None-Match"), read.etag)) {
        ctx.status = 304;
        return;
      }
      const shown = showContent(file, read, showSecrets);
      if (shown.maskedValues !== null) ctx.set("Sidecar-Masked-Values", String(shown.maskedValues));
      const { bytes: _, ...members } = shown;
      if (form === "text") answer(ctx, textType(shown.encoding), textOf(shown));
      if (form === "json") answer(ctx, "application/json; charset=utf-8", stringify(members));
      if (form === "html") answerPage(ctx, contentPage(shown));
    },
  );
}

function textType(encoding: string | null): string {
  return encoding === null ? "text/plain" : `text/plain; charset=${encoding}`;
}

/** Tells whether secrets are to be shown as they are, and writes down who saw them. */
function maySeeSecrets(
  { ctx, query: { secrets }, principal }: RouteCall<unknown, z.output<typeof query>>,
  file: ConfigFile,
  log: Logger,
): boolean {
  if (secrets === undefined) return false;
  if (principal.role !== "operator") {
    throw new AppError("role-required", `${principal.name} is a viewer; secrets are for operators.`, {
      remedy: "Use a token with `role: operator`, or leave `?secrets=show` out.",
    });
  }
  log.info(
    { audit: "config.secrets", user: principal.name, file: file.name, requestId: ctx.state.requestId },
    "the secrets of a configuration file were shown",
  );
  return true;
}

function answer(ctx: WebContext, type: string, body: string | Buffer): void {
  ctx.type = type;
  ctx.body = body;
}

function answerPage(ctx: WebContext, page: Page): void {
  ctx.set({ ...page.headers });
  ctx.body = page.body;
}
