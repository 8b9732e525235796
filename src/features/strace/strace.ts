import { AppError } from "../../base/errors.ts";
import type { CoreProcessFinder } from "../../linux/core-process.ts";
import type { Settings } from "../../settings/schema.ts";
import type { Principal, WebContext } from "../../web/context.ts";
import type { Logger } from "../../web/log.ts";
import { chooseForm, MEDIA_TYPES } from "../../web/negotiate.ts";
import type { RouteTable } from "../../web/routes.ts";
import type { Feature } from "../feature.ts";
import { answerSummary } from "./answer-summary.ts";
import { straceCapability } from "./capability.ts";
import { chooseEngine, removeLeftTraces } from "./engine.ts";
import { createGovernor } from "./governor/governor.ts";
import { linesOf, linesQuery, pidAndLinesPath, pidPath } from "./parameters.ts";
import { summaryReport } from "./summary-schema.ts";
import { chooseTargets } from "./targets.ts";
import { createToolCheck } from "./tool-check.ts";
import { CLIENT_GONE, type Trace, type TraceResult } from "./trace.ts";
import { answerEvents, answerJson, answerNdjson, answerPage, answerText } from "./trace-answers.ts";
import { optionsOf, summaryQuery, type TraceOptions, traceQuery } from "./trace-options.ts";
import { createTracePool } from "./trace-pool.ts";
import { traceReport } from "./trace-schema.ts";

/** The feature `strace`: the system calls of a process, now. */

/** What the feature needs. */
export interface StraceDeps {
  readonly coreProcess: CoreProcessFinder;
  readonly log: Logger;
}

const DESCRIPTION = `Attaches strace to the process, answers its lines and lets go of it again: it always runs on, untraced. \
While it is traced every system call of the process stops twice: a busy server was measured at 2 to 20 % of its throughput, \
so ask for few lines. Attaching and letting go can interrupt a call that waits (epoll_wait, recv with a time-out, semop, \
sigtimedwait, io_uring_enter): it returns EINTR once, which most programs expect. Bounded by lines, by strace.durationMs \
and by strace.maxBytes; what came until then is answered. A thread of its own watches over it, and kills strace where it \
holds the app up, where its output has no room, or where the sidecar is throttled by its CPU quota: endReason says so. \
None of this is so with engine=tracefs, where the operator has set that up: it attaches to nothing. For operators: it slows the app, and shows what the app reads \
and writes, such as the cookies of its clients.`;

const FORMS = {
  ...{ text: answerText, json: answerJson, sse: answerEvents, html: answerPage, ndjson: answerNdjson },
} as const;
const FORM_NAMES = ["text", "json", "sse", "html", "ndjson"] as const;

const RESPONSES = {
  200: {
    description:
      "The lines. As text: strace's own, and a last line that begins with `# ` where not all of them came. As a stream of events: `start`, `line`, `end`. As NDJSON: an event of the schema of `events` a line, and a last line whose `type` is `end`.",
    content: {
      "text/plain": null,
      "application/json": traceReport,
      "text/event-stream": null,
      "text/html": null,
      "application/x-ndjson": null,
    },
  },
  403: { description: "The operating system refuses; `remedy` names the capability or setting." },
  404: { description: "No such process, or the app's is not known." },
  409: { description: "It is already traced (`tracer` says by whom), or can't be traced." },
  429: { description: "Too many traces at once. Retry-After says when one ends." },
  501: { description: "strace is not installed." },
};

/** What is asked for. */
interface Wish {
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

/** Makes the feature. It traces nothing by itself. */
export function createStrace(settings: Settings["strace"], { coreProcess, log }: StraceDeps): Feature {
  const tool = createToolCheck();
  const governor = createGovernor((err) => log.error({ err }, "the governor of traces has failed"));
  const pool = createTracePool(settings, governor);

  const answer = async (wish: Wish): Promise<void> => {
    const { ctx, principal, pid, linesAsked, options, up, isSummary = false } = wish;
    const client = new AbortController();
    ctx.res.once("close", () => client.abort(CLIENT_GONE));
    const { form, answerForm } = formOf(ctx, isSummary);
    const targets = await chooseTargets(pid ?? (await mainPid(coreProcess)), pid === undefined);
    const engine = await chooseEngine(options, settings, targets.main.pid);
    if (engine === "strace") await tool.verify();
    if (ctx.method === "HEAD") {
      // A trace for nobody to read would only slow the app.
      ctx.status = 200;
      ctx.type = MEDIA_TYPES[form];
      return;
    }
    const trace = await pool.begin(targets, { ...options, engine, lines: linesAsked }, client.signal);
    const about = { requestId: ctx.state.requestId, user: principal.name, pid: targets.main.pid };
    const asked = isSummary ? { summary: true, durationMs: options.durationMs } : { lines: linesAsked };
    log.info({ ...about, audit: "strace", engine, ...asked }, "a trace has begun");
    const over = conclude(
      trace,
      () => answerForm({ ctx, trace, linesAsked, options, settings, up }),
      log.child(about),
    );
    if (form === "json") await over;
    // The others go on while the answer is sent; the pool waits for them.
    else over.catch((error: unknown) => log.error({ ...about, err: error }, "a trace has failed"));
  };

  return {
    name: "strace",
    routes: (table) => addRoutes(table, settings, answer),
    capability: () => straceCapability(settings, coreProcess, tool),
    start(signal) {
      if (signal.aborted) pool.stop();
      else signal.addEventListener("abort", () => pool.stop(), { once: true });
      void removeLeftTraces(settings, log);
    },
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]();
      await governor[Symbol.asyncDispose]();
    },
  };
}

