import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { nowMs } from "../base/clock.ts";
import type { CoreRequest } from "./exchange.ts";
import { clientAddress, type ServerAnswer, type ServerRequest } from "./http-types.ts";
import { type Logger, writeInfoLine } from "./log.ts";
import type { Refusal } from "./raw-refusal.ts";
import { type RequestInfo, requestInfo } from "./request-info.ts";

/**
 * One line for every request, when its answer is over.
 * The query is left out: it is where apps put what must not stand in a log.
 */

/** Writes the line of a request when the answer to it is over, complete or not. */
export function logAccess(log: Logger, request: ServerRequest, answer: ServerAnswer): void {
  const begun = beginning(request);
  answer.once("close", () => {
    const status = answer.headersSent ? answer.statusCode : 0;
    log.info(
      { ...begun, ...ending(requestInfo(request)), status, complete: answer.writableFinished },
      "request",
    );
  });
}

/** Writes the line of an upgraded connection when it is closed. */
export function logUpgrade(log: Logger, request: IncomingMessage, socket: Duplex): void {
  const begun = beginning(request);
  socket.once("close", () => {
    const info = requestInfo(request);
    const { upgrade } = request.headers;
    log.info({ ...begun, ...ending(info), status: info.status, upgrade }, "upgrade");
  });
}

/** The same for a stream of HTTP/2 that stands for such a connection (RFC 8441). */
export function logConnect(
  log: Logger,
  { method, target, version, info }: CoreRequest,
  connection: { readonly client: string; readonly protocol: string | undefined; readonly stream: Duplex },
): void {
  const { client, protocol: upgrade, stream } = connection;
  const begun = { requestId: info.id, client, method, path: pathOf(target), http: version };
  stream.once("close", () => {
    log.info({ ...begun, ...ending(info), status: info.status, upgrade }, "upgrade");
  });
}

/** Writes the line of a request that was refused on its connection. */
export function logRefusal(log: Logger, refusal: Refusal): void {
  const { requestId, client, method, target, http, startedAtMs, status, failure, complete } = refusal;
  const path = target === undefined ? undefined : pathOf(target);
  const durationMs = startedAtMs === undefined ? undefined : round(nowMs() - startedAtMs);
  log.info(
    { requestId, client, method, path, http, route: "refused", durationMs, failure, status, complete },
    "request",
  );
}

/** Writes the line of a request that was carried: to the core past Node's servers, or to the one within. */
export function logCarried(
  log: Logger,
  { method, target, version, info }: CoreRequest,
  outcome: { readonly client: string; readonly status: number; readonly isComplete: boolean },
): void {
  const { client, status, isComplete } = outcome;
  writeInfoLine(
    log,
    // An id has no character that JSON would not take as it is.
    `"requestId":"${info.id}","client":${quoted(client)},"method":"${method}",` +
      `"path":${quoted(pathOf(target))},"http":"${version}","route":"${info.route}",` +
      (info.user === undefined ? "" : `"user":${quoted(info.user)},`) +
      `"durationMs":${(nowMs() - info.startedAtMs).toFixed(2)},` +
      (info.coreMs === undefined ? "" : `"coreMs":${info.coreMs.toFixed(2)},`) +
      (info.failure === undefined ? "" : `"failure":"${info.failure}",`) +
      `"status":${status},"complete":${isComplete}`,
    "request",
  );
}

/** What JSON (RFC 8259 section 7) does not take as it is; and what is beyond ASCII, where it is not worth the thought. */
const NEEDS_ESCAPE = /[^\x20\x21\x23-\x5b\x5d-\x7e]/;

function quoted(text: string): string {
  return NEEDS_ESCAPE.test(text) ? JSON.stringify(text) : `"${text}"`;
}

/** What is gone when the connection is: taken at once. */
function beginning(request: ServerRequest) {
  return {
    requestId: requestInfo(request).id,
    client: clientAddress(request),
    method: request.method,
    path: pathOf(request.url ?? ""),
    http: request.httpVersion,
  };
}

function ending({ route, user, startedAtMs, coreMs, failure }: RequestInfo) {
  return {
    route,
    user,
    durationMs: round(nowMs() - startedAtMs),
    coreMs: coreMs === undefined ? undefined : round(coreMs),
    failure,
  };
}

function pathOf(target: string): string {
  const query = target.indexOf("?");
  const path = query === -1 ? target : target.slice(0, query);
  const fragment = path.indexOf("#");
  return fragment === -1 ? path : path.slice(0, fragment);
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
