import { RecentLatency } from "../base/recent-latency.ts";
import type { Front, FrontParts, FrontSettings } from "../front.ts";
import type { HandshakeMaterial } from "../listener/tls-options.ts";
import { Acceptor } from "./acceptor.ts";
import { Crew } from "./crew.ts";
import type { Assignment, SentMaterial } from "./messages.ts";
import type { RelayAddress } from "./relay-call.ts";
import { openRelay } from "./relay-server.ts";
import { shareOf } from "./shares.ts";
import { WorkerProcess } from "./worker-process.ts";

/** The front in several processes, which get the connections from this one. What is ours they relay to it. */

/** The settings, with the number of processes. */
type ClusterSettings = FrontSettings & { readonly cluster: number };

/** Starts `settings.cluster` workers. @throws {StartError} when one of them can't start. */
export async function startClusterFront(settings: ClusterSettings, parts: FrontParts): Promise<Front> {
  const { certificates, ours, log, closing } = parts;
  await using stack = new AsyncDisposableStack();
  const relay = stack.use(await openRelay({ ours, log, headerBytes: settings.limits.headerBytes }));
  const latency = new RecentLatency();
  // This process takes the connections and gives each to the next worker. Where the workers take them by themselves,
  // the quicker one gets them all, and they stay with it.
  const acceptor = stack.use(new Acceptor(settings.limits.maxConnections, log));
  const crew = stack.use(
    new Crew({
      ...{ count: settings.cluster, log },
      start: (place) =>
        new WorkerProcess(assignmentOf(shareOf(settings, place), relay.address, parts), {
          ...{ latency, acceptor },
        }),
    }),
  );
  // Before they begin: a worker knows only what was so when it was made, and nobody tells it later what it has missed.
  certificates.onChange(() => crew.tell({ kind: "material", material: sentMaterial(certificates) }));
  closing.addEventListener("abort", () => crew.tell({ kind: "closing" }), { once: true });
  const onLevel = (level: string) => crew.tell({ kind: "log-level", level });
  log.on("level-change", onLevel);
  stack.defer(() => void log.off("level-change", onLevel));
  await crew.begin();
  const port = await acceptor.open(settings.https);

  const owned = stack.move();
  return {
    port,
    async countInFlight() {
      return (await crew.reports()).reduce((sum, { inFlight }) => sum + inFlight, 0);
    },
    traffic: settings.traffic.enabled
      ? { totals: () => crew.totals(), recent: (wish) => crew.recent(wish), latency }
      : undefined,
    async eventLoopDelays() {
      return (await crew.reports()).map(({ eventLoopDelay }) => eventLoopDelay);
    },
    drain() {
      acceptor.close();
      return crew.drain(settings.shutdown.graceMs);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function assignmentOf(
  settings: FrontSettings,
  relay: RelayAddress,
  { certificates, clientCa, log, closing }: FrontParts,
): Assignment {
  return {
    ...{ settings, relay, logLevel: log.level, isClosing: closing.aborted },
    material: sentMaterial(certificates),
    ...(clientCa === undefined ? {} : { clientCa }),
  };
}

function sentMaterial(certificates: HandshakeMaterial): SentMaterial {
  const { certPem, keyPem } = certificates.current();
  return { certPem, keyPem, ticketKeysBase64: certificates.ticketKeys().toString("base64") };
}
