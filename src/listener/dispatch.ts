import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { AppError } from "../base/errors.ts";
import { logAccess, logUpgrade } from "../web/access-log.ts";
import { isHttp2Answer, type ServerAnswer, type ServerRequest } from "../web/http-types.ts";
import type { Logger } from "../web/log.ts";
import { requestInfo } from "../web/request-info.ts";
import { sendProblem } from "../web/send-problem.ts";
import { createGate } from "./gate.ts";
import type { ListenerHandlers } from "./listener.ts";

/** Between the listener and those who answer: asks the gate once, and hands the request over. */

/** Those who answer. */
export interface Destinations {
  ours(request: ServerRequest, answer: ServerAnswer): void;
  core(request: ServerRequest, answer: ServerAnswer, target: string, authority: string | undefined): void;
  coreUpgrade(call: {
    request: IncomingMessage;
    socket: Duplex;
    head: Buffer;
    target: string;
    authority: string | undefined;
  }): void;
  /** Tells whether a request bound for the core is an upgrade that `coreUpgrade` can carry. */
  upgrades(request: IncomingMessage): boolean;
}

/** Makes the handlers of the listener. */
export function createDispatch(
  prefix: string,
  destinations: Destinations,
  accessLog: Logger | undefined,
): ListenerHandlers {
  const gate = createGate(prefix);
  return {
    request(request, answer, expectsContinue) {
      if (accessLog !== undefined) logAccess(accessLog, request, answer);
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
          refuse(request, answer);
      }
    },
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

/** The same answer as for a path that does not exist: what was tried is nobody's business. */
function refuse(request: ServerRequest, answer: ServerAnswer): void {
  requestInfo(request).route = "refused";
  const error = new AppError("not-found", "There is nothing at this path.");
  sendProblem(request, answer, error, { pageForBrowsers: false });
}
