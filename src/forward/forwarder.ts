import { Agent } from "node:http";
import { AppError } from "../base/errors.ts";
import type { Settings } from "../settings/schema.ts";
import type { ServerAnswer, ServerRequest } from "../web/http-types.ts";
import { requestInfo } from "../web/request-info.ts";
import { whenBodyKnown } from "./body-start.ts";
import { type CoreAddress, type Exchange, startExchange } from "./exchange.ts";
import { answerFailure, coreFailure } from "./failure.ts";
import { relayAnswer, relayInterim } from "./relay.ts";
import { outgoingHead } from "./request-headers.ts";
import { createUpgrader, type Upgrader } from "./upgrade.ts";

/** Carries requests to the core and its answers back. It knows nothing of Koa or of what the sidecar adds. */
export interface Forwarder extends Disposable {
  /**
   * Forwards one request, and answers it in any case. `target` goes out as it is; `authority` is that of an
   * absolute-form target.
   */
  forward(request: ServerRequest, answer: ServerAnswer, target: string, authority: string | undefined): void;
  upgrade: Upgrader["upgrade"];
  /** Requests and upgraded connections under way. */
  readonly inFlight: number;
}

/** Makes the forwarder for the core of the settings. `isClosing` tells when clients should go elsewhere next time. */
export function createForwarder(settings: Settings["core"], isClosing: () => boolean): Forwarder {
  const core = addressOf(settings);
  const agent = new Agent({
    keepAlive: true,
    maxSockets: settings.maxConnections,
    maxFreeSockets: settings.maxConnections,
  });
  const upgrader = createUpgrader(core, settings.url);
  const limit = settings.maxConnections + settings.maxQueue;
  let inFlight = 0;

  return {
    get inFlight() {
      return inFlight + upgrader.open;
    },
    upgrade: upgrader.upgrade,
    forward(request, answer, target, authority) {
      const fail = (error: unknown) => answerFailure(request, answer, coreFailure(error, settings.url));
      // A broken pipe to a client that has gone is the client's affair: "close" below ends the exchange.
      answer.on("error", () => undefined);
      request.on("error", () => undefined);
      if (inFlight >= limit) {
        fail(tooMany(limit));
        return;
      }
      inFlight += 1;
      const startedAtMs = performance.now();
      let exchange: Exchange | undefined;
      whenBodyKnown(request, () => {
        if (!answer.destroyed) exchange = tryStart();
      });
      answer.once("close", () => {
        inFlight -= 1;
        // Not `writableFinished`: over HTTP/2 that is true also of a stream that the client has reset.
        if (!answer.writableEnded) exchange?.abort();
      });

      function tryStart() {
        try {
          return startExchange({
            ...{ core, agent, request, target },
            head: outgoingHead(request, authority, `${core.hostname}:${core.port}`),
            onInterim: (status, raw) => relayInterim(request, answer, status, raw),
            onFailure: fail,
            onResponse(response, timer) {
              requestInfo(request).coreMs = performance.now() - startedAtMs;
              try {
                relayAnswer({ request, answer, response, timer, closing: isClosing() });
              } catch (error) {
                timer.stop();
                response.destroy();
                fail(error);
              }
            },
          });
        } catch (error) {
          fail(error);
          return undefined;
        }
      }
    },
    [Symbol.dispose]() {
      agent.destroy();
      upgrader[Symbol.dispose]();
    },
  };
}

function addressOf(settings: Settings["core"]): CoreAddress {
  const { hostname, port } = new URL(settings.url);
  return {
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? 80 : Number(port),
    timeoutsMs: {
      connect: settings.connectTimeoutMs,
      response: settings.responseTimeoutMs,
      idle: settings.idleTimeoutMs,
    },
  };
}

function tooMany(limit: number): AppError {
  return new AppError("core-busy", `More than ${limit} requests are under way to the app.`, {
    remedy: "SIDECAR_CORE_MAX_CONNECTIONS and SIDECAR_CORE_MAX_QUEUE",
  });
}