function formOf(ctx: WebContext, isSummary: boolean) {
  if (isSummary) return { form: chooseForm(ctx, ["json"]), answerForm: answerSummary };
  const form = chooseForm(ctx, FORM_NAMES);
  return { form, answerForm: FORMS[form] };
}

/** Answers with a trace, disposes of it, and writes down how it ended. */
async function conclude(trace: Trace, answer: () => Promise<TraceResult>, log: Logger): Promise<void> {
  await using _ = trace;
  const { endReason, lines, durationMs, released, warnings } = await answer();
  log.info({ endReason, lines, durationMs }, "a trace has ended");
  if (!released) log.error({ warnings }, "a traced process does not run free again");
  if (endReason === "tracer-failed") log.warn({ warnings }, "strace has failed");
}

async function mainPid(coreProcess: CoreProcessFinder): Promise<number> {
  const core = await coreProcess.find();
  if (core.kind === "found") return core.pid;
  throw new AppError("process-not-found", `The app's main process is not known. ${core.reason}`, {
    remedy: core.remedy,
  });
}

/** Before `{lines}`, which would take it for a number. */
function addSummary(
  table: RouteTable,
  settings: Settings["strace"],
  answer: (wish: Wish) => Promise<void>,
): void {
  table.add(
    "GET",
    "/strace/{pid}/summary",
    {
      ...{ description: DESCRIPTION, role: "operator", params: pidPath, query: summaryQuery },
      summary: "What the system calls of a process come to: counts, errors, durations, files and peers",
      responses: {
        ...RESPONSES,
        200: {
          description: "What the trace came to, when it is over: after `duration`, or at strace.maxBytes.",
          content: { "application/json": summaryReport },
        },
      },
    },
    ({ ctx, principal, params, query }) =>
      answer({
        ...{ ctx, principal, pid: Number(params.pid), linesAsked: Number.MAX_SAFE_INTEGER },
        ...{ options: optionsOf(query, settings), isSummary: true, up: "../../" },
      }),
  );
}

function addRoutes(
  table: RouteTable,
  settings: Settings["strace"],
  answer: (wish: Wish) => Promise<void>,
): void {
  const common = { description: DESCRIPTION, role: "operator", responses: RESPONSES } as const;
  table.add(
    "GET",
    "/strace",
    {
      ...common,
      summary: "System calls of the app: its main process and those below it, now",
      query: linesQuery,
    },
    ({ ctx, principal, query }) =>
      answer({
        ctx,
        principal,
        pid: undefined,
        linesAsked: linesOf(query.lines, "query", settings),
        options: optionsOf(query, settings),
        up: "./",
      }),
  );
  table.add(
    "GET",
    "/strace/{pid}",
    { ...common, summary: "System calls of a process, now", params: pidPath, query: linesQuery },
    ({ ctx, principal, params, query }) => {
      const linesAsked = linesOf(query.lines, "query", settings);
      return answer({
        ctx,
        principal,
        pid: Number(params.pid),
        linesAsked,
        options: optionsOf(query, settings),
        up: "../",
      });
    },
  );
  addSummary(table, settings, answer);
  table.add(
    "GET",
    "/strace/{pid}/{lines}",
    {
      ...common,
      summary: "So many lines of the system calls of a process",
      params: pidAndLinesPath,
      query: traceQuery,
    },
    ({ ctx, principal, params, query }) => {
      const linesAsked = linesOf(params.lines, "path", settings);
      return answer({
        ctx,
        principal,
        pid: Number(params.pid),
        linesAsked,
        options: optionsOf(query, settings),
        up: "../../",
      });
    },
  );
}
