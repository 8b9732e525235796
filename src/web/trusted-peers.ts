import { BlockList, isIPv4 } from "node:net";
import { parseCidr, plainAddress } from "../base/addresses.ts";
import { claimsOf, hopAddress, wayOf } from "./forwarded.ts";
import type { RawHeaders } from "./wire/fields.ts";

/** The load balancers that may say who the client is. */

/** Whom the settings trust. */
export interface TrustedPeers {
  /** Tells whether an address is one of theirs: IPv4 also where it is mapped into IPv6, with or without a zone. */
  isTrusted(address: string): boolean;
  /**
   * The client of a request: the peer, unless it is trusted. Then the way is walked back, from X-Forwarded-For or else
   * Forwarded, hop by hop from the nearest: the first that is not trusted is the client, since nobody vouches for what
   * it claims itself. What is no address ends the walk at the last good one.
   */
  clientOf(peer: string, incoming: RawHeaders): string;
}

/** Nobody is trusted: nothing is looked at. */
const NOBODY: TrustedPeers = { isTrusted: () => false, clientOf: (peer) => peer };

/** Few load balancers send all the requests: their addresses are looked up once. */
const MAX_REMEMBERED = 1_024;

/**
 * Makes the list of trusted peers.
 * @param cidrs addresses and ranges, as the settings have checked them: `10.0.0.0/8`, `2001:db8::/32`, `192.0.2.7`.
 * @throws {RangeError} for what is neither.
 */
export function createTrustedPeers(cidrs: readonly string[]): TrustedPeers {
  if (cidrs.length === 0) return NOBODY;
  // One for each family: Node has ::/0 include the IPv4 addresses.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const text of cidrs) {
    const cidr = parseCidr(text);
    if (cidr === undefined) throw new RangeError(`${text} is no address and no CIDR`);
    lists[cidr.family].addSubnet(cidr.address, cidr.prefix, cidr.family);
  }
  const remembered = new Map<string, boolean>();

  const lookUp = (address: string): boolean => {
    const plain = plainAddress(address);
    if (plain === undefined) return false;
    const family = isIPv4(plain) ? "ipv4" : "ipv6";
    return lists[family].check(plain, family);
  };
  const isTrusted = (address: string): boolean => {
    let answer = remembered.get(address);
    if (answer === undefined) {
      answer = lookUp(address);
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      remembered.set(address, answer);
    }
    return answer;
  };
  return {
    isTrusted,
    clientOf(peer, incoming) {
      if (!isTrusted(peer)) return peer;
      let client = peer;
      for (const hop of wayOf(claimsOf(incoming)).hops.toReversed()) {
        const address = hopAddress(hop);
        if (address === undefined) break;
        client = address;
        if (!isTrusted(address)) break;
      }
      return client;
    },
  };
}
