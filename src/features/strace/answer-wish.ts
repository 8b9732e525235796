import { type CoreProcessFinder, mainPid } from "../../linux/core-process.ts";
import type { Settings } from "../../settings/schema.ts";
import type { Principal, WebContext } from "../../web/context.ts";
import type { Logger } from "../../web/log.ts";
import { chooseForm, MEDIA_TYPES } from "../../web/negotiate.ts";
import { answerSummary } from "./answer-summary.ts";
import { logEnd } from "./log-end.ts";
import { prepareTrace } from "./prepare-trace.ts";
import type { ToolCheck } from "./tool-check.ts";
import { CLIENT_GONE, type Trace, type TraceResult } from "./trace.ts";
import {
  answerJson,
  answerNdjson,
  answerPage,
  answerSse,
  answerText,
  stopsReturning,
} from "./trace-answers.ts";
import type { TraceOptions } from "./trace-options.ts";
import type { TracePool } from "./trace-pool.ts";

/** From what is asked for to a trace, and to its answer. */

const FORMS = {
  ...{ text: answerText, json: answerJson, sse: answerSse, html: answerPage, ndjson: answerNdjson },
} as const;
const FORM_NAMES = ["text", "json", "sse", "html", "ndjson"] as const;
/** Those whose readers see more than strace's own lines. */
const EVENT_FORMS = new Set<string>(["json", "ndjson"]);

/** What is asked for. */
export interface Wish {
  readonly ctx: WebContext;
  readonly principal: Principal;
  /** Undefined for the core's main process and those below it. */
  readonly pid: number | undefined;
  readonly linesAsked: number;
  /** Whether its calls are counted, and not told one by one. */
  readonly isSummary?: boolean;
  readonly options: TraceOptions;
  readonly up: string;
}

/** What an answer is made with. */
export interface AnswerParts {
  readonly settings: Settings["strace"];
  readonly coreProcess: CoreProcessFinder;
  readonly pool: TracePool;
  readonly tool: ToolCheck;
  readonly log: Logger;
  readonly heartbeatMs: number;
}

/**
 * Makes what traces and answers.
 * @throws {AppError} (the answer) saying why the process can't be traced.
 */
export function createAnswer(parts: AnswerParts): (wish: Wish) => Promise<void> {
  const { settings, coreProcess, pool, tool, log, heartbeatMs } = parts;
  return async (wish) => {
    const { ctx, principal, pid, linesAsked, options, up, isSummary = false } = wish;
    const client = new AbortController();
    ctx.res.once("close", () => client.abort(CLIENT_GONE));
    const form = isSummary ? chooseForm(ctx, ["json"]) : chooseForm(ctx, FORM_NAMES);
    const answerForm = isSummary ? answerSummary : FORMS[form];
    if (stopsReturning(ctx, form)) return;
    const { targets, engine } = await pool.counts.prepare(async () => {
      const main = pid ?? (await mainPid(coreProcess));
      const withDescendants = pid === undefined && options.follow;
      return await prepareTrace(main, { settings, tool, wish: options, withDescendants });
    });
    if (ctx.method === "HEAD") {
      // A trace for nobody to read would only slow the app.
      ctx.status = 200;
      ctx.type = MEDIA_TYPES[form];
      return;
    }
    const addressesInLines = !EVENT_FORMS.has(form) && !(form === "sse" && options.asEvents);
    const asked = { ...options, engine, lines: linesAsked, addressesInLines };
    const trace = await pool.begin(targets, asked, client.signal);
    const about = { requestId: ctx.state.requestId, user: principal.name, pid: targets.main.pid };
    const what = isSummary ? { summary: true, durationMs: options.durationMs } : { lines: linesAsked };
    log.info({ ...about, audit: "strace", engine, ...what }, "a trace has begun");
    const send = () => answerForm({ ctx, trace, linesAsked, options, settings, up, heartbeatMs });
    const over = conclude(trace, send, log.child(about));
    if (form === "json") await over;
    // The others go on while the answer is sent; the pool waits for them.
    else over.catch((error: unknown) => log.error({ ...about, err: error }, "a trace has failed"));
  };
}

/** Answers with a trace, disposes of it, and writes down how it ended. */
async function conclude(trace: Trace, answer: () => Promise<TraceResult>, log: Logger): Promise<void> {
  await using _ = trace;
  logEnd(await answer(), log);
}
