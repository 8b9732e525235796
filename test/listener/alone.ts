import { mkdtemp, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInnerServer } from "../../src/forward/inner/inner-server.ts";
import { openCertificates } from "../../src/listener/certificates.ts";
import { createDispatch } from "../../src/listener/dispatch.ts";
import { type Listener, startListener } from "../../src/listener/listener.ts";
import { loadSettings } from "../../src/settings/load.ts";
import type { ServerAnswer, ServerRequest } from "../../src/web/http-types.ts";
import { createLog } from "../../src/web/log.ts";
import { createTrustedPeers } from "../../src/web/trusted-peers.ts";
import { poll } from "../support/poll.ts";

/** The listener and the gate, with a function of the test in the forwarder's place; Node's own parser reads it all. */
export interface Alone extends AsyncDisposable {
  readonly port: number;
  readonly ca: string;
  readonly listener: Listener;
  /** The log lines so far, parsed. */
  readonly log: readonly Record<string, unknown>[];
  /** Waits for the lines of the access log. */
  lines(count: number): Promise<Record<string, unknown>[]>;
}

/** Answers a request that the gate gave to the core. */
export type Core = (request: ServerRequest, answer: ServerAnswer) => void;

/** Answers with the request's target, when its body has been read. */
export const echoTarget: Core = (request, answer) => {
  request.on("error", () => undefined);
  request.resume();
  request.on("end", () => (answer as ServerResponse).end(`target ${request.url}`));
};

/** Starts it with these limits on a free port. */
export async function startAlone(
  limits: Record<string, unknown> = {},
  core: Core = echoTarget,
): Promise<Alone> {
  const dir = await mkdtemp(join(tmpdir(), "tickbird-alone-"));
  const stop = new AbortController();
  const { settings } = loadSettings({
    flags: { core: "http://127.0.0.1:1", "https-port": "0" },
    file: { path: "test", text: JSON.stringify({ limits }) },
  });
  const seen: Record<string, unknown>[] = [];
  const log = createLog(
    { level: "debug", access: true },
    { write: (line) => void seen.push(JSON.parse(line)) },
  );
  const certificates = await openCertificates({ https: settings.https, dir, log, signal: stop.signal });
  const inner = createInnerServer(core);
  const handlers = createDispatch({
    ...{
      prefix: settings.prefix,
      trustedPeers: createTrustedPeers([]),
      accessLog: log,
      isClosing: () => false,
    },
    destinations: {
      ours: core,
      carryOurs: inner.carry,
      core,
      carry: (request, client) => inner.carry(request, client, undefined),
      coreUpgrade: ({ socket }) => void socket.destroy(),
      coreConnect: (stream) => void stream.finish(),
      upgrades: (request: IncomingMessage) => request.headers.upgrade === "websocket",
    },
  });
  const lean = handlers.lean && { ...handlers.lean, route: () => undefined };
  const listener = await startListener(
    settings,
    { certificates, clientCa: undefined },
    { ...handlers, lean },
    log,
  );
  const requests = () => seen.filter(({ msg }) => msg === "request");
  return {
    port: listener.port,
    ca: certificates.caPem() ?? "",
    listener,
    log: seen,
    lines: (count) =>
      poll(`${count} lines of the access log`, () => requests().length >= count && requests()),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await listener[Symbol.asyncDispose]();
      inner[Symbol.dispose]();
      await certificates[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
