import { lookup } from "node:dns/promises";
import { AppError, messageOf } from "../../../base/errors.ts";
import { isLoopback, isWildcard, readListeningSockets } from "../../../linux/listening-sockets.ts";
import { readNamespace } from "../../../linux/proc.ts";
import type { Jvm } from "../jvm-finder.ts";

/** Under which address a JVM is reached from here. */

/** The sidecar's own loopback, and the JVM's where the network is shared. */
export const LOOPBACK = "127.0.0.1";
const SHARE = "Compose, for the sidecar: network_mode: service:core";

/**
 * The address at which a JVM can listen so that we alone, or our private network, reach it: loopback where the network
 * namespace is shared, else the app's own address.
 * @param coreHost the host of `core.url`.
 * @throws {AppError} `jmx-not-open` where there is none.
 */
export async function privateAddress(jvm: Jvm, coreHost: string): Promise<string> {
  if (await isNetworkShared(jvm)) return LOOPBACK;
  const address = await resolve(coreHost);
  if (!isLoopback(address)) return address;
  throw notReachable(jvm, `it has a network of its own, and core.url names ${coreHost}, which is not in it`);
}

/**
 * The address at which a port is reached that a JVM listens on already.
 * @throws {AppError} `jmx-not-open` where it listens on none that leads there.
 */
export async function addressOfPort(jvm: Jvm, port: number, coreHost: string): Promise<string> {
  const sockets = await readListeningSockets(jvm.stat.pid);
  const addresses = sockets.filter((socket) => socket.port === port).map(({ address }) => address);
  if (addresses.length === 0)
    throw notReachable(jvm, `it was started with JMX on port ${port}, but does not listen there`);
  const isShared = await isNetworkShared(jvm);
  if (addresses.some(isWildcard)) return isShared ? LOOPBACK : await privateAddress(jvm, coreHost);
  const own = addresses.map(withoutMapping);
  const found = own.find((address) => isShared || !isLoopback(address));
  if (found !== undefined) return found;
  throw notReachable(jvm, `it listens for JMX on its own loopback only (port ${port})`, SHARE);
}

/** An IPv4 address that an IPv6 socket listens on (RFC 4291 section 2.5.5.2), as itself. */
function withoutMapping(address: string): string {
  const [, high, low] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  const groups = [high, low].map((group) => Number.parseInt(group, 16));
  return groups.flatMap((group) => [group >> 8, group & 0xff]).join(".");
}

/** Tells whether loopback is the same here and there. */
export async function isNetworkShared({ stat: { pid } }: Jvm): Promise<boolean> {
  const [own, theirs] = await Promise.all([readNamespace("self", "net"), readNamespace(pid, "net")]);
  return own.value !== null && own.value === theirs.value;
}

async function resolve(host: string): Promise<string> {
  try {
    return (await lookup(host.replace(/^\[|\]$/g, ""))).address;
  } catch (error) {
    throw new AppError("core-unavailable", `The address of the app is not known: ${messageOf(error)}.`, {
      remedy: "Correct core.url, or start the app",
      cause: error,
    });
  }
}

function notReachable({ stat: { pid } }: Jvm, why: string, remedy = SHARE): AppError {
  return new AppError("jmx-not-open", `The MBeans of JVM ${pid} can't be reached: ${why}.`, { remedy });
}
