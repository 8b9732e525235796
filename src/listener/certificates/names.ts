import { isIP, isIPv6 } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { StartError } from "../../base/errors.ts";

/** A machine that carries many virtual addresses (a Kubernetes node) would else make a certificate no client takes. */
const MAX_ADDRESSES = 128;
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * The names that the self-made certificate must have, in canonical form: the configured ones, `localhost`, loopback, and
 * the names of the machine.
 * @throws {StartError} for a configured name that is neither a host name nor an IP address.
 */
export function wantedNames(configured: readonly string[], machine: readonly string[]): string[] {
  const names = configured.map((name) => configuredName(name));
  return [...new Set([...names, "localhost", "127.0.0.1", "::1", ...machine.map(canonicalName)])];
}

/** The host name and the addresses of this machine, or of this container, as they are now. */
export function machineNames(): string[] {
  const name = canonicalName(hostname());
  // Linux takes any bytes as a host name: one that DNS could not have is left out.
  return [...(isHostName(name) ? [name] : []), ...ownAddresses()];
}

/** A name or address in the one form in which two can be compared: lower case, IPv6 as RFC 5952 writes it. */
export function canonicalName(name: string): string {
  if (isIPv6(name)) return new URL(`http://[${name}]`).hostname.slice(1, -1);
  return name.toLowerCase().replace(/\.$/, "");
}

/** The DNS names and IP addresses of a `subjectAltName` text as Node gives it, canonical; other kinds are left out. */
export function namesOf(subjectAltName: string | undefined): string[] {
  // A value with a special character stands in JSON quotes, so that it can't pretend to be a second entry (CVE-2021-44532).
  const entries = (subjectAltName ?? "").matchAll(/(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)/g);
  return [...entries]
    .filter(
      ([, kind, value]) => (kind === "DNS" || kind === "IP Address") && value?.startsWith('"') === false,
    )
    .map(([, , value]) => canonicalName(value ?? ""));
}

/** The host name of this machine, such as it may stand in a certificate's common name. */
export function machineName(): string {
  const name = canonicalName(hostname());
  return isHostName(name) ? name : "unnamed";
}

function configuredName(name: string): string {
  const canonical = canonicalName(name);
  if (isIP(canonical) !== 0 || isHostName(canonical.replace(/^\*\./, ""))) return canonical;
  throw new StartError(`https.names has ${JSON.stringify(name)}, which is no host name and no IP address.`, {
    remedy: "SIDECAR_HTTPS_NAMES=app.example.com,10.0.0.5 (without scheme, port and brackets)",
  });
}

function isHostName(name: string): boolean {
  return name.length <= 253 && name.split(".").every((label) => LABEL.test(label));
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => canonicalName(address))
    .filter((address) => !isLinkLocal(address))
    .slice(0, MAX_ADDRESSES);
}

/** 169.254.0.0/16 (RFC 3927) and fe80::/10 (RFC 4291): they mean something only on one link. */
function isLinkLocal(address: string): boolean {
  return address.startsWith("169.254.") || /^fe[89ab]/.test(address);
}
