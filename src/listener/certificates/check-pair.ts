import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { messageOf, StartError } from "../../base/errors.ts";
import type { TlsMaterial } from "./material.ts";
import { namesOf } from "./names.ts";

/** A chain and a key as they were read, and what people call the two places. */
export interface PairText {
  readonly certPem: string;
  readonly keyPem: string;
  /** Such as `https.certFile (/tls/chain.pem)`. */
  readonly certPlace: string;
  readonly keyPlace: string;
  readonly source: TlsMaterial["source"];
}

/** A pair that can be served, and what is odd about it without being wrong. */
export interface CheckedPair {
  readonly material: TlsMaterial;
  readonly oddities: readonly string[];
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const KEY = /-----BEGIN ((?:[A-Z0-9]+ )?)PRIVATE KEY-----[\s\S]*?-----END \1PRIVATE KEY-----/;
/** id-kp-serverAuth and anyExtendedKeyUsage (RFC 5280 section 4.2.1.12). */
const SERVER_USAGES = ["1.3.6.1.5.5.7.3.1", "2.5.29.37.0"];

/**
 * Checks that a chain and a key can be served together: they parse, the chain hangs together, the key is the leaf's
 * and not encrypted, and the TLS library takes them. Dates are not looked at: see {@link dateTrouble}.
 * @throws {StartError} saying which place is wrong and how to mend it.
 */
export function checkPair(text: PairText): CheckedPair {
  const [leaf, ...others] = certificatesOf(text);
  const key = privateKeyOf(text);
  if (leaf === undefined) throw new StartError(`${text.certPlace} is empty.`);
  if (!leaf.checkPrivateKey(key)) throw mismatch(text, others, key);
  const chain = chainFrom(leaf, others, text.certPlace);
  const certPem = chain.map((certificate) => certificate.toString()).join("");
  const keyPem = key.export({ type: "pkcs8", format: "pem" }).toString();
  try {
    createSecureContext({ cert: certPem, key: keyPem, minVersion: "TLSv1.2" });
  } catch (error) {
    throw new StartError(`The TLS library refuses ${text.certPlace}: ${messageOf(error)}.`, {
      cause: error,
      remedy: "A certificate with an EC P-256 key or an RSA key of 2048 bits or more, signed with SHA-256.",
    });
  }
  return {
    material: materialOf(leaf, certPem, keyPem, text.source),
    oddities: odditiesOf(leaf, chain, others),
  };
}

/** Why a certificate is of no use at this moment, or undefined: it has expired, or is not valid yet. */
export function dateTrouble(
  { notBefore, expiresAt }: { notBefore: Date; expiresAt: Date },
  nowMs: number,
): { detail: string; since: Date } | undefined {
  if (expiresAt.getTime() <= nowMs) {
    return { detail: `The certificate expired at ${expiresAt.toISOString()}.`, since: expiresAt };
  }
  if (notBefore.getTime() > nowMs) {
    return {
      detail: `The certificate is not valid before ${notBefore.toISOString()}, or this machine's clock is wrong.`,
      since: new Date(nowMs),
    };
  }
  return undefined;
}

function certificatesOf({ certPem, certPlace }: PairText): X509Certificate[] {
  const blocks = certPem.match(CERTIFICATE);
  if (blocks === null) {
    const holdsKey = KEY.test(certPem);
    throw new StartError(`${certPlace} holds ${holdsKey ? "a private key but no" : "no PEM"} certificate.`, {
      remedy: holdsKey
        ? "Put the certificate chain there, and the key in the place for the key."
        : "A file with -----BEGIN CERTIFICATE----- blocks, the leaf first. From DER: openssl x509 -inform der -in cert.der -out cert.pem",
    });
  }
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw new StartError(`Certificate ${index + 1} in ${certPlace} is damaged: ${messageOf(error)}.`, {
        cause: error,
        remedy: "Copy the file again from where the certificate was issued.",
      });
    }
  });
}

