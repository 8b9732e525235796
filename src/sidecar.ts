import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { createApp, createFeatures } from "./app.ts";
import type { Feature } from "./features/feature.ts";
import { createForwarder, type Forwarder } from "./forward/forwarder.ts";
import { isCarriedUpgrade } from "./forward/upgrade/switching.ts";
import { createCoreProcessFinder } from "./linux/core-process.ts";
import { type CertificateStore, openCertificates } from "./listener/certificates.ts";
import { createDispatch } from "./listener/dispatch.ts";
import { type ListenerHandlers, startListener } from "./listener/listener.ts";
import { startRedirect } from "./listener/redirect.ts";
import type { Settings } from "./settings/schema.ts";
import { readClientCa } from "./web/client-certificate.ts";
import type { TokenCheck } from "./web/credentials.ts";
import type { Logger } from "./web/log.ts";
import { createSessions, type Sessions } from "./web/sessions.ts";
import { openTokens, type Tokens } from "./web/tokens.ts";
import { createTrustedPeers, type TrustedPeers } from "./web/trusted-peers.ts";

/** A running sidecar. */
export interface Sidecar extends AsyncDisposable {
  readonly httpsPort: number;
  /** Null where plain HTTP is switched off. */
  readonly httpPort: number | null;
  /** Requests and upgraded connections that are with the core. */
  readonly inFlight: number;
  /** The token that was made because the settings name none. */
  readonly generatedToken: Tokens["generated"];
  /** Looks at the certificate and token files again, and takes over what `settings` may change live. */
  reload(settings: Settings): Promise<void>;
  /** Stops in order: not ready, then no new connections, what is under way finishes, the rest is cut. True when none was. */
  stop(): Promise<boolean>;
}

/**
 * Starts the sidecar: wires the parts in order and disposes of them in reverse.
 * @throws {StartError} when it can't start, with the remedy.
 */
export async function startSidecar(settings: Settings, log: Logger): Promise<Sidecar> {
  await using stack = new AsyncDisposableStack();
  const background = stack.adopt(new AbortController(), (controller) => controller.abort());
  const state = { closing: false };

  const certificates = stack.use(
    await openCertificates({
      https: settings.https,
      dir: settings.certs.dir,
      log,
      signal: background.signal,
    }),
  );
  const tokens = await openTokens(settings);
  const sessions = createSessions();
  const clientCa = await readClientCa(settings.auth.clientCaFile);

  const trustedPeers = createTrustedPeers(settings.https.trustedPeers);
  const forwarder = stack.use(
    createForwarder({ settings, trustedPeers, log, isClosing: () => state.closing }),
  );
  const features = createFeatures({
    ...{ settings, log, certificates, sessions },
    coreProcess: createCoreProcessFinder(settings.core),
    isDraining: () => state.closing,
  });
  await startFeatures(features, stack, background);

  const requests = createRequests({
    ...{ settings, log, certificates, forwarder, trustedPeers, features, sessions, state },
    checkToken: tokens.check,
  });
  const listener = stack.use(await startListener(settings, { certificates, clientCa }, requests, log));
  const redirect = settings.http.enabled
    ? stack.use(await startRedirect(settings, () => settings.https.publicPort ?? listener.port))
    : null;

  const owned = stack.move();
  return {
    httpsPort: listener.port,
    httpPort: redirect?.port ?? null,
    get inFlight() {
      return forwarder.inFlight;
    },
    generatedToken: tokens.generated,
    async reload(next) {
      if (state.closing) return;
      log.level = next.log.level;
      await tokens.reload(next);
      await certificates.reload();
    },
    async stop() {
      state.closing = true;
      await delay(settings.shutdown.delayMs);
      // What runs for a client, such as a trace, ends now and says so: it would only hold the drain up.
      background.abort();
      forwarder.drainUpgrades(settings.shutdown.websocketGraceMs);
      const finished = await listener.drain(settings.shutdown.graceMs);
      await owned.disposeAsync();
      return finished;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Starts the features; each is disposed of after its background work has been told to end. */
async function startFeatures(
  features: readonly Feature[],
  stack: AsyncDisposableStack,
  background: AbortController,
): Promise<void> {
  for (const feature of features) {
    stack.defer(async () => {
      background.abort();
      await feature[Symbol.asyncDispose]?.();
    });
    await feature.start?.(background.signal);
  }
}

interface RequestParts {
  readonly settings: Settings;
  readonly log: Logger;
  readonly certificates: CertificateStore;
  readonly forwarder: Forwarder;
  readonly trustedPeers: TrustedPeers;
  readonly features: readonly Feature[];
  readonly checkToken: TokenCheck;
  readonly sessions: Sessions;
  readonly state: { readonly closing: boolean };
}

/** Joins the gate to those who answer: the app for our own paths, the forwarder for all others. */
function createRequests(parts: RequestParts): ListenerHandlers {
  const { settings, log, certificates, forwarder, trustedPeers, features, checkToken, sessions, state } =
    parts;
  const isClosing = () => state.closing;
  const app = createApp({
    ...{ settings, log, features },
    authentication: { ...settings.auth, checkToken, sessions },
    hostNames: () => ["localhost", hostname(), ...settings.https.names, ...certificates.current().names],
    isClosing,
  });
  const destinations = {
    ours: app,
    core: forwarder.forward,
    carry: forwarder.carry,
    coreUpgrade: forwarder.upgrade,
    coreConnect: forwarder.connect,
    upgrades: isCarriedUpgrade,
  };
  const accessLog = settings.log.access ? log : undefined;
  return createDispatch({ prefix: settings.prefix, destinations, trustedPeers, accessLog, isClosing });
}
