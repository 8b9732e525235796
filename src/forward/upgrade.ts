import type { ClientRequest, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import HttpProxy from "http-proxy";
import type { AppError } from "../base/errors.ts";
import { PROBLEM_TYPE, problemOf } from "../web/problem.ts";
import { requestInfo } from "../web/request-info.ts";
import type { TrustedPeers } from "../web/trusted-peers.ts";
import { Fields, type RawHeaders } from "../web/wire/fields.ts";
import type { CoreAddress } from "./core/address.ts";
import { coreFailure } from "./failure.ts";
import { connectionTokens, staysBehind, toHeaderObject, toPairs } from "./headers.ts";
import { createPhaseTimer } from "./phase-timer.ts";
import type { TimeoutsMs } from "./phases.ts";
import { requestFields } from "./request-head.ts";
import { coreRequestOf } from "./server-client.ts";

/** WebSocket upgrades over HTTP/1.1, carried by http-proxy with its known faults mended from outside. */

/** One upgrade that the gate has given to the core. */
export interface UpgradeCall {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly target: string;
  readonly authority: string | undefined;
}

/** An upgrade under way to the core. */
interface Joined {
  readonly call: UpgradeCall;
  readonly headers: RawHeaders;
  /** What http-proxy made of it. */
  sent?: ClientRequest;
}

/** Carries upgrades; it owns the sockets it joined until they close. */
export interface Upgrader extends Disposable {
  upgrade(call: UpgradeCall): void;
  /** How many upgraded connections are open. */
  readonly open: number;
}

/** Tells whether a request is an upgrade that {@link Upgrader} carries: GET, WebSocket (RFC 6455 section 4.1), no body. */
export function isWebSocketUpgrade(request: IncomingMessage): boolean {
  const { headers, method } = request;
  return (
    method === "GET" &&
    headers.upgrade?.toLowerCase() === "websocket" &&
    headers["transfer-encoding"] === undefined &&
    (headers["content-length"] ?? "0") === "0"
  );
}

/** How the core is reached, and what it is called when it is not. */
export interface UpgraderParts {
  readonly address: CoreAddress;
  readonly coreUrl: string;
  readonly timeoutsMs: TimeoutsMs;
  readonly trustedPeers: TrustedPeers;
}

/** Makes the upgrader. */
export function createUpgrader(parts: UpgraderParts): Upgrader {
  const { address: core, coreUrl, timeoutsMs, trustedPeers } = parts;
  const joined = new WeakMap<IncomingMessage, Joined>();
  const sockets = new Set<Duplex>();
  const proxy = HttpProxy.createProxyServer({
    target: { protocol: "http:", host: core.hostname, hostname: core.hostname, port: String(core.port) },
    // Together these keep http-proxy from parsing, joining and so changing the path; the raw one is set below.
    ignorePath: true,
    toProxy: true,
  });
  proxy.on("proxyReqWs", (sent, request) => {
    const upgrade = joined.get(request);
    if (upgrade === undefined) return;
    upgrade.sent = sent;
    prepare(sent, upgrade, timeoutsMs);
  });
  proxy.on("error", (error, request, answer) => {
    const upgrade = joined.get(request);
    if (upgrade !== undefined && "writable" in answer) refuse(upgrade.call, coreFailure(error, coreUrl));
  });

  return {
    get open() {
      return sockets.size;
    },
    upgrade(call) {
      const { request, socket, head } = call;
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      // http-proxy listens for errors only after the core has answered: a reset before that would end the process.
      socket.on("error", () => socket.destroy());
      try {
        const upgrade: Joined = {
          call,
          headers: requestFields(coreRequestOf(request, call.target, call.authority), {
            ...{ fallbackHost: core.hostname, trustedPeers },
          }),
        };
        joined.set(request, upgrade);
        // It copies this header into the constructor of its request, which would then render the head too early.
        delete request.headers.expect;
        withoutDeprecations(() => proxy.ws(request, socket, head));
        takeRefusalsOver(upgrade);
      } catch (error) {
        refuse(call, coreFailure(error, coreUrl));
        socket.end();
      }
    },
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Sets the exact head, and watches both ends. */
function prepare(sent: ClientRequest, { call, headers }: Joined, timeoutsMs: TimeoutsMs): void {
  const { request, socket, target } = call;
  for (const name of sent.getHeaderNames()) sent.removeHeader(name);
  const fields = [...headers, "Connection", "Upgrade", "Upgrade", request.headers.upgrade ?? "websocket"];
  for (const [name, values] of Object.entries(groupByName(fields))) sent.setHeader(name, values);
  sent.path = target;

  const timer = createPhaseTimer(timeoutsMs, (error) => sent.destroy(error));
  timer.begin("connect");
  sent.once("socket", (connection) => connection.once("connect", () => timer.begin("response")));
  sent.once("close", () => timer.stop());
  socket.once("close", () => sent.destroy());
  sent.once("upgrade", (_response, coreSocket) => {
    timer.stop();
    const info = requestInfo(request);
    info.coreMs = performance.now() - info.startedAtMs;
    // A pipe passes an orderly end on, but not a connection that is destroyed.
    socket.once("close", () => coreSocket.destroy());
    coreSocket.once("close", () => socket.end());
  });
}

/** http-proxy's own listener would send a chunked refusal with its chunks taken away and its header left. */
function takeRefusalsOver({ call: { request, socket }, sent }: Joined): void {
  sent?.removeAllListeners("response");
  sent?.once("response", (response) => {
    const info = requestInfo(request);
    info.coreMs = performance.now() - info.startedAtMs;
    passRefusal(response, socket);
  });
}

/** Passes on the core's answer to an upgrade it does not want: framed anew, since Node has taken the chunks away. */
function passRefusal(response: IncomingMessage, socket: Duplex): void {
  const tokens = connectionTokens(Fields.of(response.rawHeaders));
  const fields = toPairs(response.rawHeaders)
    .filter(([name]) => !staysBehind(name.toLowerCase(), tokens) && name.toLowerCase() !== "trailer")
    .map(([name, value]) => `${name}: ${value}`);
  const head = [
    `HTTP/1.1 ${response.statusCode} ${response.statusMessage}`,
    ...fields,
    "Connection: close",
    "",
    "",
  ];
  socket.write(Buffer.from(head.join("\r\n"), "latin1"));
  response.on("error", () => undefined);
  response.on("close", () => {
    if (!response.complete) socket.destroy();
  });
  response.pipe(socket);
}

/** Answers in the core's place; http-proxy ends the socket afterwards. */
function refuse({ request, socket }: UpgradeCall, error: AppError): void {
  if (!socket.writable || socket.errored) return;
  const info = requestInfo(request);
  if (info.failure !== undefined || info.coreMs !== undefined) return;
  info.failure = error.code;
  const body = Buffer.from(`${JSON.stringify(problemOf(error, { id: info.id }))}\n`);
  const head = [
    `HTTP/1.1 ${error.status} ${error.title}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${body.length}`,
    `X-Request-Id: ${info.id}`,
    `Sidecar-Error: ${error.code}`,
    ...(error.status === 503 ? ["Retry-After: 2"] : []),
    "Connection: close",
    "",
    "",
  ];
  socket.write(Buffer.concat([Buffer.from(head.join("\r\n")), body]));
}

/** Header names as first written, each with all its values: what `setHeader` takes. */
function groupByName(raw: readonly string[]): Record<string, string | string[]> {
  const values = toHeaderObject(raw);
  const grouped: Record<string, string | string[]> = Object.create(null);
  for (const [name] of toPairs(raw)) {
    const own = values[name.toLowerCase()];
    if (own !== undefined) grouped[name] = own;
    delete values[name.toLowerCase()];
  }
  return grouped;
}

/** http-proxy 1.18.1 calls util._extend (DEP0060) while it sets a request up, which nobody who runs this can mend. */
function withoutDeprecations(run: () => void): void {
  const before = process.noDeprecation;
  process.noDeprecation = true;
  try {
    run();
  } finally {
    process.noDeprecation = before ?? false;
  }
}
