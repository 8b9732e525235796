import { readFile } from "node:fs/promises";
import { z } from "zod";
import { said } from "../support/server-process.ts";
import { runH2load } from "./load/h2load.ts";
import { startClient } from "./load/run-client.ts";
import type { Peer, Site } from "./peers/peer.ts";
import { residentBytes } from "./usage.ts";

/** Many connections that are kept and idle: what they cost in memory, and whether all are still served afterwards. */

/** As it is given on the command line. */
export const IDLE = {
  name: "idle",
  title: "10,000 idle connections (fewer where quick): memory, and whether all are still served",
};

const CLIENT = new URL("load/holding-client.ts", import.meta.url);
const CONNECTIONS = 10_000;
const QUICK_CONNECTIONS = 1_000;
const AT_ONCE = 64;
/** Descriptors that a client or a proxy needs beside those of the connections. */
const SPARE_DESCRIPTORS = 1_000;

/** What one peer did. */
export interface Holding {
  readonly peer: string;
  readonly connections: number;
  readonly beforeBytes: number;
  readonly withBytes: number;
  /** How many connections were answered when they asked again. */
  readonly answered: number;
}

const Result = z.object({ opened: z.number(), answered: z.number() });

/**
 * Starts each peer anew, so that nothing it has done before has grown its memory, and opens the connections.
 * @returns what they did, and the reason where one could not.
 */
export async function measureIdle(options: {
  peers: readonly Peer[];
  site: Omit<Site, "dir">;
  isQuick: boolean;
  /** Owns what is started, so that it can be ended from outside too; the signal says that it was. */
  stack: AsyncDisposableStack;
  signal: AbortSignal;
  makeDir(): Promise<string>;
  progress(text: string): void;
}): Promise<{ holdings: Holding[]; failures: { peer: string; reason: string }[] }> {
  const holdings: Holding[] = [];
  const failures: { peer: string; reason: string }[] = [];
  const wanted = options.isQuick ? QUICK_CONNECTIONS : CONNECTIONS;
  const connections = Math.min(wanted, (await descriptorLimit()) - SPARE_DESCRIPTORS);
  for (const peer of options.peers) {
    options.progress(`${IDLE.name}: ${peer.name}`);
    try {
      await using own = options.stack.use(new AsyncDisposableStack());
      const site = { ...options.site, dir: await options.makeDir() };
      const holding = await hold(peer, { connections, site, stack: own });
      holdings.push(holding);
      if (holding.answered === connections) continue;
      failures.push({
        peer: peer.name,
        reason: `${holding.answered} of ${connections} were served afterwards`,
      });
    } catch (error) {
      options.signal.throwIfAborted();
      failures.push({ peer: peer.name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { holdings, failures };
}

async function hold(
  peer: Peer,
  { connections, site, stack }: { connections: number; site: Site; stack: AsyncDisposableStack },
): Promise<Holding> {
  const { port, pid } = stack.use(await peer.start(site));
  // Code is compiled, and connections to the core are made.
  const warmUp = { path: "/1k", protocol: "http/1.1", connections: AT_ONCE, streams: 1 } as const;
  await runH2load({ ...warmUp, port, requests: 5_000 }, site.dir);
  const beforeBytes = await residentBytes(pid);
  const job = { port, path: "/1k", connections, atOnce: AT_ONCE };
  const client = stack.use(startClient(CLIENT, job, site.dir));
  await said(client.process, /^holding$/m, 120_000);
  const withBytes = await residentBytes(pid);
  client.process.signal("SIGUSR2");
  const { opened, answered } = await client.result(Result);
  if (opened !== connections) throw new Error(`${opened} of ${connections} connections were served at all`);
  return { peer: peer.name, connections, beforeBytes, withBytes, answered };
}

/** How many files a process here may have open; those that the bench starts inherit it. */
async function descriptorLimit(): Promise<number> {
  const limits = await readFile("/proc/self/limits", "utf8");
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? 1_024);
}
