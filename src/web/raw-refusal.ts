import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { AppError, ErrorCode } from "../base/errors.ts";
import { clientAddressOf } from "./client-address.ts";
import { closeLingering } from "./lingering-close.ts";
import { problemOf } from "./problem.ts";
import { newRequestId } from "./request-info.ts";
import { problemHeaders } from "./send-problem.ts";

/** Refusals over HTTP/1.1 where there is no answer object to send them by: a request that was never understood. */

/** What is known of a request that is refused. */
export interface RefusedRequest {
  /** A random one where it is not given. */
  readonly requestId?: string;
  readonly method?: string | undefined;
  /** The raw target. */
  readonly target?: string | undefined;
  /** The version of HTTP, such as `1.1`. */
  readonly http?: string | undefined;
  /** When it began, by `performance.now()`. */
  readonly startedAtMs?: number | undefined;
}

/** A request that was refused on its connection, for the access log. */
export interface Refusal extends RefusedRequest {
  readonly requestId: string;
  readonly client: string;
  readonly status: number;
  readonly failure: ErrorCode;
  /** Whether the answer went out whole. */
  readonly complete: boolean;
}

/**
 * Answers with a problem document straight on the socket, and closes it: at once for us, for the client when it has
 * read the answer. Nothing of another answer may be under way, nor follow.
 * @param request what is known; `HEAD` gets no body.
 * @param refused is told when the answer is out, or can't be.
 */
export function refuseOnSocket(
  socket: Socket,
  error: AppError,
  request: RefusedRequest = {},
  refused: (refusal: Refusal) => void = () => undefined,
): void {
  const requestId = request.requestId ?? newRequestId();
  const client = clientAddressOf(socket);
  socket.once("close", settle);
  socket.once("finish", settle);
  closeLingering(socket, refusalBytes(error, requestId, request.method === "HEAD"));

  function settle(): void {
    socket.off("close", settle);
    socket.off("finish", settle);
    const complete = socket.writableFinished;
    refused({ ...request, requestId, client, status: error.status, failure: error.code, complete });
  }
}

/** The whole answer: head and problem document (RFC 9457). */
function refusalBytes(error: AppError, requestId: string, isToHead: boolean): Buffer {
  const body = Buffer.from(`${JSON.stringify(problemOf(error, { id: requestId }))}\n`);
  const headers = {
    Date: new Date().toUTCString(),
    ...problemHeaders(error, { id: requestId, bodyBytes: body.length }),
    Connection: "close",
  };
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? error.title}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    "",
    "",
  ].join("\r\n");
  return isToHead ? Buffer.from(head) : Buffer.concat([Buffer.from(head), body]);
}
