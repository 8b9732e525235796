import { z } from "zod";
import { readPinned } from "../../linux/pinned-file.ts";
import { chooseForm } from "../../web/negotiate.ts";
import type { RouteTable } from "../../web/routes.ts";
import { answer, answerContent, answerPage, maySeeSecrets, secretsQuery } from "./answer-content.ts";
import { isKnown } from "./changes/conditions.ts";
import { listPage, listText } from "./config-forms.ts";
import { type ConfigParts, params } from "./config-parts.ts";
import { fileContent, fileList } from "./config-schema.ts";
import { etagOf } from "./content.ts";
import { describeFile } from "./files/describe-file.ts";

const PATCH_TYPES = "application/merge-patch+json, application/json-patch+json";

const query = secretsQuery.extend({
  pointer: z
    .string()
    .optional()
    .describe("A JSON pointer (RFC 6901) such as `/server/ports/0`: only this part of the tree is answered."),
});

/** Adds the route of the list. */
export function addList(table: RouteTable, { files, maxBytes, deps }: ConfigParts): void {
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
      for (const file of await files.list()) list.push(await describeFile(file, maxBytes, deps));
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
        "As text/plain the bytes of the file; as JSON its text and, for formats that have one, its tree. The values of keys that look secret are masked, and the header Sidecar-Masked-Values counts them; a change that sends a mask back leaves the value as it is. With `pointer` only a part of the tree is answered: as JSON in `parsed`, as text a scalar itself, and all else as JSON. The ETag is that of the real bytes of the whole file in every form.",
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
      const file = await parts.files.named(call.params.name);
      const showSecrets = maySeeSecrets(call, call.query.secrets, file, parts.deps.log);
      await using pinned = await parts.pin(file);
      const bytes = await readPinned(pinned, parts.maxBytes);
      const etag = etagOf(bytes);
      if (file.format !== "text") ctx.set("Accept-Patch", PATCH_TYPES);
      // Not by ctx.fresh: it heeds `Cache-Control: no-cache`, which fetch() of Node.js sends with every condition.
      if (isKnown(ctx.get("If-None-Match"), etag)) {
        ctx.set("ETag", etag);
        ctx.status = 304;
        return;
      }
      const { thread } = parts;
      await answerContent(ctx, file, bytes, { thread, showSecrets, pointer: call.query.pointer });
    },
  );
}
