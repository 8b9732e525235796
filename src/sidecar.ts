import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { createApp, createFeatures } from "./app.ts";
import type { Feature } from "./features/feature.ts";
import type { Front, FrontParts } from "./front.ts";
import { createCoreProcessFinder } from "./linux/core-process.ts";
import { openCertificates } from "./listener/certificates.ts";
import { startRedirect } from "./listener/redirect.ts";
import type { Settings } from "./settings/schema.ts";
import { readClientCa } from "./web/client-certificate.ts";
import type { Logger } from "./web/log.ts";
import { createSessions } from "./web/sessions.ts";
import { openTokens, type Tokens } from "./web/tokens.ts";

/** A running sidecar. */
export interface Sidecar extends AsyncDisposable {
  readonly httpsPort: number;
  /** Null where plain HTTP is switched off. */
  readonly httpPort: number | null;
  /** Requests and upgraded connections that are with the core. */
  countInFlight(): Promise<number>;
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
  const closing = new AbortController();
  const isClosing = () => closing.signal.aborted;

  const { https, certs } = settings;
  const { signal } = background;
  const certificates = stack.use(await openCertificates({ https, dir: certs.dir, log, signal }));
  const tokens = await openTokens(settings);
  const sessions = createSessions();
  const clientCa = await readClientCa(settings.auth.clientCaFile);

  let started: Front | undefined;
  const begun = Promise.withResolvers<Front>();
  const features = createFeatures({
    ...{ settings, log, certificates, sessions },
    coreProcess: createCoreProcessFinder(settings.core),
    isDraining: isClosing,
    otherDelays: async () => (await started?.eventLoopDelays()) ?? [],
    traffic: async () => (await begun.promise).traffic,
  });
  await startFeatures(features, stack, background);

  const ours = createApp({
    ...{ settings, log, features, isClosing },
    authentication: { ...settings.auth, checkToken: tokens.check, sessions },
    hostNames: () => ["localhost", hostname(), ...https.names, ...certificates.current().names],
  });
  const front = stack.use(
    await startTraffic(settings, { certificates, clientCa, ours, log, closing: closing.signal }),
  );
  started = front;
  begun.resolve(front);
  const redirect = settings.http.enabled
    ? stack.use(await startRedirect(settings, () => https.publicPort ?? front.port))
    : null;

  const owned = stack.move();
  return {
    httpsPort: front.port,
    httpPort: redirect?.port ?? null,
    countInFlight: () => front.countInFlight(),
    generatedToken: tokens.generated,
    async reload(next) {
      if (isClosing()) return;
      log.level = next.log.level;
      await tokens.reload(next);
      await certificates.reload();
    },
    async stop() {
      closing.abort();
      await delay(settings.shutdown.delayMs);
      // What runs for a client, such as a trace, ends now and says so: it would only hold the drain up.
      background.abort();
      const finished = await front.drain();
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

/** What carries the traffic: this process, or several others. Either is loaded only where it is needed. */
async function startTraffic(settings: Settings, parts: FrontParts): Promise<Front> {
  if (settings.cluster > 1) {
    const { startClusterFront } = await import("./cluster/cluster-front.ts");
    return startClusterFront(settings, parts);
  }
  const { startFront } = await import("./front.ts");
  return startFront(settings, parts);
}
