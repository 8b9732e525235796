import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { AppError } from "../../base/errors.ts";
import type { ConnectStream, CoreRequest } from "../../web/exchange.ts";
import { coreFailure } from "../failure.ts";
import { type HeadOptions, requestFields } from "../request-head.ts";
import { coreRequestOf } from "../server-client.ts";
import type { TrafficRecorder } from "../traffic/recorder.ts";
import type { ClientEnd } from "./client-end.ts";
import { CoreHandshake, type HandshakeSettings, KEEP_ALIVE_MS } from "./core-handshake.ts";
import { createWebSocketProxy, type WebSocketUpgrade } from "./http-proxy-upgrade.ts";
import { Http1End } from "./http1-end.ts";
import { Http2End } from "./http2-end.ts";
import { OpenUpgrades } from "./open-upgrades.ts";
import {
  checkSwitched,
  checkWebSocket,
  isWebSocketUpgrade,
  newWebSocketKey,
  switchingHead,
  upgradeOf,
  withoutTransfer,
} from "./switching.ts";
import { Tunnel } from "./tunnel.ts";
import { UpgradeTally } from "./upgrade-tally.ts";

/** Upgrades to the core: WebSockets over HTTP/1.1 and HTTP/2, and other protocols over HTTP/1.1. */

/** One upgrade over HTTP/1.1 that the gate has given to the core. */
export interface UpgradeCall {
  readonly request: IncomingMessage;
  /** What came behind the request. */
  readonly head: Buffer;
  readonly target: string;
  readonly authority: string | undefined;
}

/** What the upgrader is made from. */
export interface UpgraderParts extends HandshakeSettings {
  readonly headOptions: HeadOptions;
  readonly maxUpgrades: number;
  /** Why the core is not to be asked now. */
  readonly refusal: () => AppError | undefined;
  readonly traffic: TrafficRecorder | undefined;
}

/** Who is joined to the core, and what is counted of it. */
interface Joining {
  readonly client: ClientEnd;
  readonly tally: UpgradeTally;
}

/** An upgrade over HTTP/1.1 that has begun. */
interface Begun extends Joining {
  readonly client: Http1End;
  readonly asked: CoreRequest;
}

/** Carries upgrades; it owns the connections that it has joined, until they close. */
export class Upgrader implements Disposable {
  readonly #parts: UpgraderParts;
  readonly #open = new OpenUpgrades();
  readonly #carryWebSocket: (upgrade: WebSocketUpgrade) => void;

  constructor(parts: UpgraderParts) {
    this.#parts = parts;
    this.#carryWebSocket = createWebSocketProxy(parts);
  }

  /** How many upgrades are under way. */
  get open(): number {
    return this.#open.size;
  }

  /** Carries an upgrade over HTTP/1.1 that `isCarriedUpgrade` has passed. */
  upgrade(call: UpgradeCall): void {
    const { request, target, authority } = call;
    const client = new Http1End(request);
    const asked = coreRequestOf(request, target, authority);
    this.#begin(client, asked, (tally) => {
      const begun = { client, asked, tally };
      if (isWebSocketUpgrade(request)) this.#webSocket(call, begun);
      else this.#otherProtocol(call, begun);
    });
  }

  /** Carries an extended CONNECT for a WebSocket (RFC 8441 section 5). */
  connect(stream: ConnectStream, request: CoreRequest): void {
    const client = new Http2End(stream, request.info);
    this.#begin(client, request, (tally) => {
      const { key, accept } = newWebSocketKey();
      const asked = { protocols: "websocket", lines: `Sec-WebSocket-Key: ${key}\r\n` };
      new CoreHandshake(this.#parts, {
        ...{ client, info: request.info, isToHead: false },
        head: switchingHead(upgradeOf(request), asked, this.#parts.headOptions),
        check: (head) => checkWebSocket(head, accept),
        switched: (core) => this.#join({ client, tally }, core, true),
      });
    });
  }

  /** Ends all that are open decently, spread over `graceMs`. */
  drain(graceMs: number): void {
    this.#open.drain(graceMs);
  }

  [Symbol.dispose](): void {
    this.#open[Symbol.dispose]();
  }

  /** Counts an upgrade, and answers what is wrong with it from the beginning. */
  #begin(client: ClientEnd, asked: CoreRequest, carry: (tally: UpgradeTally) => void): void {
    const { maxUpgrades, refusal, coreUrl, traffic } = this.#parts;
    const { stream } = client;
    // A connection that breaks is the client's affair: "close" follows.
    stream.on("error", () => stream.destroy());
    try {
      const tally = new UpgradeTally(asked, stream, traffic);
      const error = this.open < maxUpgrades ? refusal() : tooMany(maxUpgrades);
      this.#open.add(stream);
      if (error !== undefined) throw error;
      carry(tally);
    } catch (error) {
      client.fail(coreFailure(error, coreUrl));
    }
  }

  #webSocket({ request, head, target }: UpgradeCall, { client, asked, tally }: Begun): void {
    const fields = requestFields(withoutTransfer(asked), this.#parts.headOptions);
    this.#carryWebSocket({
      ...{ request, client, target, behind: head },
      fields: [...fields, "Connection", "Upgrade", "Upgrade", request.headers.upgrade ?? "websocket"],
      joined: (tunnel, core) => {
        tally.joined(core);
        this.#open.joined(client.stream, tunnel);
      },
    });
  }

  #otherProtocol({ request, head }: UpgradeCall, { client, asked, tally }: Begun): void {
    const protocols = request.headers.upgrade ?? "";
    if (head.length > 0) client.stream.unshift(head);
    client.stream.setKeepAlive(true, KEEP_ALIVE_MS);
    new CoreHandshake(this.#parts, {
      ...{ client, info: asked.info, isToHead: asked.method === "HEAD" },
      head: switchingHead(asked, { protocols }, this.#parts.headOptions),
      check: (answer) => checkSwitched(answer, protocols),
      switched: (core) => this.#join({ client, tally }, core, false),
    });
  }

  #join({ client, tally }: Joining, core: Socket, isWebSocket: boolean): void {
    const { timeoutsMs } = this.#parts;
    tally.joined(core);
    this.#open.joined(client.stream, new Tunnel({ client, core, isWebSocket, timeoutsMs }));
    core.pipe(client.stream);
    client.stream.pipe(core);
  }
}

function tooMany(maxUpgrades: number): AppError {
  return new AppError("core-busy", `${maxUpgrades} WebSockets and other upgraded connections are open.`, {
    remedy: "SIDECAR_CORE_MAX_UPGRADES",
  });
}
