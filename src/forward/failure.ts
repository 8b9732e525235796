import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError, isErrno } from "../base/errors.ts";
import { requestInfo } from "../web/request-info.ts";
import { sendProblem } from "../web/send-problem.ts";
import { coreUnavailable } from "./core/errors.ts";

const UNREACHABLE = [
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "ENETDOWN",
];

/** What a client is told when the core does not answer, and how an answer that breaks off is ended. */

/** Names the failure of an exchange with the core by what the system said (RFC 9110 sections 15.6.3 to 15.6.5). */
export function coreFailure(error: unknown, coreUrl: string): AppError {
  if (error instanceof AppError) return error;
  if (isErrno(error, ...UNREACHABLE)) return coreUnavailable(coreUrl, error);
  if (error === undefined || isErrno(error, "ECONNRESET", "EPIPE")) {
    return new AppError("core-reset", "The app closed the connection before its answer was complete.", {
      cause: error,
    });
  }
  // Node's client refuses to write what could be read as something else; the request is at fault, not the core.
  if (isErrno(error, "ERR_UNESCAPED_CHARACTERS", "ERR_INVALID_CHAR", "ERR_INVALID_HTTP_TOKEN")) {
    return new AppError("bad-request", "The request can't be expressed in HTTP/1.1.", { cause: error });
  }
  const why = error instanceof SyntaxError ? `: ${error.message}` : "";
  return new AppError("core-protocol-error", `What the app answered is not HTTP as it should be${why}.`, {
    cause: error,
  });
}

/**
 * Answers in the core's place, as a page for a browser and as a problem document for a program; where the answer has
 * begun already, breaks it off, so that the client can't take it for complete (RFC 9112 section 8).
 */
export function answerFailure(request: IncomingMessage, answer: ServerResponse, error: AppError): void {
  if (answer.headersSent || answer.destroyed) {
    requestInfo(request).failure = error.code;
    answer.destroy();
  } else {
    sendProblem(request, answer, error, { pageForBrowsers: true });
  }
}
