import type { Settings } from "../../settings/schema.ts";
import type { RouteTable } from "../../web/routes.ts";
import type { Wish } from "./answer-wish.ts";
import { linesOf, linesQuery, pidAndLinesPath, pidPath } from "./parameters.ts";
import { summaryReport } from "./summary-schema.ts";
import { optionsOf, summaryQuery, traceQuery } from "./trace-options.ts";
import { traceReport } from "./trace-schema.ts";

const DESCRIPTION = `Attaches strace to the process, answers its lines and lets go of it again: it always runs on, untraced. \
While it is traced every system call of the process stops twice: a busy server was measured at 2 to 20 % of its throughput, \
so ask for few lines. Attaching and letting go can interrupt a call that waits (epoll_wait, epoll_pwait, recv with a time-out, \
semop, semtimedop, sigtimedwait, io_uring_enter): it returns EINTR once, which most programs expect. Bounded by lines, by strace.durationMs \
and by strace.maxBytes; what came until then is answered. A thread of its own watches over it, and kills strace where it \
holds the app up, where its output has no room, or where the sidecar is throttled by its CPU quota: endReason says so. For operators: it slows the app, and shows what the app reads \
and writes, such as the cookies of its clients.`;

const RESPONSES = {
  200: {
    description:
      'The lines. As text: strace\'s own, and a last line that begins with `# ` where not all of them came; the header Sidecar-Trace-Cost has what other forms call `cost`. As a stream of events: `start`, `line` (with `events=true`: `event`, with the JSON of an event of the schema of `events`), `end`. As NDJSON: an event of that schema a line, and a last line whose `type` is `end`. After 5 s of silence an event stream has a comment, and NDJSON a line `{"type":"heartbeat"}`.',
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

/** Adds the routes of traces that are answered at once. */
export function addRoutes(
  table: RouteTable,
  settings: Settings["strace"],
  answer: (wish: Wish) => Promise<void>,
): void {
  const headers = {
    "Last-Event-ID": "`end`, from an EventSource whose stream has ended: the answer is 204.",
  };
  const responses = {
    ...RESPONSES,
    204: { description: "To an EventSource that would begin a further trace." },
  };
  const common = { description: DESCRIPTION, role: "operator", headers, responses } as const;
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
        ...{ ctx, principal, pid: undefined, linesAsked: linesOf(query.lines, "query", settings) },
        ...{ options: optionsOf(query, settings), up: "./" },
      }),
  );
  table.add(
    "GET",
    "/strace/{pid}",
    { ...common, summary: "System calls of a process, now", params: pidPath, query: linesQuery },
    ({ ctx, principal, params, query }) => {
      const linesAsked = linesOf(query.lines, "query", settings);
      const options = optionsOf(query, settings);
      return answer({ ctx, principal, pid: Number(params.pid), linesAsked, options, up: "../" });
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
      const options = optionsOf(query, settings);
      return answer({ ctx, principal, pid: Number(params.pid), linesAsked, options, up: "../../" });
    },
  );
}
