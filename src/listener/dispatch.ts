import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { AppError } from "../base/errors.ts";
import { logAccess, logCarried, logConnect, logRefusal, logUpgrade } from "../web/access-log.ts";
import type { ClientSide, ConnectStream, CoreRequest, CoreSide } from "../web/exchange.ts";
import type { ServerAnswer, ServerRequest } from "../web/http-types.ts";
import type { Logger } from "../web/log.ts";
import { newRequestInfo, requestInfo } from "../web/request-info.ts";
import { sendProblem } from "../web/send-problem.ts";
import type { TrustedPeers } from "../web/trusted-peers.ts";
import { createGate, type Gate } from "./gate.ts";
import type { Over } from "./http2/stream-exchange.ts";
import type { ListenerHandlers } from "./listener.ts";

/** Between the listener and those who answer: asks the gate once, and hands the request over. */

/** Those who answer. */
export interface Destinations {
  ours(request: ServerRequest, answer: ServerAnswer): void;
  /** The same for a request that came over HTTP/2. */
  carryOurs(request: CoreRequest, client: ClientSide, certificateName: string | undefined): CoreSide;
  /** Over HTTP/1.1, where Node has read the request. */
  core(request: IncomingMessage, answer: ServerResponse, target: string, authority: string | undefined): void;
  /** The same for every other request. */
  carry(request: CoreRequest, client: ClientSide): CoreSide;
  coreUpgrade(call: {
    request: IncomingMessage;
    socket: Duplex;
    head: Buffer;
    target: string;
    authority: string | undefined;
  }): void;
  /** An extended CONNECT for a WebSocket (RFC 8441). */
  coreConnect(stream: ConnectStream, request: CoreRequest): void;
  /** Tells whether a request bound for the core is an upgrade that `coreUpgrade` can carry. */
  upgrades(request: IncomingMessage): boolean;
}

/** What the dispatch is made from. */
export interface DispatchParts {
  readonly prefix: string;
  readonly destinations: Destinations;
  readonly trustedPeers: TrustedPeers;
  /** Undefined where no lines are wanted. */
  readonly accessLog: Logger | undefined;
  /** Whether clients should go elsewhere next time. */
  readonly isClosing: () => boolean;
}

/** The same answer as for a path that does not exist: what was tried is nobody's business. */
const NOTHING_HERE = new AppError("not-found", "There is nothing at this path.");

function clientOf({ peer, fields }: CoreRequest, trustedPeers: TrustedPeers): string {
  return trustedPeers.isTrusted(peer) ? trustedPeers.clientOf(peer, fields.raw()) : peer;
}

/** Makes the handlers of the listener. */
export function createDispatch(parts: DispatchParts): ListenerHandlers {
  const gate = createGate(parts.prefix);
  return {
    lean: leanHandlers(parts, gate),
    http1: http1Handlers(parts, gate),
    http2: http2Handlers(parts, gate),
  };
}

/** Writes down what was carried past Node's request and answer objects. */
function logsCarried({ accessLog, trustedPeers }: DispatchParts): Over {
  if (accessLog === undefined) return () => undefined;
  return (request, { status, isComplete }) =>
    logCarried(accessLog, request, { client: clientOf(request, trustedPeers), status, isComplete });
}

function leanHandlers(parts: DispatchParts, gate: Gate): NonNullable<ListenerHandlers["lean"]> {
  const { destinations, isClosing } = parts;
  return {
    ...{ isClosing, carry: destinations.carry, over: logsCarried(parts) },
    route({ method, target, lines, repeats }, peer) {
      if (gate(target).kind !== "core") return undefined;
      const { fields, lengthBytes, requestId } = lines;
      const framing = lengthBytes === undefined || lengthBytes === 0 ? "none" : "length";
      const info = newRequestInfo(requestId);
      return { method, target, authority: undefined, version: "1.1", fields, repeats, framing, peer, info };
    },
  };
}

function http1Handlers(parts: DispatchParts, gate: Gate): ListenerHandlers["http1"] {
  const { destinations, accessLog } = parts;
  return {
    request(request, answer, expectsContinue) {
      if (accessLog !== undefined) logAccess(accessLog, request, answer);
      const verdict = gate(request.url ?? "/");
      if (verdict.kind === "core") destinations.core(request, answer, verdict.target, verdict.authority);
      else if (verdict.kind === "ours")
        answerOurs(destinations, { request, answer, verdict, expectsContinue });
      else refuse(request, answer, NOTHING_HERE);
    },
    refused: (refusal) => void (accessLog && logRefusal(accessLog, refusal)),
    upgrades(request) {
      return gate(request.url ?? "/").kind === "core" && destinations.upgrades(request);
    },
    upgrade(request, socket, head) {
      const verdict = gate(request.url ?? "/");
      if (verdict.kind !== "core") {
        // `upgrades` has said no to it already.
        socket.destroy();
        return;
      }
      if (accessLog !== undefined) logUpgrade(accessLog, request, socket);
      destinations.coreUpgrade({
        request,
        socket,
        head,
        target: verdict.target,
        authority: verdict.authority,
      });
    },
  };
}

function http2Handlers(parts: DispatchParts, gate: Gate): ListenerHandlers["http2"] {
  const { destinations, accessLog, trustedPeers } = parts;
  return {
    gate,
    nothingHere: NOTHING_HERE,
    over: logsCarried(parts),
    carry(to, request, client, connection) {
      if (to === "core") return destinations.carry(request, client);
      return destinations.carryOurs(request, client, connection.certificateName());
    },
    connect(stream, request, protocol) {
      if (accessLog !== undefined)
        logConnect(accessLog, request, { client: clientOf(request, trustedPeers), protocol, stream });
      destinations.coreConnect(stream, request);
    },
  };
}

/** A request for what is ours, as the gate let it through. */
interface OursCall {
  readonly request: ServerRequest;
  readonly answer: ServerAnswer;
  readonly verdict: { readonly target: string; readonly authority: string | undefined };
  readonly expectsContinue: boolean;
}

function answerOurs({ ours }: Destinations, { request, answer, verdict, expectsContinue }: OursCall): void {
  requestInfo(request).route = "sidecar";
  request.url = verdict.target;
  if (verdict.authority !== undefined) request.headers.host = verdict.authority;
  if (expectsContinue) answer.writeContinue();
  ours(request, answer);
}

function refuse(request: ServerRequest, answer: ServerAnswer, error: AppError): void {
  requestInfo(request).route = "refused";
  sendProblem(request, answer, error, { pageForBrowsers: false });
}
