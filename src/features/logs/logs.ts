import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import { maskArguments } from "../../base/secrets.ts";
import { createTurns, type Turns } from "../../base/turns.ts";
import type { CoreProcessFinder } from "../../linux/core-process.ts";
import type { Settings } from "../../settings/schema.ts";
import type { Logger } from "../../web/log.ts";
import type { RouteTable } from "../../web/routes.ts";
import { type Capability, capabilityOf, type Feature } from "../feature.ts";
import { answerLog, formOf } from "./answer-log.ts";
import { capabilityPartOf, forwardingCheck, forwardMetrics, reportOf } from "./forward/forward-reports.ts";
import { createForwarders, type Forwarders } from "./forward/forwarders.ts";
import { describeLog, listLogs } from "./list-logs.ts";
import type { LogFile } from "./log-file.ts";
import { type FlowLimits, flowOf } from "./log-flow.ts";
import { logQuery, readLogQuery } from "./log-query.ts";
import { type LogList, logList, logPage, logRecord } from "./log-schema.ts";
import { createLogSet, type LogSet } from "./log-set.ts";
import { createSearchers, type Searchers } from "./search/searcher.ts";
import { addWholeLine } from "./whole-line-route.ts";

/** The feature `logs`: the app's own log files over HTTP. */

/** What the feature needs. */
export interface LogsDeps {
  readonly coreProcess: CoreProcessFinder;
  readonly log: Logger;
  /** The state folder. */
  readonly stateDir: string;
}

const BUNDLE_LINES = 1_000;
const BUNDLE_BYTES = 1_048_576;
const BUNDLE_MS = 10_000;

const namePath = z.object({
  name: z.string().describe("The `name` that the settings give the log, else the file's own."),
});

/**
 * Makes the feature.
 * @throws {StartError} where two logs have the same name.
 */
export function createLogs(settings: Settings["logs"], deps: LogsDeps): Feature {
  const { coreProcess, log } = deps;
  const logs = createLogSet(settings, coreProcess);
  const turns = createTurns();
  const forwarders = createForwarders(settings, logs, { ...deps, turns });
  const searchers = createSearchers();
  const stopping = new AbortController();
  let whenForwarded: Promise<unknown> = Promise.resolve();
  return {
    name: "logs",
    routes(table) {
      addList(table, { logs, forwarders, coreProcess });
      addContent(table, { logs, settings, log, searchers, turns, stopping: stopping.signal });
      addWholeLine(table, { logs, settings, log });
    },
    diagnostics: logs.named.map((file) => ({
      file: `log-${file.name}.txt`,
      read: ({ signal }) =>
        tailForBundle(file, {
          ...{ maxLineBytes: settings.maxLineBytes, followMs: BUNDLE_MS },
          ...{ searchers, turns, signal },
        }),
    })),
    capability: () => capabilityOfLogs(logs, forwarders),
    ...(settings.forward.length === 0 ? {} : { health: [forwardingCheck(() => forwarders.list())] }),
    metrics: () => forwardMetrics(forwarders.list()),
    start(signal) {
      if (signal.aborted) stopping.abort();
      else signal.addEventListener("abort", () => stopping.abort(), { once: true });
      whenForwarded = forwarders.run(stopping.signal);
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await whenForwarded;
    },
  };
}

/** The last lines of a log, with what looks secret in them masked. */
async function tailForBundle(file: LogFile, limits: FlowLimits): Promise<string> {
  const wish = readLogQuery(logQuery.parse({ tail: String(BUNDLE_LINES) }), "", BUNDLE_BYTES);
  const lines: string[] = [];
  for await (const part of flowOf(file, wish, limits)) {
    if (part.kind === "lines") for (const { text } of part.lines) lines.push(text);
  }
  return lines.map((line) => `${maskArguments([line]).join("")}\n`).join("");
}

