import type { IncomingMessage } from "node:http";
import type { ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import { AppError } from "../base/errors.ts";
import { logAccess, logCarried, logConnect, logRefusal, logUpgrade } from "../web/access-log.ts";
import type { ClientSide, CoreRequest, CoreSide } from "../web/exchange.ts";
import { isHttp2Answer, type ServerAnswer, type ServerRequest } from "../web/http-types.ts";
import { http2Fields } from "../web/http2-fields.ts";
import type { Logger } from "../web/log.ts";
import { newRequestInfo, requestInfo } from "../web/request-info.ts";
import { sendProblem } from "../web/send-problem.ts";
import type { TrustedPeers } from "../web/trusted-peers.ts";
import { createGate, type Gate } from "./gate.ts";
import type { ListenerHandlers } from "./listener.ts";
import { carryStream, type StreamOwner, streamRequest } from "./stream-exchange.ts";

/** Between the listener and those who answer: asks the gate once, and hands the request over. */

/** Those who answer. */
export interface Destinations {
  ours(request: ServerRequest, answer: ServerAnswer): void;
  core(request: ServerRequest, answer: ServerAnswer, target: string, authority: string | undefined): void;
  /** The same for a request that our own parser has read. */
  carry(request: CoreRequest, client: ClientSide): CoreSide;
  coreUpgrade(call: {
    request: IncomingMessage;
    socket: Duplex;
    head: Buffer;
    target: string;
    authority: string | undefined;
  }): void;
  /** An extended CONNECT for a WebSocket (RFC 8441). */
  coreConnect(stream: ServerHttp2Stream, request: CoreRequest): void;
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

/** What is bound for the core past Node's request and answer objects. */
function createCarriers(
  { destinations: { carry, coreConnect }, trustedPeers, accessLog, isClosing }: DispatchParts,
  gate: Gate,
): Required<Pick<ListenerHandlers, "lean" | "direct">> {
  const over: StreamOwner["over"] = (request, { status, isComplete }) => {
    if (accessLog === undefined) return;
    logCarried(accessLog, request, { client: clientOf(request, trustedPeers), status, isComplete });
  };
  return {
    lean: {
      ...{ isClosing, carry, over },
      route({ method, target, lines, repeats }, peer) {
        if (gate(target).kind !== "core") return undefined;
        const { fields, lengthBytes, requestId } = lines;
        const framing = lengthBytes === undefined || lengthBytes === 0 ? "none" : "length";
        const info = newRequestInfo(requestId);
        return { method, target, authority: undefined, version: "1.1", fields, repeats, framing, peer, info };
      },
    },
    direct(stream, headers, rawHeaders) {
      const verdict = gate(headers[":path"] ?? "/");
      if (verdict.kind !== "core") return false;
      const head = { headers, rawHeaders, verdict };
      if (headers[":method"] !== "CONNECT") {
        carryStream(stream, head, { carry, over });
        return true;
      }
      const fields = http2Fields(rawHeaders);
      if (fields === undefined) return false;
      const request = streamRequest(stream, head, { fields, framing: "none" });
      if (accessLog !== undefined) {
        const client = clientOf(request, trustedPeers);
        logConnect(accessLog, request, { client, protocol: headers[":protocol"], stream });
      }
      coreConnect(stream, request);
      return true;
    },
  };
}

/** Makes the handlers of the listener. */
export function createDispatch(parts: DispatchParts): ListenerHandlers {
  const { prefix, destinations, accessLog } = parts;
  const gate = createGate(prefix);
  return {
    ...createCarriers(parts, gate),
    request(request, answer, expectsContinue) {
      if (accessLog !== undefined) logAccess(accessLog, request, answer);
      if (request.method === "CONNECT") {
        // `direct` did not want it, and the app must not say yes to it.
        refuse(request, answer, NOTHING_HERE);
        return;
      }
      const verdict = gate(request.url ?? "/");
      switch (verdict.kind) {
        case "core":
          destinations.core(request, answer, verdict.target, verdict.authority);
          return;
        case "ours":
          requestInfo(request).route = "sidecar";
          request.url = verdict.target;
          if (verdict.authority !== undefined) request.headers.host = verdict.authority;
          if (expectsContinue) sendContinue(answer);
          destinations.ours(request, answer);
          return;
        case "refused":
          refuse(request, answer, NOTHING_HERE);
      }
    },
    refuse(request, answer, error) {
      if (accessLog !== undefined) logAccess(accessLog, request, answer);
      refuse(request, answer, error);
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

function sendContinue(answer: ServerAnswer): void {
  if (isHttp2Answer(answer)) answer.writeContinue();
  else answer.writeContinue();
}

function refuse(request: ServerRequest, answer: ServerAnswer, error: AppError): void {
  requestInfo(request).route = "refused";
  sendProblem(request, answer, error, { pageForBrowsers: false });
}
