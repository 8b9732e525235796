import type { Readable } from "node:stream";
import type { AppError } from "../base/errors.ts";
import { type ServerAnswer, type ServerRequest, sendWhole } from "./http-types.ts";
import { PROBLEM_TYPE, problemOf, problemPage, wantsPage } from "./problem.ts";
import { requestInfo } from "./request-info.ts";

const RETRY_AFTER_SECONDS = "2";

/**
 * Answers a request that never reaches Koa with a problem document of our own, marked by `Sidecar-Error` so that
 * nobody takes it for the core's. The answer must not have begun.
 * @param options.pageForBrowsers gives a page instead to a client that asks for one.
 */
export function sendProblem(
  request: ServerRequest,
  answer: ServerAnswer,
  error: AppError,
  options: { readonly pageForBrowsers: boolean },
): void {
  const info = requestInfo(request);
  info.failure = error.code;
  const problem = problemOf(error, { id: info.id });
  const isPage = options.pageForBrowsers && wantsPage(request.headers.accept);
  const page = isPage ? problemPage(problem) : undefined;
  const body = Buffer.from(page?.body ?? `${JSON.stringify(problem)}\n`);
  const headers = {
    "Content-Type": PROBLEM_TYPE,
    "Cache-Control": "no-store",
    ...page?.headers,
    ...error.headers,
    ...(error.status === 503 ? { "Retry-After": RETRY_AFTER_SECONDS } : {}),
    "Content-Length": String(body.length),
    "X-Request-Id": info.id,
    "Sidecar-Error": error.code,
  };
  sendWhole(answer, error.status, headers, request.method === "HEAD" ? undefined : body);
  // What is left of the request is read and thrown away: closing now would reset the connection under our answer.
  const rest: Readable = request;
  rest.unpipe();
  rest.resume();
}
