import { z } from "zod";
import type { WebContext } from "../../../web/context.ts";
import { chooseForm } from "../../../web/negotiate.ts";
import { OutputStream, sseEvent } from "../../../web/output-stream.ts";
import type { RouteTable } from "../../../web/routes.ts";
import { type ConfigParts, params } from "../config-parts.ts";
import type { ConfigFile } from "../files/config-files.ts";
import { noticeContent } from "./notice-content.ts";
import { type VersionRecord, versionRecord } from "./version-record.ts";

/** What flows as NDJSON. */
export const fileEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("version"), version: versionRecord }),
  z.object({ type: z.literal("heartbeat") }),
  z.object({ type: z.literal("end"), reason: z.enum(["stopped", "time-limit"]), dropped: z.int() }),
]);

const MAX_QUEUED_BYTES = 1_048_576;
const MAX_MS = 3_600_000;

/** Adds the stream of what happens to a file. */
export function addFileEvents(table: RouteTable, parts: ConfigParts): void {
  table.add(
    "GET",
    "/config/{name}/events",
    {
      summary: "A stream of the versions of a configuration file, as they come",
      description:
        "One event for each change, whoever made it. The first tells which version is in place; with `Last-Event-ID` those that came since, as far as the history has them. For an hour at most.",
      role: "viewer",
      params,
      headers: { "Last-Event-ID": "The version that was seen last." },
      responses: {
        200: {
          description: "The stream.",
          content: { "text/event-stream": null, "application/x-ndjson": fileEvent },
        },
      },
    },
    async ({ ctx, params: { name } }) => {
      const file = await parts.files.named(name);
      const form = chooseForm(ctx, ["sse", "ndjson"]);
      await noticeContent(file, parts);
      const missed = await missedBy(ctx.get("Last-Event-ID"), file, parts);
      ctx.type = form === "sse" ? "text/event-stream" : "application/x-ndjson";
      ctx.body = streamOf(ctx, file, missed, form === "sse" ? SSE : NDJSON, parts);
      ctx.flushHeaders();
    },
  );
}

/** How the stream is written. */
interface Writer {
  version(record: VersionRecord): string;
  end(reason: "stopped" | "time-limit", dropped: number): string;
  readonly heartbeat: string;
}

const SSE: Writer = {
  version: (record) => sseEvent("version", JSON.stringify(record), String(record.version)),
  end: (reason, dropped) => sseEvent("end", JSON.stringify({ reason, dropped })),
  heartbeat: ": \n\n",
};

const NDJSON: Writer = {
  version: (version) => `${JSON.stringify({ type: "version", version })}\n`,
  end: (reason, dropped) => `${JSON.stringify({ type: "end", reason, dropped })}\n`,
  heartbeat: `${JSON.stringify({ type: "heartbeat" })}\n`,
};

async function missedBy(
  lastId: string,
  file: ConfigFile,
  { records }: ConfigParts,
): Promise<readonly VersionRecord[]> {
  const versions = (await records.historyOf(file))?.versions ?? [];
  const last = /^\d{1,8}$/.test(lastId) ? Number(lastId) : undefined;
  return last === undefined ? versions.slice(-1) : versions.filter(({ version }) => version > last);
}

function streamOf(
  ctx: WebContext,
  file: ConfigFile,
  missed: readonly VersionRecord[],
  writer: Writer,
  { records, stopping }: ConfigParts,
): OutputStream {
  const stream = new OutputStream({ maxQueuedBytes: MAX_QUEUED_BYTES, heartbeat: writer.heartbeat });
  const told = Math.max(0, ...missed.map(({ version }) => version));
  const end = (reason: "stopped" | "time-limit") => stream.finish(writer.end(reason, stream.dropped));
  const stop = () => end("stopped");
  const timer = setTimeout(() => end("time-limit"), MAX_MS);
  const leave = records.watch(file.name, (record) => {
    if (record.version > told) stream.offer(writer.version(record));
  });
  stopping.addEventListener("abort", stop, { once: true });
  ctx.res.once("close", () => {
    clearTimeout(timer);
    leave();
    stopping.removeEventListener("abort", stop);
  });
  for (const record of missed) stream.offer(writer.version(record));
  return stream;
}
