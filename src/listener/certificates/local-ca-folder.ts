import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { messageOf, StartError } from "../../base/errors.ts";
import { writeFileAtomic } from "../../linux/atomic-write.ts";
import type { Logger } from "../../web/log.ts";
import { checkPair } from "./check-pair.ts";
import type { PemPair } from "./make-certificate.ts";
import type { TlsMaterial } from "./material.ts";
import { readState, SECRET_MODE, setAside } from "./state-folder.ts";

/*
 * The four files of the self-made certificate: ca.crt, ca.key, leaf.crt, leaf.key.
 */

const CA_CURVES = ["prime256v1", "secp384r1", "secp521r1"];

/** What is known of one pair of files: sound, missing, or damaged and why. */
type FoundPair =
  | { readonly state: "sound"; readonly material: TlsMaterial; readonly certificate: X509Certificate }
  | { readonly state: "missing" }
  | { readonly state: "damaged"; readonly reason: string };

/** The name of a pair, and of its files. */
export type PairName = "ca" | "leaf";

/** What the folder holds. */
export interface FoundFiles {
  readonly ca: FoundPair;
  readonly leaf: FoundPair;
}

/**
 * Reads both pairs and checks that each holds together.
 * @throws {StartError} where a file exists and can't be read.
 */
export async function readPairs(dir: string, log: Logger): Promise<FoundFiles> {
  const ca = await readPair(dir, "ca", log);
  return { ca: asLocalCa(ca), leaf: await readPair(dir, "leaf", log) };
}

/** Writes a pair: the key first, so that a certificate without its key is never what is left behind. */
export async function writePair(dir: string, name: PairName, { certPem, keyPem }: PemPair): Promise<void> {
  await writeFileAtomic(join(dir, `${name}.key`), keyPem, { mode: SECRET_MODE });
  await writeFileAtomic(join(dir, `${name}.crt`), certPem, { mode: 0o644 });
}

/** Keeps the files of a damaged pair as `*.bad`. */
export async function setPairAside(dir: string, name: PairName): Promise<void> {
  await setAside(dir, `${name}.crt`);
  await setAside(dir, `${name}.key`);
}

async function readPair(dir: string, name: PairName, log: Logger): Promise<FoundPair> {
  const cert = await readState(dir, `${name}.crt`, { log });
  const key = await readState(dir, `${name}.key`, { log, secret: true });
  if (cert === null && key === null) return { state: "missing" };
  if (cert === null || key === null) {
    return { state: "damaged", reason: `${name}.${cert === null ? "crt" : "key"} is missing.` };
  }
  try {
    const { material } = checkPair({
      certPem: cert.toString(),
      keyPem: key.toString(),
      certPlace: `${name}.crt`,
      keyPlace: `${name}.key`,
      source: "self-made",
    });
    return { state: "sound", material, certificate: new X509Certificate(material.certPem) };
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return { state: "damaged", reason: messageOf(error) };
  }
}

/** A pair that is sound but can't sign our leaves (a server certificate, an RSA key) is of no use as the CA. */
function asLocalCa(found: FoundPair): FoundPair {
  if (found.state !== "sound") return found;
  const { certificate } = found;
  if (!certificate.ca) return { state: "damaged", reason: "ca.crt is not the certificate of a CA." };
  const curve = certificate.publicKey.asymmetricKeyDetails?.namedCurve ?? "";
  if (!CA_CURVES.includes(curve)) {
    return { state: "damaged", reason: "The key of ca.crt is not one of the curves P-256, P-384 and P-521." };
  }
  return found;
}
