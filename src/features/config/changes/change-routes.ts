import { AppError } from "../../../base/errors.ts";
import type { WebContext } from "../../../web/context.ts";
import { resultPath } from "../../../web/kept-results.ts";
import { chooseForm } from "../../../web/negotiate.ts";
import { OutputStream, sseEvent } from "../../../web/output-stream.ts";
import type { RouteTable } from "../../../web/routes.ts";
import type { ConfigParts } from "../config-parts.ts";
import type { Change } from "./change.ts";
import { changeList, changeState } from "./change-schema.ts";
import { changePath, describeChange, describeChanges } from "./describe-change.ts";

/** What changes are called in messages. */
export const CHANGE_NAMES = { one: "change", many: "changes", path: "changes" };

const JSON_TYPE = "application/json";
const idPath = resultPath(CHANGE_NAMES);
const STATE = { description: "The change.", content: { [JSON_TYPE]: changeState } };
const GONE = { description: "No such change, or it is no longer kept." };

/** Adds the routes that tell how changes go on. */
export function addChangeStates(table: RouteTable, parts: ConfigParts): void {
  const { changes } = parts;
  table.add(
    "GET",
    "/changes",
    {
      summary: "The changes of the configuration that are under way, and the latest that were made",
      role: "viewer",
      responses: { 200: { description: "The newest first.", content: { [JSON_TYPE]: changeList } } },
    },
    ({ ctx }) => {
      ctx.body = { changes: describeChanges(parts) };
    },
  );
  table.add(
    "GET",
    "/changes/{id}",
    {
      summary: "How a change of the configuration stands: reload, verification, and what came of them",
      description:
        "As a stream of events (text/event-stream) an event `change` at each step, until it is over. The full history stands at the files.",
      role: "viewer",
      params: idPath,
      responses: {
        200: { ...STATE, content: { ...STATE.content, "text/event-stream": null } },
        404: GONE,
      },
    },
    ({ ctx, params: { id } }) => {
      const change = changes.get(id);
      if (chooseForm(ctx, ["json", "sse"]) === "sse") streamChange(ctx, change, parts);
      else ctx.body = describeChange(change, changePath(parts, id), parts);
    },
  );
  table.add(
    "DELETE",
    "/changes/{id}",
    {
      summary: "Give up a change that is still being verified: the previous contents are put back",
      role: "operator",
      params: idPath,
      responses: { 202: STATE, 404: GONE, 409: { description: "It is over already." } },
    },
    ({ ctx, params: { id }, principal }) => {
      const change = changes.get(id);
      if (change.state !== "running") {
        throw new AppError("conflict", `Change ${id} is over already.`, {
          remedy: "POST config/{name}/versions/{version}/restore puts an earlier version in place again.",
        });
      }
      const { requestId } = ctx.state;
      const entry = { audit: "config.give-up", user: principal.name, requestId, changeId: id };
      parts.deps.log.info(entry, "a change of the configuration is given up");
      change.cancel();
      ctx.status = 202;
      ctx.body = describeChange(change, changePath(parts, id), parts);
    },
  );
}

const MAX_QUEUED_BYTES = 1_048_576;

function streamChange(ctx: WebContext, change: Change, parts: ConfigParts): void {
  const stream = new OutputStream({ maxQueuedBytes: MAX_QUEUED_BYTES, heartbeat: ": \n\n" });
  const path = changePath(parts, change.id);
  const tell = () => {
    const text = sseEvent("change", JSON.stringify(describeChange(change, path, parts)));
    if (change.state === "running") stream.offer(text);
    else stream.finish(text);
  };
  const leave = change.subscribe(tell);
  stream.once("close", leave);
  parts.stopping.addEventListener("abort", () => stream.finish(), { once: true });
  tell();
  ctx.type = "text/event-stream";
  ctx.body = stream;
  ctx.flushHeaders();
}
