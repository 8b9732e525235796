import { isIPv4, isIPv6, SocketAddress } from "node:net";

/** IP addresses as text. */

/** A range of addresses; a single one has the longest prefix. */
export interface Cidr {
  readonly address: string;
  /** Bits, at most 32 or 128. */
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
}

/** Longer than any address: an IPv4-mapped one in full (RFC 4291 section 2.2) and a zone. */
const MAX_CHARACTERS = 64;
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;
/** What may be mapped, however it is spelled: `::ffff:7f00:1`, `0:0:0:0:0:FFFF:127.0.0.1`. */
const PERHAPS_MAPPED = /^[0:]+ffff:/i;

/**
 * An address without what is of the connection that it was seen on: IPv4 also where it is mapped into IPv6 (RFC 4291
 * section 2.5.5.2), no zone (RFC 4007: it means something on one machine only), in lower case; undefined for what is
 * no address.
 */
export function plainAddress(text: string): string | undefined {
  if (text.length > MAX_CHARACTERS) return undefined;
  if (isIPv4(text)) return text;
  if (!isIPv6(text)) return undefined;
  const address = withoutZone(text).toLowerCase();
  return PERHAPS_MAPPED.test(address) ? unmapped(canonical(address)) : address;
}

/** As {@link plainAddress}, for an address as the operating system writes it. */
export function systemAddress(address: string): string {
  return address.includes(":") ? unmapped(withoutZone(address)) : address;
}

/** An IPv6 address as RFC 5952 writes it. */
export function canonical(address: string): string {
  return new SocketAddress({ address, family: "ipv6" }).address;
}

/** The range that `10.0.0.0/8`, `2001:db8::/32` or a single address stands for; undefined for anything else. */
export function parseCidr(text: string): Cidr | undefined {
  const [, address = "", bits] = /^([\da-f.:]+)(?:\/(0|[1-9]\d{0,2}))?$/i.exec(text) ?? [];
  const plain = plainAddress(address);
  if (plain === undefined) return undefined;
  const written = isIPv4(address) ? 32 : 128;
  const family = isIPv4(plain) ? "ipv4" : "ipv6";
  const longest = family === "ipv4" ? 32 : 128;
  // A range around all of ::ffff:0:0/96 is not one of IPv4 addresses: its prefix falls below 0 here.
  const prefix = (bits === undefined ? written : Number(bits)) - (written - longest);
  return prefix < 0 || prefix > longest ? undefined : { address: plain, prefix, family };
}

function unmapped(canonicalAddress: string): string {
  return MAPPED.exec(canonicalAddress)?.[1] ?? canonicalAddress;
}

function withoutZone(address: string): string {
  const zone = address.indexOf("%");
  return zone === -1 ? address : address.slice(0, zone);
}
