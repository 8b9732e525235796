import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type AppHandler, createApp } from "../../src/app.ts";
import type { Feature } from "../../src/features/feature.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { createTokenCheck, type TokenEntry } from "../../src/web/credentials.ts";
import { createLog, type Logger } from "../../src/web/log.ts";
import { createSessions, type Sessions } from "../../src/web/sessions.ts";

/** The tokens that tests use. */
export const OPERATOR_TOKEN = "test-operator-token";
export const VIEWER_TOKEN = "test-viewer-token-1";

/** A running Koa app with some features, without TLS and forwarder: for tests of what features answer. */
export interface ServedFeatures extends AsyncDisposable {
  /** `http://127.0.0.1:<port>/_sidecar` */
  readonly url: string;
  /** Like fetch, below the prefix, as an operator unless `headers` say otherwise. */
  get(path: string, init?: RequestInit): Promise<Response>;
  /** Tells the features to end what runs for clients, as the sidecar does when it stops. */
  stop(): void;
  /** The app itself, for tests that bring a server of their own. */
  readonly handler: AppHandler;
}

/** What a test may have otherwise. */
export interface ServeOptions {
  /** Off: everyone is an operator. */
  readonly authentication?: boolean;
  readonly tokens?: readonly TokenEntry[];
  readonly sessions?: Sessions;
  readonly hostNames?: readonly string[];
  /** The clock by which tokens expire. */
  readonly now?: () => number;
  /** Where the log goes; nowhere, else. */
  readonly log?: Logger;
  /** Settings, as the environment has them. */
  readonly env?: Readonly<Record<string, string>>;
}

const TOKENS: readonly TokenEntry[] = [
  { name: "operator", token: OPERATOR_TOKEN, role: "operator" },
  { name: "viewer", token: VIEWER_TOKEN, role: "viewer" },
];

/** Serves features through the real app on a free port of loopback. */
export async function serveFeatures(
  features: readonly Feature[],
  options: ServeOptions = {},
): Promise<ServedFeatures> {
  const { settings } = loadSettings({ flags: { core: "http://127.0.0.1:9" }, env: options.env ?? {} });
  const checkToken = createTokenCheck(options.tokens ?? TOKENS, options.now);
  const stop = new AbortController();
  const handler = createApp({
    settings,
    log: options.log ?? createLog({ level: "silent", access: false }),
    features,
    authentication: {
      enabled: options.authentication ?? true,
      clientOperators: [],
      checkToken,
      sessions: options.sessions ?? createSessions(),
    },
    hostNames: () => options.hostNames ?? ["localhost"],
    isClosing: () => false,
  });
  for (const feature of features) await feature.start?.(stop.signal);
  const server = createServer(handler);
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/_sidecar`;
  return {
    url,
    handler,
    stop: () => stop.abort(),
    get: (path, init = {}) =>
      fetch(url + path, {
        ...init,
        // In lower case, as Headers gives the others: else the test's own credential would be joined to this one.
        headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, ...headersOf(init) },
      }),
    async [Symbol.asyncDispose]() {
      stop.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      for (const feature of features.toReversed()) await feature[Symbol.asyncDispose]?.();
    },
  };
}

function headersOf(init: RequestInit): Record<string, string> {
  return Object.fromEntries(new Headers(init.headers ?? {}));
}
