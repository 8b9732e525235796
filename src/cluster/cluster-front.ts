import cluster from "node:cluster";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { RecentLatency } from "../base/recent-latency.ts";
import type { Front, FrontParts, FrontSettings } from "../front.ts";
import type { HandshakeMaterial } from "../listener/tls-options.ts";
import { Crew } from "./crew.ts";
import type { Assignment, SentMaterial } from "./messages.ts";
import type { RelayAddress } from "./relay-call.ts";
import { openRelay } from "./relay-server.ts";
import { shareOf } from "./shares.ts";
import { WorkerProcess } from "./worker-process.ts";

/** The front in several processes, which share the port by node:cluster. What is ours they relay to this one. */

/** The settings, with the number of processes. */
type ClusterSettings = FrontSettings & { readonly cluster: number };

/** In the form in which this file itself runs: as TypeScript, or compiled. */
const WORKER = fileURLToPath(new URL(`worker-main${extname(import.meta.url)}`, import.meta.url));

/** Starts `settings.cluster` workers. @throws {StartError} when one of them can't start. */
export async function startClusterFront(settings: ClusterSettings, parts: FrontParts): Promise<Front> {
  const { certificates, ours, log, closing } = parts;
  await using stack = new AsyncDisposableStack();
  // This process takes the connections and gives each to the next worker. Where the workers take them by themselves,
  // the quicker one gets them all, and they stay with it.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({ exec: WORKER, args: [], stdio: ["ignore", "pipe", "inherit", "ipc"] });
  const relay = stack.use(await openRelay({ ours, log, headerBytes: settings.limits.headerBytes }));
  const latency = new RecentLatency();
  let { port } = settings.https;
  let boundPort = port;
  const crew: Crew = stack.use(
    new Crew({
      ...{ count: settings.cluster, log },
      start(place) {
        // node:cluster keeps a port of the system's choice for those who ask for any, until the last of them is gone.
        if (crew.isEmpty) port = boundPort;
        const own = { ...settings, https: { ...settings.https, port } };
        return new WorkerProcess(assignmentOf(shareOf(own, place), relay.address, parts), latency);
      },
    }),
  );
  boundPort = await crew.begin();

  certificates.onChange(() => crew.tell({ kind: "material", material: sentMaterial(certificates) }));
  closing.addEventListener("abort", () => crew.tell({ kind: "closing" }), { once: true });
  const onLevel = (level: string) => crew.tell({ kind: "log-level", level });
  log.on("level-change", onLevel);
  stack.defer(() => void log.off("level-change", onLevel));
  const owned = stack.move();
  return {
    port: boundPort,
    async countInFlight() {
      return (await crew.reports()).reduce((sum, { inFlight }) => sum + inFlight, 0);
    },
    traffic: settings.traffic.enabled
      ? { totals: () => crew.totals(), recent: (wish) => crew.recent(wish), latency }
      : undefined,
    async eventLoopDelays() {
      return (await crew.reports()).map(({ eventLoopDelay }) => eventLoopDelay);
    },
    drain: () => crew.drain(settings.shutdown.graceMs),
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
