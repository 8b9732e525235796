import { Agent, type ClientRequest, type IncomingMessage, request as startRequest } from "node:http";
import { AppError, isErrorCode, messageOf } from "../base/errors.ts";
import type { Destinations } from "../listener/dispatch.ts";
import { clientCertificateName } from "../web/client-certificate.ts";
import { clientAddress, type ServerAnswer, type ServerRequest } from "../web/http-types.ts";
import type { Logger } from "../web/log.ts";
import { requestInfo } from "../web/request-info.ts";
import { sendProblem } from "../web/send-problem.ts";
import { openOutcome, RELAY_FIELD, type RelayAddress, sealCall } from "./relay-call.ts";

/** The worker's side of the relay: what the gate calls ours is asked of the primary process, where the app is. */

/** What a relay needs. */
export interface RelayParts {
  readonly address: RelayAddress;
  readonly log: Logger;
  /** Whether clients should open another connection next time. */
  readonly isClosing: () => boolean;
}

/** Belong to the client's connection (RFC 9110 section 7.6.1), are done with already, or are written anew. */
const LEFT_BEHIND = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-request-id",
  RELAY_FIELD,
]);
/** The same of an answer. */
const LEFT_BEHIND_OF_ANSWER = new Set(["connection", "keep-alive", "transfer-encoding", RELAY_FIELD]);

/** Makes the function that has the primary answer. */
export function createRelay({ address, log, isClosing }: RelayParts): Destinations["ours"] {
  // Nobody closes an idle connection, so none is found closed when it is used again.
  const agent = new Agent({ keepAlive: true });
  return (request, answer) => {
    // Who goes away is seen by "close".
    request.on("error", () => undefined);
    answer.on("error", () => undefined);
    const fail = (error: unknown) => {
      if (answer.destroyed || answer.writableEnded) return;
      log.error({ requestId: requestInfo(request).id, reason: messageOf(error) }, "not relayed");
      if (answer.headersSent) answer.destroy();
      else sendProblem(request, answer, failureOf(error), { pageForBrowsers: false });
    };
    let asked: ClientRequest;
    try {
      asked = ask(request, address, agent);
    } catch (error) {
      fail(error);
      return;
    }
    asked.on("error", fail);
    asked.once("response", (reply) => passOn(reply, { request, answer, isClosing: isClosing() }));
    answer.once("close", () => {
      asked.destroy();
      // A body that nobody reads would hold the client's connection up.
      request.unpipe(asked);
      request.resume();
    });
    // The app may answer, or refuse, before any of the body comes.
    asked.flushHeaders();
    request.pipe(asked);
  };
}

function ask(request: ServerRequest, { path, secret }: RelayAddress, agent: Agent): ClientRequest {
  const { method = "GET", rawHeaders } = request;
  const headers: string[] = [RELAY_FIELD, sealCall(callOf(request), secret)];
  const { host } = request.headers;
  if (host !== undefined) headers.push("Host", host);
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = "", value = ""] = rawHeaders.slice(index, index + 2);
    if (!LEFT_BEHIND.has(name.toLowerCase())) headers.push(name, value);
  }
  return startRequest({
    ...{ socketPath: path, agent, method, path: request.url, setHost: false },
    headers: [...headers, ...framingOf(request, method)],
  });
}

function callOf(request: ServerRequest) {
  const certificateName = clientCertificateName(request);
  return {
    ...{ id: requestInfo(request).id, address: clientAddress(request) },
    ...(certificateName === undefined ? {} : { certificateName }),
  };
}

/** Methods whose requests have no body unless they say so (RFC 9110 section 8.6). */
const BODYLESS = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"]);

/** The field that delimits the body (RFC 9112 section 6.3). */
function framingOf(request: ServerRequest, method: string): readonly string[] {
  const length = request.headers["content-length"];
  if (length !== undefined) return ["Content-Length", length];
  if (request.headers["transfer-encoding"] !== undefined) return ["Transfer-Encoding", "chunked"];
  return BODYLESS.has(method) ? [] : ["Content-Length", "0"];
}

interface Client {
  readonly request: ServerRequest;
  readonly answer: ServerAnswer;
  readonly isClosing: boolean;
}

function passOn(reply: IncomingMessage, { request, answer, isClosing }: Client): void {
  if (answer.destroyed) {
    reply.destroy();
    return;
  }
  const outcome = reply.headers[RELAY_FIELD];
  if (typeof outcome === "string") note(request, outcome);
  reply.on("error", () => answer.destroy());
  const { statusCode = 500, statusMessage = "", rawHeaders } = reply;
  const lines = rawHeaders.flatMap((name, index) =>
    index % 2 === 1 || LEFT_BEHIND_OF_ANSWER.has(name.toLowerCase())
      ? []
      : [name, rawHeaders[index + 1] ?? ""],
  );
  // The rest of a body that came too slowly may never come.
  const closes = isClosing || requestInfo(request).failure === "request-timeout";
  answer.writeHead(statusCode, statusMessage, closes ? [...lines, "Connection", "close"] : lines);
  reply.pipe(answer);
}

/** For the access log of this process. */
function note(request: ServerRequest, outcome: string): void {
  const info = requestInfo(request);
  const { user, failure } = openOutcome(outcome);
  if (user !== undefined) info.user = user;
  if (failure !== undefined && isErrorCode(failure)) info.failure = failure;
}

function failureOf(error: unknown): AppError {
  const detail = "The process that answers this could not be asked.";
  return new AppError("internal", detail, { cause: error });
}
