import type { Peer } from "./peers/peer.ts";
import { WARM_UPS } from "./rounds.ts";

/** What a reader must know before the tables. */
export async function introduction(options: {
  machine: readonly string[];
  peers: readonly Peer[];
  /** What could not be measured, and what mends it. */
  leftOut: readonly string[];
  rounds: number;
}): Promise<string> {
  const { machine, peers, leftOut, rounds } = options;
  const facts = [
    `Date: ${new Date().toISOString().slice(0, 10)}`,
    ...machine,
    ...(await Promise.all(peers.map(async (peer) => `${peer.name}: ${await peer.describe()}`))),
    ...leftOut.map((what) => `left out: ${what}`),
  ];
  const method = [
    `Proxy, core and load share the cores of one machine, all on loopback: compare the lines of a table, not machines.`,
    `Every proxy has the same P-256 certificate and the same core (nginx with static files, and a WebSocket behind it),`,
    `speaks TLS 1.3 with AES-128-GCM and X25519, keeps its connections to the core, sets X-Forwarded-* headers, and runs as`,
    `one process that works on one core. They are measured in turn, ${rounds} rounds after ${WARM_UPS} that do not count; shown are`,
    `medians, with the least and the greatest round as spread. CPU time is user and system time of the whole process tree`,
    `from /proc, to a hundredth of a second; that of opening the kept connections is in it. RSS is that of the tree when all`,
    `rounds are over. Loads are bounded in count and in time.`,
  ];
  return [
    `## Machine and programs\n`,
    `${facts.map((fact) => `- ${fact}`).join("\n")}\n`,
    `${method.join("\n")}\n`,
  ].join("\n");
}
