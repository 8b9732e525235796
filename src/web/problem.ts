import { AppError, type ErrorCode, isErrno } from "../base/errors.ts";
import { html, type Page, renderPage } from "./page.ts";

/** A problem document (RFC 9457) with the members this project adds. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance?: string;
  readonly code: ErrorCode;
  readonly requestId: string;
  readonly remedy?: string;
  readonly [extra: string]: unknown;
}

/** The media type of {@link Problem}. */
export const PROBLEM_TYPE = "application/problem+json";

/** Turns anything that was thrown into an {@link AppError}; what is unknown becomes a 500 that hides its detail. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (isErrno(error, "ENOSPC", "EDQUOT")) {
    return new AppError("storage-full", "The file system has no room left.", { cause: error });
  }
  return new AppError("internal", "The sidecar failed. The log has the details under this request id.", {
    cause: error,
  });
}

/** The problem document for an error. `type` is a relative reference into the documentation of error codes. */
export function problemOf(error: AppError, request: { id: string; path?: string }): Problem {
  return {
    ...error.extra,
    type: `urn:tickbird:problem:${error.code}`,
    title: error.title,
    status: error.status,
    detail: error.message,
    ...(request.path === undefined ? {} : { instance: request.path }),
    code: error.code,
    requestId: request.id,
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    ...(error.errors.length === 0 ? {} : { errors: error.errors }),
  };
}

/** The same for a person: a page that says what happened, what mends it, and the request id. */
export function problemPage(problem: Problem): Page {
  const remedy =
    problem.remedy === undefined ? html`` : html`<p>What mends it: <code>${problem.remedy}</code></p>`;
  return renderPage({
    title: problem.title,
    body: html`<main><h1>${problem.title}</h1><p>${problem.detail}</p>${remedy}
<p class="dim">${problem.status} · ${problem.code} · request ${problem.requestId} · answered by the Tickbird sidecar, not by the app</p></main>`,
  });
}

/**
 * Tells whether a client would rather see a page: its Accept header names text/html, and not JSON with a higher
 * weight (RFC 9110 section 12.5.1).
 */
export function wantsPage(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const page = weightOf(accept, "text/html");
  return page > 0 && page >= weightOf(accept, "application/json") && page >= weightOf(accept, PROBLEM_TYPE);
}

function weightOf(accept: string, type: string): number {
  for (const range of accept.split(",")) {
    const [name = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    if (name !== type) continue;
    const weight = parameters.find((parameter) => parameter.startsWith("q="));
    return weight === undefined ? 1 : Number(weight.slice(2)) || 0;
  }
  return 0;
}
