import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { isLoopback, isWildcard, type ListeningSocket, readListeningSockets } from "./listening-sockets.ts";
import { readDescriptors, readNamespace } from "./proc.ts";
import type { ProcStat } from "./proc-stat.ts";

/** What a search for the owners of a listening socket found. */
export interface ListenerSearch {
  readonly owners: readonly ProcStat[];
  /** Whether something listens there, even where no visible process owns it. */
  readonly somethingListens: boolean;
  /** How many processes could not be looked into. */
  readonly unreadable: number;
}

const LOOKUP_TIMEOUT_MS = 1_000;

/**
 * Finds those of `candidates` that listen where `url` points. The table of sockets is read in the network namespace of
 * each candidate. Ours counts only where the address is one of this machine: else our own port of the same number
 * would be taken for the core's.
 */
export async function findListeners(url: URL, candidates: readonly ProcStat[]): Promise<ListenerSearch> {
  const port = Number(url.port === "" ? 80 : url.port);
  const target = await localAddress(url.hostname);
  const { groups, unreadable } = await byNetwork(candidates);
  const own = await readNamespace("self", "net");
  const found = { owners: [] as ProcStat[], somethingListens: false, unreadable };
  // The address of this machine is reached in our own namespace first; another one only where nothing is found there.
  const order = [...groups].sort(([a], [b]) => Number(b === own.value) - Number(a === own.value));
  for (const [network, members] of order) {
    const isOwn = network === own.value;
    if (isOwn && target === null) continue;
    if (target !== null && !isOwn && found.owners.length > 0) continue;
    const inodes = await listeningInodes(
      members,
      (socket) => socket.port === port && isReached(socket, isOwn ? target : null),
    );
    if (inodes.size === 0) continue;
    found.somethingListens = true;
    const search = await ownersOf(inodes, members);
    found.owners.push(...search.owners);
    found.unreadable += search.unreadable;
  }
  if (target !== null && !found.somethingListens) {
    const sockets = await readListeningSockets("self");
    found.somethingListens = sockets.some((socket) => socket.port === port && isReached(socket, target));
  }
  return found;
}

/** The address that a host name of this machine stands for, or null where it is another machine's. */
async function localAddress(hostname: string): Promise<string | null> {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (host === "localhost" || host.endsWith(".localhost")) return "127.0.0.1";
  const addresses = isIP(host) !== 0 ? [host] : await addressesOf(host);
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return (
    addresses.find((address) => isLoopback(address) || own.some((each) => each.address === address)) ?? null
  );
}

/** A name server that does not answer must not hold up the search. */
async function addressesOf(host: string): Promise<string[]> {
  const stop = new AbortController();
  const found = lookup(host, { all: true }).then(
    (list) => list.map(({ address }) => address),
    () => [],
  );
  const late = delay(LOOKUP_TIMEOUT_MS, [], { signal: stop.signal }).catch(() => []);
  const addresses = await Promise.race([found, late]);
  stop.abort();
  return addresses;
}

/** Whether a socket takes connections to `target`; null stands for an address in a namespace that is not ours. */
function isReached({ address }: ListeningSocket, target: string | null): boolean {
  if (isWildcard(address)) return true;
  if (target === null) return !isLoopback(address);
  return isLoopback(target) ? isLoopback(address) : address === target;
}

async function byNetwork(candidates: readonly ProcStat[]) {
  const groups = new Map<string, ProcStat[]>();
  let unreadable = 0;
  const networks = await Promise.all(candidates.map(({ pid }) => readNamespace(pid, "net")));
  for (const [index, stat] of candidates.entries()) {
    const network = networks[index]?.value ?? null;
    if (network === null) unreadable += 1;
    else groups.set(network, [...(groups.get(network) ?? []), stat]);
  }
  return { groups, unreadable };
}

/** Any member will do for reading the table, as long as it lives; one of three will. */
async function listeningInodes(
  members: readonly ProcStat[],
  matches: (socket: ListeningSocket) => boolean,
): Promise<ReadonlySet<string>> {
  for (const { pid } of members.slice(0, 3)) {
    const sockets = await readListeningSockets(pid);
    if (sockets.length > 0) return new Set(sockets.filter(matches).map(({ inode }) => `socket:[${inode}]`));
  }
  return new Set();
}

async function ownersOf(inodes: ReadonlySet<string>, members: readonly ProcStat[]) {
  const owners: ProcStat[] = [];
  let unreadable = 0;
  for (const stat of members) {
    const { value } = await readDescriptors(stat.pid);
    if (value === null) unreadable += 1;
    else if ([...value.values()].some((target) => inodes.has(target))) owners.push(stat);
  }
  return { owners, unreadable };
}
