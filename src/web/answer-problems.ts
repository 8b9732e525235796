import type { Middleware } from "koa";
import { AppError } from "../base/errors.ts";
import { challenge } from "./authenticate.ts";
import type { RequestState, WebContext } from "./context.ts";
import type { Logger } from "./log.ts";
import { PROBLEM_TYPE, problemOf, problemPage, toAppError, wantsPage } from "./problem.ts";
import { requestInfo } from "./request-info.ts";

/** Answers everything that a route throws, or leaves unanswered, as a problem document, or a page for a browser. */
export function answerProblems(log: Logger): Middleware<RequestState> {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.body === undefined && ctx.status === 404)
        throw new AppError("not-found", "There is nothing at this path.");
      if (ctx.body === undefined && (ctx.status === 405 || ctx.status === 501)) {
        throw new AppError("method-not-allowed", `${ctx.method} is not possible here.`);
      }
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code === "internal")
        log.error({ requestId: ctx.state.requestId, err: thrown }, "unexpected error");
      answer(ctx, error);
    }
  };
}

const CONTENT_HEADERS = [
  "Content-Disposition",
  "Content-Encoding",
  "Content-Length",
  "Content-Range",
  "Content-Security-Policy",
  "ETag",
  "Last-Modified",
  "Location",
];

function answer(ctx: WebContext, error: AppError): void {
  requestInfo(ctx.req).failure = error.code;
  const problem = problemOf(error, { id: ctx.state.requestId, path: ctx.path });
  ctx.status = error.status;
  // What the route had already said of its answer does not hold for this one.
  for (const name of CONTENT_HEADERS) ctx.remove(name);
  ctx.set({ ...error.headers });
  ctx.set("Cache-Control", "no-store");
  ctx.vary("Accept");
  if (error.status === 401) ctx.set("WWW-Authenticate", challenge(isBrowserAsking(ctx)));
  if (error.status === 429 && !ctx.res.hasHeader("Retry-After")) ctx.set("Retry-After", "5");
  if (wantsPage(ctx.get("Accept"))) {
    const page = problemPage(problem);
    ctx.set({ ...page.headers });
    ctx.body = page.body;
  } else {
    ctx.body = JSON.stringify(problem);
    ctx.type = PROBLEM_TYPE;
  }
}

/**
 * Tells whether the client may be a person's browser that can ask for the token: not a script of a page, and nobody
 * who sent a Bearer token. A Basic challenge would make the browser's own dialog cover the page that handles the 401.
 */
function isBrowserAsking(ctx: WebContext): boolean {
  const mode = ctx.get("Sec-Fetch-Mode");
  return (mode === "" || mode === "navigate") && !/^bearer /i.test(ctx.get("Authorization"));
}
