import type { IncomingMessage, ServerResponse } from "node:http";
import type { AppError } from "../base/errors.ts";
import type { Settings } from "../settings/schema.ts";
import { bodyTooLarge } from "../web/body-watch.ts";
import type { ClientSide, CoreRequest, CoreSide } from "../web/exchange.ts";
import type { Logger } from "../web/log.ts";
import type { TrustedPeers } from "../web/trusted-peers.ts";
import { addressOf } from "./core/address.ts";
import { CorePool } from "./core/pool.ts";
import { Exchange } from "./exchange.ts";
import { answerFailure, coreFailure } from "./failure.ts";
import { requestHead } from "./request-head.ts";
import { coreRequestOf, ServerClient } from "./server-client.ts";
import { TrafficRecorder } from "./traffic/recorder.ts";
import { Tally } from "./traffic/tally.ts";
import { Upgrader } from "./upgrade/upgrader.ts";

/** Carries requests to the core and its answers back. It knows nothing of Koa or of what the sidecar adds. */
export interface Forwarder extends Disposable {
  /**
   * Forwards one HTTP/1.1 request that Node has read, and answers it in any case. `target` goes out as it is; `authority` is
   * that of an absolute-form target.
   */
  forward(
    request: IncomingMessage,
    answer: ServerResponse,
    target: string,
    authority: string | undefined,
  ): void;
  /**
   * Forwards one request of any client side.
   * @throws {AppError} `bad-request` where it can't be forwarded.
   */
  carry(request: CoreRequest, client: ClientSide): CoreSide;
  upgrade: Upgrader["upgrade"];
  connect: Upgrader["connect"];
  /** Ends upgraded connections decently, one after the other within `graceMs`; who stays is cut two seconds later. */
  drainUpgrades(graceMs: number): void;
  /** Requests and upgraded connections under way. */
  readonly inFlight: number;
  /** What was counted of it; undefined where the settings switch that off. */
  readonly traffic: TrafficRecorder | undefined;
}

/** What a forwarder is made from. */
export interface ForwarderParts {
  readonly settings: Pick<Settings, "core" | "limits" | "traffic">;
  readonly trustedPeers: TrustedPeers;
  /** Whether clients should go elsewhere next time. */
  readonly isClosing: () => boolean;
  readonly log?: Logger;
}

/** Makes the forwarder for the core of the settings. */
export function createForwarder(parts: ForwarderParts): Forwarder {
  const { settings, trustedPeers, isClosing, log } = parts;
  const { core, limits } = settings;
  const { enabled, recent } = settings.traffic;
  const traffic = enabled ? new TrafficRecorder({ recent, trustedPeers }) : undefined;
  const address = addressOf(core);
  const fallbackHost = `${address.hostname}:${address.port}`;
  const timeoutsMs = {
    connect: core.connectTimeoutMs,
    body: limits.bodyIdleMs,
    response: core.responseTimeoutMs,
    idle: core.idleTimeoutMs,
    client: limits.answerIdleMs,
  };
  const pool = new CorePool(core, log);
  const upgrader = new Upgrader({
    ...{ address, coreUrl: core.url, timeoutsMs, maxUpgrades: core.maxUpgrades },
    ...{ headOptions: { fallbackHost, trustedPeers }, traffic },
    refusal: () => pool.refusal,
  });
  let inFlight = 0;

  const onOver = (tally: Tally) => {
    inFlight -= 1;
    traffic?.over(tally);
  };
  const clientOf = (request: CoreRequest) => trustedPeers.clientOf(request.peer, request.fields.raw());
  const exchanges = { coreUrl: core.url, timeoutsMs, pool, bodyLimits: limits, clientOf, traffic };

  const carry = (request: CoreRequest, client: ClientSide) => {
    try {
      const head = requestHead(request, { fallbackHost, trustedPeers });
      checkLength(request, limits.maxBodyBytes);
      inFlight += 1;
      return new Exchange(exchanges, { request, head, client, onOver });
    } catch (error) {
      traffic?.over(failedTally(request, coreFailure(error, core.url)));
      throw error;
    }
  };

  return {
    get inFlight() {
      return inFlight + upgrader.open;
    },
    traffic,
    upgrade: (call) => upgrader.upgrade(call),
    connect: (stream, request) => upgrader.connect(stream, request),
    drainUpgrades: (graceMs) => upgrader.drain(graceMs),
    carry,
    forward(request, answer, target, authority) {
      // A broken pipe to a client that has gone is the client's affair: "close" ends the exchange.
      answer.on("error", () => undefined);
      request.on("error", () => undefined);
      try {
        const client = new ServerClient(request, answer, { isClosing, maxTrailers: limits.headerCount });
        client.join(carry(coreRequestOf(request, target, authority), client));
      } catch (error) {
        answerFailure(request, answer, coreFailure(error, core.url));
      }
    },
    [Symbol.dispose]() {
      pool[Symbol.dispose]();
      upgrader[Symbol.dispose]();
    },
  };
}

/** What is noted of a request that can't be forwarded. */
function failedTally(request: CoreRequest, { code, status }: AppError): Tally {
  const tally = new Tally(request);
  tally.fail(code, status);
  return tally;
}

/** @throws {AppError} `body-too-large` where the head announces more than is allowed. */
function checkLength({ framing, fields }: CoreRequest, maxBodyBytes: number | undefined): void {
  if (maxBodyBytes === undefined || framing !== "length") return;
  if (Number(fields.first("content-length")) > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
}