async function capabilityOfLogs(logs: LogSet, forwarders: Forwarders): Promise<Capability> {
  const described = await Promise.all([...(await logs.all()).values()].map(describeLog));
  if (described.length > 0) {
    return capabilityOf([
      ...described.map(({ name, problem }) => ({
        name: `${name}: read`,
        works: problem === undefined,
        ...(problem === undefined ? {} : { reason: problem.detail }),
        ...(problem?.remedy === undefined ? {} : { remedy: problem.remedy }),
      })),
      ...forwarders.list().map(capabilityPartOf),
    ]);
  }
  return capabilityOf([
    {
      name: "logs",
      works: false,
      reason: "No log of the app is named. GET logs offers those that it has open.",
      remedy: "SIDECAR_LOGS_FILES=core:/path/of/app.log",
    },
  ]);
}

interface ListParts extends Pick<LogsDeps, "coreProcess"> {
  readonly logs: LogSet;
  readonly forwarders: Forwarders;
}

function addList(table: RouteTable, { logs, forwarders, coreProcess }: ListParts): void {
  table.add(
    "GET",
    "/logs",
    {
      summary: "The log files of the app",
      description:
        "Those that the settings name, and those that the app has open to append to: they are offered, and not served until they are named. And how far each is forwarded, where it is.",
      role: "operator",
      responses: { 200: { description: "The logs.", content: { "application/json": logList } } },
    },
    async ({ ctx }) => {
      const list: LogList = {
        ...(await listLogs(logs, coreProcess)),
        forwarders: await Promise.all(forwarders.list().map(reportOf)),
      };
      ctx.body = list;
    },
  );
}

interface ContentParts extends Pick<LogsDeps, "log"> {
  readonly logs: LogSet;
  readonly settings: Settings["logs"];
  readonly searchers: Searchers;
  readonly turns: Turns;
  readonly stopping: AbortSignal;
}

function addContent(
  table: RouteTable,
  { logs, settings, log, searchers, turns, stopping }: ContentParts,
): void {
  let readers = 0;
  table.add(
    "GET",
    "/logs/{name}",
    {
      summary:
        "The lines of a log: the last ones, those since a time, those with a text; followed if asked for",
      description:
        "Every line has a cursor, with which reading goes on exactly after it, also where the log was rotated meanwhile: by rename, by copytruncate, or into a file of gzip. As text the lines as they are; as NDJSON and as a stream of events (`line`, with the cursor as `id`) with their time and level where these are known, and a last record that says why it ends. Nothing is masked.",
      role: "operator",
      params: namePath,
      query: logQuery,
      headers: {
        "Last-Event-ID": "Where a stream of events goes on: the `id` of the last one that was seen.",
      },
      responses: {
        200: {
          description: "The lines, the oldest first.",
          content: {
            "text/plain": null,
            "application/json": logPage,
            "application/x-ndjson": logRecord,
            "text/event-stream": null,
          },
        },
        404: { description: "No log of this name, or no such file." },
        429: { description: "Too many read logs at once." },
      },
    },
    async ({ ctx, params, query, principal }) => {
      const file = await logs.find(params.name);
      const wish = readLogQuery(query, ctx.get("Last-Event-ID"), settings.maxBytes);
      const form = formOf(ctx, wish.isFollowing);
      refuseTooMany(readers, settings.maxReaders);
      const client = new AbortController();
      readers += 1;
      ctx.res.once("close", () => {
        readers -= 1;
        client.abort();
      });
      const { requestId } = ctx.state;
      log.info({ audit: "logs.read", user: principal.name, requestId, name: file.name }, "a log is read");
      const signal = AbortSignal.any([client.signal, stopping]);
      const { maxLineBytes, maxLagBytes, followMs } = settings;
      const isText = form === "text";
      const limits = {
        ...{ maxLineBytes, followMs, searchers, turns, signal, isText },
        // Text has no record that could say what was left out, and the file is the buffer.
        ...(isText ? {} : { maxLagBytes }),
      };
      await answerLog(ctx, file.name, form, flowOf(file, wish, limits));
    },
  );
}

function refuseTooMany(readers: number, maxReaders: number): void {
  if (readers < maxReaders) return;
  throw new AppError("limit-reached", `${maxReaders} requests read logs, and more are not allowed at once.`, {
    remedy: `Try again later, or SIDECAR_LOGS_MAX_READERS=${maxReaders * 2}`,
    headers: { "Retry-After": "5" },
    extra: { maxReaders },
  });
}
