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
  const { headers, body } = problemAnswer(
    error,
    info.id,
    options.pageForBrowsers ? request.headers.accept : undefined,
  );
  sendWhole(answer, error.status, headers, request.method === "HEAD" ? undefined : body);
  // What is left of the request is read and thrown away: closing now would reset the connection under our answer.
  request.unpipe();
  request.resume();
}

/** The whole answer of a problem: a page instead where `accept` asks for one. */
export function problemAnswer(
  error: AppError,
  id: string,
  accept: string | undefined,
): { readonly headers: Record<string, string>; readonly body: Buffer } {
  const problem = problemOf(error, { id });
  const page = wantsPage(accept) ? problemPage(problem) : undefined;
  const body = Buffer.from(page?.body ?? `${JSON.stringify(problem)}\n`);
  return { headers: problemHeaders(error, { id, bodyBytes: body.length, page: page?.headers }), body };
}

/** The header of a problem, or of the page in its place, that the sidecar itself answers. */
export function problemHeaders(
  error: AppError,
  answer: {
    readonly id: string;
    readonly bodyBytes: number;
    readonly page?: Readonly<Record<string, string>> | undefined;
  },
): Record<string, string> {
  return {
    "Content-Type": PROBLEM_TYPE,
    "Cache-Control": "no-store",
    ...answer.page,
    ...error.headers,
    ...(error.status === 503 ? { "Retry-After": RETRY_AFTER_SECONDS } : {}),
    "Content-Length": String(answer.bodyBytes),
    "X-Request-Id": answer.id,
    "Sidecar-Error": error.code,
  };
}
