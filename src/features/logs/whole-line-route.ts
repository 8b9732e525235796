import { Readable } from "node:stream";
import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import type { Settings } from "../../settings/schema.ts";
import type { Logger } from "../../web/log.ts";
import type { RouteTable } from "../../web/routes.ts";
import { placeOf } from "./cursor.ts";
import type { LogSet } from "./log-set.ts";
import { findWholeLine } from "./whole-line.ts";

const linePath = z.object({
  name: z.string().describe("The `name` that the settings give the log, else the file's own."),
  cursor: z.string().max(64).describe("The `cursor` of the line."),
});

/** Adds the route for one line, however long it is. */
export function addWholeLine(
  table: RouteTable,
  { logs, settings, log }: { logs: LogSet; settings: Settings["logs"]; log: Logger },
): void {
  table.add(
    "GET",
    "/logs/{name}/lines/{cursor}",
    {
      summary: "One line of a log, whole: also one that was cut for its length",
      description:
        "The line with this `cursor`, without its end; of a file that was rotated since, too. `Content-Length` says how long it is, and so HEAD tells that alone. Nothing is masked.",
      role: "operator",
      params: linePath,
      responses: {
        200: { description: "The line, as it is.", content: { "text/plain": null } },
        404: { description: "No such log, or its file is there no more, or no line ends there." },
        409: { description: "It is longer than logs.maxBytes." },
      },
    },
    async ({ ctx, params, principal }) => {
      const file = await logs.find(params.name);
      const place = placeOf(params.cursor);
      const line = place === undefined ? undefined : await findWholeLine(file, place);
      if (line === undefined) throw notThere(file.name);
      await using stack = new AsyncDisposableStack();
      stack.use(line);
      if (line.bytes > settings.maxBytes) throw tooLong(line.bytes, settings.maxBytes);
      const { requestId } = ctx.state;
      log.info({ audit: "logs.read", user: principal.name, requestId, name: file.name }, "a log is read");
      ctx.type = "text/plain; charset=utf-8";
      ctx.length = line.bytes;
      ctx.status = 200;
      if (ctx.method === "HEAD") return;
      stack.move();
      const body = Readable.from(line.pieces(), { objectMode: false });
      // A client that is gone before it was given anything leaves a generator that never began, and ends nothing.
      body.once("close", () => void line[Symbol.asyncDispose]().then(undefined, () => undefined));
      ctx.body = body;
      ctx.length = line.bytes;
    },
  );
}

function notThere(name: string): AppError {
  return new AppError("not-found", `No line of ${name} has this cursor, or its file is there no more.`, {
    remedy: "GET logs/{name} gives lines with their cursors.",
  });
}

function tooLong(bytes: number, maxBytes: number): AppError {
  return new AppError("conflict", `The line has ${bytes} bytes; ${maxBytes} are allowed.`, {
    remedy: `SIDECAR_LOGS_MAX_BYTES=${bytes}`,
    extra: { maxBytes },
  });
}
