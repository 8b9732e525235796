import type { Socket } from "node:net";
import type { EventLoopDelay } from "./base/event-loop-delay.ts";
import { createForwarder, type Forwarder } from "./forward/forwarder.ts";
import { createInnerServer } from "./forward/inner/inner-server.ts";
import { isCarriedUpgrade } from "./forward/upgrade/switching.ts";
import { createDispatch, type Destinations } from "./listener/dispatch.ts";
import { startListener } from "./listener/listener.ts";
import type { HandshakeMaterial } from "./listener/tls-options.ts";
import type { Settings } from "./settings/schema.ts";
import type { Logger } from "./web/log.ts";
import type { TrafficSource } from "./web/traffic/traffic.ts";
import { createTrustedPeers } from "./web/trusted-peers.ts";

/** The front: what takes the clients' connections, asks the gate, and carries what is the core's. */
export interface Front extends AsyncDisposable {
  /** The port that was really bound. */
  readonly port: number;
  /** Requests and upgraded connections that are with the core. */
  countInFlight(): Promise<number>;
  /** What it has forwarded; undefined where the settings switch that off. */
  readonly traffic: TrafficSource | undefined;
  /** How late the event loops of its processes are, where it has others than this one. */
  eventLoopDelays(): Promise<readonly EventLoopDelay[]>;
  /**
   * Takes no new connections, lets what is under way finish within the times of `shutdown`, then cuts the rest.
   * @returns whether everything finished by itself.
   */
  drain(): Promise<boolean>;
}

/** The front of one process. */
export interface ProcessFront extends Front {
  /** Takes a connection that somebody else has accepted. */
  take(socket: Socket): void;
}

/** The settings that the front knows. */
export type FrontSettings = Pick<
  Settings,
  "prefix" | "core" | "https" | "limits" | "log" | "shutdown" | "traffic"
>;

/** What a front is made from. */
export interface FrontParts {
  readonly certificates: HandshakeMaterial;
  /** Signs the client certificates that are asked for; undefined asks for none. */
  readonly clientCa: string | undefined;
  /** Answers what is under the prefix. */
  readonly ours: Destinations["ours"];
  readonly log: Logger;
  /** Aborted from when on clients should go elsewhere next time. */
  readonly closing: AbortSignal;
  /** False where all its connections come by {@link ProcessFront.take}. Unset: true. */
  readonly opensPort?: boolean;
}

/** Starts the front in this process. @throws {StartError} when the port can't be bound. */
export async function startFront(settings: FrontSettings, parts: FrontParts): Promise<ProcessFront> {
  const { certificates, clientCa, ours, log, closing, opensPort = true } = parts;
  await using stack = new AsyncDisposableStack();
  const isClosing = () => closing.aborted;
  const trustedPeers = createTrustedPeers(settings.https.trustedPeers);
  const forwarder = stack.use(createForwarder({ settings, trustedPeers, log, isClosing }));
  const inner = stack.use(createInnerServer(ours));
  const destinations = {
    ours,
    carryOurs: inner.carry,
    core: forwarder.forward,
    carry: forwarder.carry,
    coreUpgrade: forwarder.upgrade,
    coreConnect: forwarder.connect,
    upgrades: isCarriedUpgrade,
  };
  const accessLog = settings.log.access ? log : undefined;
  const { prefix, shutdown } = settings;
  const requests = createDispatch({ prefix, destinations, trustedPeers, accessLog, isClosing });
  const listener = stack.use(
    await startListener(settings, { certificates, clientCa, opensPort }, requests, log),
  );

  const owned = stack.move();
  return {
    port: listener.port,
    take: (socket) => listener.take(socket),
    countInFlight: async () => forwarder.inFlight,
    traffic: trafficOf(forwarder),
    eventLoopDelays: async () => [],
    drain() {
      forwarder.drainUpgrades(shutdown.websocketGraceMs);
      return listener.drain(shutdown.graceMs);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function trafficOf(forwarder: Forwarder): TrafficSource | undefined {
  const { traffic } = forwarder;
  if (traffic === undefined) return undefined;
  return {
    totals: async () => ({ counters: traffic.counters, inFlight: forwarder.inFlight }),
    recent: async (wish) => traffic.recent(wish),
    latency: traffic.latency,
  };
}
