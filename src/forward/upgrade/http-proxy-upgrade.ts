import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import HttpProxy from "http-proxy";
import { requestInfo } from "../../web/request-info.ts";
import { Fields, type RawHeaders } from "../../web/wire/fields.ts";
import { readResponseHead, SWITCHING_PROTOCOLS } from "../core/response-head.ts";
import { coreFailure } from "../failure.ts";
import { toHeaderObject, toPairs } from "../headers.ts";
import { createPhaseTimer, type PhaseTimer } from "../phase-timer.ts";
import { type HandshakeSettings, KEEP_ALIVE_MS } from "./core-handshake.ts";
import type { Http1End } from "./http1-end.ts";
import { Tunnel } from "./tunnel.ts";

/** WebSocket upgrades over HTTP/1.1, carried by http-proxy with its known faults mended from outside. */

/** One of them. */
export interface WebSocketUpgrade {
  readonly request: IncomingMessage;
  /** What came behind the request. */
  readonly behind: Buffer;
  readonly client: Http1End;
  /** As they go to the core, with those that ask for the upgrade. */
  readonly fields: RawHeaders;
  readonly target: string;
  /** The core has switched, on this connection. */
  readonly joined: (tunnel: Tunnel, core: Socket) => void;
}

/** An upgrade that http-proxy has taken. */
interface Taken {
  readonly upgrade: WebSocketUpgrade;
  readonly timer: PhaseTimer;
  readonly sentAtMs: number;
  /** What it made of it. */
  sent?: ClientRequest;
}

/** Makes the function that carries one upgrade. */
export function createWebSocketProxy(settings: HandshakeSettings): (upgrade: WebSocketUpgrade) => void {
  const { address, coreUrl, timeoutsMs } = settings;
  const upgrades = new WeakMap<IncomingMessage, Taken>();
  const proxy = HttpProxy.createProxyServer({
    target: {
      protocol: "http:",
      host: address.hostname,
      hostname: address.hostname,
      port: `${address.port}`,
    },
    // Together these keep http-proxy from parsing, joining and so changing the path; the raw one is set below.
    ignorePath: true,
    toProxy: true,
  });
  proxy.on("proxyReqWs", (sent, request) => {
    const taken = upgrades.get(request);
    if (taken === undefined) return;
    taken.sent = sent;
    setHead(sent, taken.upgrade);
    watch(sent, taken, settings);
  });
  // http-proxy itself leaves it at the two hours of the system.
  proxy.on("open", (core) => core.setKeepAlive(true, KEEP_ALIVE_MS));
  proxy.on("error", (error, request) => {
    const taken = upgrades.get(request);
    // What breaks a tunnel is reported too.
    if (taken === undefined || requestInfo(request).status === SWITCHING_PROTOCOLS) return;
    taken.upgrade.client.fail(coreFailure(error, coreUrl));
  });
  return (upgrade) => {
    const { request, client, behind } = upgrade;
    const timer = createPhaseTimer(timeoutsMs, (error) => taken.sent?.destroy(error));
    const taken: Taken = { upgrade, timer, sentAtMs: performance.now() };
    upgrades.set(request, taken);
    // It copies this header into the constructor of its request, which would then render the head too early.
    delete request.headers.expect;
    withoutDeprecations(() => proxy.ws(request, client.stream, behind));
    client.stream.setKeepAlive(true, KEEP_ALIVE_MS);
    takeRefusalOver(taken, coreUrl);
  };
}

/** Sets the exact head. */
function setHead(sent: ClientRequest, { fields, target }: WebSocketUpgrade): void {
  for (const name of sent.getHeaderNames()) sent.removeHeader(name);
  for (const [name, values] of Object.entries(groupByName(fields))) sent.setHeader(name, values);
  sent.path = target;
}

/** Watches both ends. */
function watch(sent: ClientRequest, { upgrade, timer, sentAtMs }: Taken, settings: HandshakeSettings): void {
  const { request, client, joined } = upgrade;
  timer.begin("connect");
  sent.once("socket", (connection) => connection.once("connect", () => timer.begin("response")));
  sent.once("close", () => timer.stop());
  const giveUp = () => sent.destroy();
  client.stream.once("close", giveUp);
  sent.once("upgrade", (_response, core) => {
    timer.stop();
    client.stream.off("close", giveUp);
    const info = requestInfo(request);
    info.coreMs = performance.now() - sentAtMs;
    info.status = SWITCHING_PROTOCOLS;
    // Or what came behind the 101 would be seen by the tunnel before http-proxy has joined the two.
    core.pause();
    joined(new Tunnel({ client, core, isWebSocket: true, timeoutsMs: settings.timeoutsMs }), core);
  });
}

/** http-proxy's own listener would send a chunked refusal with its chunks taken away and its header left. */
function takeRefusalOver({ upgrade, timer, sentAtMs, sent }: Taken, coreUrl: string): void {
  const { request, client } = upgrade;
  sent?.removeAllListeners("response");
  sent?.once("response", (response) => {
    requestInfo(request).coreMs = performance.now() - sentAtMs;
    timer.begin("idle");
    response.on("error", () => undefined);
    response.on("close", () => {
      if (!response.complete) client.reset();
    });
    try {
      passRefusal(response, client, timer);
    } catch (error) {
      sent.destroy();
      client.fail(coreFailure(error, coreUrl));
    }
  });
}

/** Passes on the core's answer to an upgrade that it does not want: framed anew, since Node has taken the chunks away. */
function passRefusal(response: IncomingMessage, client: Http1End, timer: PhaseTimer): void {
  const { statusCode, statusMessage, rawHeaders } = response;
  const text = `HTTP/1.1 ${statusCode} ${statusMessage}\r\n${Fields.of(rawHeaders).text}\r\n`;
  const head = readResponseHead(Buffer.from(text, "latin1"), 0, { isToHead: false, maySwitch: false });
  if (head === undefined) throw new SyntaxError("the head is not whole");
  client.refused(head);
  response.on("data", (data: Buffer) => {
    const goesOn = client.write(data);
    timer.begin(goesOn ? "idle" : "client");
    if (!goesOn) response.pause();
  });
  client.stream.on("drain", () => {
    timer.begin("idle");
    response.resume();
  });
  response.on("end", () => {
    timer.stop();
    client.end(Fields.of(response.rawTrailers));
  });
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
