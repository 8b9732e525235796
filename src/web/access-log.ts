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
  const { user, coreMs, failure } = info;
  const now = nowMs();
  // In few parts: each costs, when it is added and when all are joined. An id has no character that JSON would not take.
  writeInfoLine(
    log,
    now,
    `"requestId":"${info.id}","client":"${escaped(client)}","method":"${method}","path":"${escaped(pathOf(target))}` +
      (info.route === "core" ? BY_THE_CORE[version] : `","http":"${version}","route":"${info.route}`) +
      (user === undefined ? "" : `","user":"${escaped(user)}`) +
      `","durationMs":${hundredths(now - info.startedAtMs)}` +
      (coreMs === undefined ? "" : `,"coreMs":${hundredths(coreMs)}`) +
      (failure === undefined ? "" : `,"failure":"${failure}"`) +
      (status === 200 && isComplete ? OK : `,"status":${status},"complete":${isComplete},"msg":"request"`),
  );
}

const BY_THE_CORE = {
  "1.0": '","http":"1.0","route":"core',
  "1.1": '","http":"1.1","route":"core',
  "2.0": '","http":"2.0","route":"core',
} as const satisfies Record<CoreRequest["version"], string>;
const OK = ',"status":200,"complete":true,"msg":"request"';

/** What JSON (RFC 8259 section 7) does not take as it is, and what is beyond ASCII. */
const NEEDS_ESCAPE = /[^\x20\x21\x23-\x5b\x5d-\x7e]/;
const BEYOND_ASCII = /[\x7f-\uffff]/g;

/** A text as it stands between the quotation marks of JSON, in ASCII. */
function escaped(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return text;
  return JSON.stringify(text)
    .slice(1, -1)
    .replace(BEYOND_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A time that is no shorter than 0, with two decimals: `Number.toFixed` is made for all numbers, and slower. */
function hundredths(ms: number): string {
  const whole = Math.round(ms * 100);
  const rest = whole % 100;
  return `${(whole - rest) / 100}${rest < 10 ? ".0" : "."}${rest}`;
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