function privateKeyOf({ keyPem, keyPlace }: PairText): KeyObject {
  const [block, kind] = KEY.exec(keyPem) ?? [];
  if (block === undefined) {
    throw new StartError(`${keyPlace} holds no PEM private key.`, {
      remedy: "A file with a -----BEGIN PRIVATE KEY----- block.",
    });
  }
  // PKCS #8 (RFC 5958) says it in the label, the older forms in a header (RFC 1421).
  if (kind === "ENCRYPTED " || /^Proc-Type:.*ENCRYPTED/m.test(block)) {
    throw new StartError(`The key in ${keyPlace} is encrypted, and nobody is here to type its passphrase.`, {
      remedy: "openssl pkey -in encrypted.key -out plain.key (and chmod 600 plain.key)",
    });
  }
  try {
    return createPrivateKey(block);
  } catch (error) {
    throw new StartError(`The key in ${keyPlace} is damaged: ${messageOf(error)}.`, {
      cause: error,
      remedy: "Copy the file again from where the key was made.",
    });
  }
}

function mismatch({ certPlace, keyPlace }: PairText, others: X509Certificate[], key: KeyObject): StartError {
  const index = others.findIndex((certificate) => certificate.checkPrivateKey(key));
  if (index < 0) {
    return new StartError(`The key in ${keyPlace} is not the key of the certificate in ${certPlace}.`, {
      remedy: "Give the key that the certificate was requested with: both files come from one issuance.",
    });
  }
  return new StartError(
    `In ${certPlace}, the certificate of the key is number ${index + 2}, not the first.`,
    {
      remedy: "Put the server's own certificate first, then the one that issued it, and so on.",
    },
  );
}

/** The leaf and each one's issuer after it, as TLS 1.2 demands (RFC 5246 section 7.4.2), whatever the file's order. */
function chainFrom(leaf: X509Certificate, others: X509Certificate[], place: string): X509Certificate[] {
  const chain = [leaf];
  const left = others.filter((certificate) => certificate.fingerprint256 !== leaf.fingerprint256);
  for (let last = leaf; ; ) {
    const index = left.findIndex((issuer) => last.checkIssued(issuer) && last.verify(issuer.publicKey));
    const [issuer] = index < 0 ? [] : left.splice(index, 1);
    if (issuer === undefined) break;
    chain.push(issuer);
    last = issuer;
  }
  if (left.length > 0 && chain.length === 1) {
    throw new StartError(`None of the further certificates in ${place} issued the first one.`, {
      remedy: "Put the intermediate certificate that came with this one behind it (fullchain.pem).",
    });
  }
  return chain;
}

function materialOf(
  leaf: X509Certificate,
  certPem: string,
  keyPem: string,
  source: TlsMaterial["source"],
): TlsMaterial {
  return {
    certPem,
    keyPem,
    source,
    expiresAt: leaf.validToDate,
    notBefore: leaf.validFromDate,
    names: namesOf(leaf.subjectAltName),
    fingerprint256: leaf.fingerprint256,
    subject: oneLine(leaf.subject),
    issuer: oneLine(leaf.issuer),
  };
}

function odditiesOf(leaf: X509Certificate, chain: X509Certificate[], others: X509Certificate[]): string[] {
  const usages = leaf.keyUsage;
  return [
    ...(leaf.subjectAltName === undefined
      ? ["it has no subjectAltName, and clients no longer look at the common name"]
      : []),
    ...(Array.isArray(usages) && !usages.some((usage) => SERVER_USAGES.includes(usage))
      ? ["its extended key usage does not allow TLS servers"]
      : []),
    ...(chain.length <= others.length ? ["the file has certificates that do not belong to its chain"] : []),
  ];
}

/** A name as Node gives it has one attribute a line. */
function oneLine(name: string | undefined): string {
  return (name ?? "").split("\n").join(", ");
}
