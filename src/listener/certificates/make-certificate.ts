import { randomBytes, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { withKeyIdentifiers } from "./key-identifiers.ts";
import { machineName } from "./names.ts";

/** A certificate and its key, as PEM. */
export interface PemPair {
  readonly certPem: string;
  readonly keyPem: string;
}

const DAY_MS = 86_400_000;
const CA_DAYS = 3_652;
/** Browsers refuse a leaf that lives for more than 398 days. */
const LEAF_DAYS = 397;
/** Clients whose clock is behind ours would refuse a certificate that begins now. */
const BACKDATED_MS = 3_600_000;
/** The upper bound of commonName (RFC 5280 appendix A.1). */
const MAX_COMMON_NAME = 64;

/** Makes a local CA that can sign leaves but no further CA: P-256, ten years, with a name that tells machines apart. */
export async function makeCa(nowMs: number): Promise<PemPair> {
  const suffix = ` ${randomBytes(4).toString("hex")}`;
  const start = "Tickbird local CA ";
  const machine = machineName().slice(0, MAX_COMMON_NAME - start.length - suffix.length);
  const { generate } = await import("selfsigned");
  const made = await generate([{ name: "commonName", value: start + machine + suffix }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    ...validity(nowMs, CA_DAYS * DAY_MS),
    extensions: [
      { name: "basicConstraints", cA: true, pathLenConstraint: 0, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { certPem: withKeyIdentifiers(made.cert, undefined, made.private), keyPem: made.private };
}

/**
 * Makes a server certificate for these names, signed by `ca`: P-256, 397 days, or until the CA ends.
 * @param names Canonical host names and IP addresses; the first host name that fits is the common name.
 */
export async function makeLeaf(ca: PemPair, names: readonly string[], nowMs: number): Promise<PemPair> {
  const issuer = new X509Certificate(ca.certPem);
  const { notBeforeDate, notAfterDate } = validity(nowMs, LEAF_DAYS * DAY_MS);
  const commonName = names.find((name) => isIP(name) === 0 && name.length <= MAX_COMMON_NAME) ?? "localhost";
  // Loaded only where a certificate is made: it costs more time than everything else at a start.
  const { generate } = await import("selfsigned");
  const made = await generate([{ name: "commonName", value: commonName }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    ca: { key: ca.keyPem, cert: ca.certPem },
    notBeforeDate,
    notAfterDate: new Date(Math.min(notAfterDate.getTime(), issuer.validToDate.getTime())),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: names.map((name) => (isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name })),
      },
    ],
  });
  return { certPem: withKeyIdentifiers(made.cert, issuer, ca.keyPem), keyPem: made.private };
}

/** The whole length counts, the backdated hour too: that is what the limit of browsers is about. */
function validity(nowMs: number, lengthMs: number): { notBeforeDate: Date; notAfterDate: Date } {
  const fromMs = Math.floor((nowMs - BACKDATED_MS) / 1_000) * 1_000;
  return { notBeforeDate: new Date(fromMs), notAfterDate: new Date(fromMs + lengthMs) };
}
