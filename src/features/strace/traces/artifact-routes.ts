import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import type { WebContext } from "../../../web/context.ts";
import type { RouteTable } from "../../../web/routes.ts";
import { chromeTrace } from "./chrome-trace.ts";
import type { KeptRecords } from "./kept-records.ts";
import { idPath } from "./trace-state.ts";

/** What can be taken home of a trace: files for other programs. */

const GZIP = "application/gzip";

/**
 * Finds what a trace told.
 * @throws {AppError} `not-found`.
 */
export type FindTrace = (id: string) => KeptRecords;

/** Adds the routes of files. Of a trace that runs they have what is there at the moment. */
export function addArtifacts(table: RouteTable, find: FindTrace): void {
  const common = { role: "operator", params: idPath } as const;
  table.add(
    "GET",
    "/traces/{id}/strace.txt.gz",
    {
      ...common,
      summary: "A trace as strace's own text, for tools that read it",
      description: "As `strace -f -ttt -T -o` writes it.",
      responses: { 200: { description: "A file of gzip.", content: { [GZIP]: null } } },
    },
    ({ ctx, params }) => {
      const kept = find(params.id);
      sendFile(ctx, `strace-${nameOf(kept)}.txt.gz`, Readable.from(kept.lines.packed()));
    },
  );
  table.add(
    "GET",
    "/traces/{id}/events.ndjson.gz",
    {
      ...common,
      summary: "All that a trace told, as JSON: an event a line",
      description: "The events of `/traces/{id}/events`, all that are kept, and no last line beside them.",
      responses: { 200: { description: "A file of gzip.", content: { [GZIP]: null } } },
    },
    ({ ctx, params }) => {
      const kept = find(params.id);
      sendFile(ctx, `events-${nameOf(kept)}.ndjson.gz`, Readable.from(kept.events.packed()));
    },
  );
  table.add(
    "GET",
    "/traces/{id}/chrome.json.gz",
    {
      ...common,
      summary: "A trace as trace events, for Perfetto and chrome://tracing",
      responses: { 200: { description: "A file of gzip.", content: { [GZIP]: null } } },
    },
    ({ ctx, params }) => {
      const kept = find(params.id);
      const { main, descendants } = kept.head.targets;
      const text = Readable.from(chromeTrace([main, ...descendants], kept.events.read()));
      const gzip = createGzip({ level: 1 });
      // `pipe` passes no errors on: without this the answer would never end.
      text.once("error", (error) => gzip.destroy(error));
      gzip.once("close", () => text.destroy());
      sendFile(ctx, `chrome-${nameOf(kept)}.json.gz`, text.pipe(gzip));
    },
  );
}

function sendFile(ctx: WebContext, name: string, body: Readable): void {
  // First: it sets a type by the ending.
  ctx.attachment(name);
  ctx.type = GZIP;
  ctx.body = body;
}

function nameOf({ head: { targets, startedAt } }: KeptRecords): string {
  const time = startedAt.replace(/\.\d+Z$/, "").replace(/\D/g, "");
  return `${targets.main.name.replace(/[^\w.-]/g, "_")}-${targets.main.pid}-${time}`;
}
