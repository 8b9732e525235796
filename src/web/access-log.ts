import type { ServerAnswer, ServerRequest } from "./http-types.ts";
import type { Logger } from "./log.ts";
import { requestInfo } from "./request-info.ts";

/**
 * Writes one line when the answer to `request` is over, complete or not.
 * The query is left out: it is where apps put what must not stand in a log.
 */
export function logAccess(log: Logger, request: ServerRequest, answer: ServerAnswer): void {
  const info = requestInfo(request);
  const { method, httpVersion } = request;
  const target = pathOf(request.url ?? "");
  const client = request.socket.remoteAddress;
  answer.once("close", () => {
    log.info(
      {
        requestId: info.id,
        route: info.route,
        client,
        user: info.user,
        method,
        path: target,
        http: httpVersion,
        status: answer.headersSent ? answer.statusCode : 0,
        complete: answer.writableFinished,
        durationMs: round(performance.now() - info.startedAtMs),
        coreMs: info.coreMs === undefined ? undefined : round(info.coreMs),
        failure: info.failure,
      },
      "request",
    );
  });
}

function pathOf(target: string): string {
  const end = target.search(/[?#]/);
  return end === -1 ? target : target.slice(0, end);
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
