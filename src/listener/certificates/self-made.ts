import type { X509Certificate } from "node:crypto";
import { messageOf, StartError } from "../../base/errors.ts";
import type { Settings } from "../../settings/schema.ts";
import type { Logger } from "../../web/log.ts";
import { dateTrouble } from "./check-pair.ts";
import { withFolderLock } from "./folder-lock.ts";
import { type FoundFiles, readPairs, setPairAside, writePair } from "./local-ca-folder.ts";
import { makeCa, makeLeaf, type PemPair } from "./make-certificate.ts";
import type { CertificateProblem, CertificateSource, TlsMaterial } from "./material.ts";
import { wantedNames } from "./names.ts";
import { folderRemedy, makeFolder } from "./state-folder.ts";

/** What the self-made certificate needs. */
export interface SelfMadeOptions {
  readonly https: Settings["https"];
  readonly dir: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly intervalMs: number;
  readonly machineNames: () => readonly string[];
}

const RENEW_BEFORE_MS = 30 * 86_400_000;

/** The certificate in use and the CA that signed it. */
interface SelfMade {
  readonly material: TlsMaterial;
  readonly caPem: string;
}

/**
 * Opens the certificate in the state folder, or makes it, signed by a CA that is made once and kept.
 * @throws {StartError} where none is there that is valid, and none can be made.
 */
export async function openSelfMade(options: SelfMadeOptions): Promise<CertificateSource> {
  let { made, problem } = await ensureOrMakeDo(options);
  return {
    intervalMs: options.intervalMs,
    current: () => made.material,
    caPem: () => made.caPem,
    renewsAt: () => renewsAt(made.material),
    problem: () => problem,
    async look(thorough) {
      if (!thorough && isGood(made.material, wanted(options), options.now())) {
        problem = null;
        return false;
      }
      const before = made;
      try {
        made = await ensure(options);
        problem = null;
      } catch (error) {
        if (!(error instanceof StartError)) throw error;
        problem = refusal(error, problem, options);
      }
      return made.material.fingerprint256 !== before.material.fingerprint256;
    },
  };
}

/** When a self-made certificate is renewed: 30 days before its end, or at two thirds of a life that is short. */
function renewsAt({ notBefore, expiresAt }: Pick<TlsMaterial, "notBefore" | "expiresAt">): Date {
  const lifeMs = expiresAt.getTime() - notBefore.getTime();
  return new Date(expiresAt.getTime() - Math.min(RENEW_BEFORE_MS, lifeMs / 3));
}

function isGood(leaf: TlsMaterial, names: readonly string[], nowMs: number): boolean {
  // One from the future is good: the clock is more likely to be wrong than the certificate, and it must not cost the CA.
  return nowMs < renewsAt(leaf).getTime() && names.every((name) => leaf.names.includes(name));
}

/** Takes what the folder holds, if that will do; else makes what is missing, under the folder's lock. */
async function ensure(options: SelfMadeOptions): Promise<SelfMade> {
  const { dir, log, signal, now } = options;
  const names = wanted(options);
  const ifGood = (files: FoundFiles) => usable(files, (leaf) => isGood(leaf, names, now()), now());
  try {
    await makeFolder(dir);
    const found = ifGood(await readPairs(dir, log));
    if (found !== undefined) return found;
    return await withFolderLock(dir, signal, async () => {
      // Another sidecar on the same folder may have done it while we waited.
      const files = await readPairs(dir, log);
      return ifGood(files) ?? (await make(files, names, options));
    });
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw new StartError(`The certificate can't be made in the state folder ${dir}: ${messageOf(error)}.`, {
      cause: error,
      remedy: folderRemedy(dir, error),
    });
  }
}

/** A certificate that lacks a name, or should be renewed, is better than no service where the folder can't be written. */
async function ensureOrMakeDo(
  options: SelfMadeOptions,
): Promise<{ made: SelfMade; problem: CertificateProblem | null }> {
  // Names that can't be are refused, whatever the folder holds.
  wanted(options);
  try {
    return { made: await ensure(options), problem: null };
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    const { dir, log, now } = options;
    const files = await readPairs(dir, log).catch(() => undefined);
    // The CA may be as near to its end as it likes: no leaf outlives it.
    const made = files && usable(files, (leaf) => dateTrouble(leaf, now()) === undefined, 0);
    if (made === undefined) throw error;
    return { made, problem: refusal(error, null, options) };
  }
}

function usable(
  { ca, leaf }: FoundFiles,
  willDo: (leaf: TlsMaterial) => boolean,
  nowMs: number,
): SelfMade | undefined {
  if (ca.state !== "sound" || leaf.state !== "sound") return undefined;
  if (!lasts(ca.material, nowMs) || !willDo(leaf.material)) return undefined;
  if (leaf.certificate.ca || !isIssuedBy(leaf.certificate, ca.certificate)) return undefined;
  return { material: leaf.material, caPem: ca.material.certPem };
}

function wanted({ https, machineNames }: SelfMadeOptions): string[] {
  return wantedNames(https.names, machineNames());
}

async function make(
  files: FoundFiles,
  names: readonly string[],
  options: SelfMadeOptions,
): Promise<SelfMade> {
  const { dir, log, now } = options;
  for (const name of ["ca", "leaf"] as const) {
    const found = files[name];
    if (found.state !== "damaged") continue;
    log.warn(
      { dir, reason: found.reason },
      `${name}.crt and ${name}.key are damaged: kept as *.bad, made anew`,
    );
    await setPairAside(dir, name);
  }
  const ca = await caToSignWith(files, options);
  const leaf = await makeLeaf(ca, names, now());
  await writePair(dir, "leaf", leaf);
  log.info({ dir, names }, "a certificate was made and signed by the local CA");
  const written = usable(await readPairs(dir, log), (found) => isGood(found, names, now()), now());
  if (written !== undefined) return written;
  throw new StartError(`The files in ${dir} are not what was written: something else writes there.`, {
    remedy: "Give each installation a folder of its own: SIDECAR_CERTS_DIR.",
  });
}

async function caToSignWith({ ca }: FoundFiles, { dir, log, now }: SelfMadeOptions): Promise<PemPair> {
  if (ca.state === "sound") {
    if (lasts(ca.material, now())) return ca.material;
    log.warn(
      { expiresAt: ca.material.expiresAt },
      "the local CA is at its end: clients must trust the new one",
    );
  }
  const made = await makeCa(now());
  await writePair(dir, "ca", made);
  log.info({ dir }, "a local CA was made; clients that trust ca.crt trust this sidecar");
  return made;
}

/** A CA is used up when a leaf could no longer live for the time before its renewal. */
function lasts({ expiresAt }: TlsMaterial, nowMs: number): boolean {
  return expiresAt.getTime() - nowMs > RENEW_BEFORE_MS;
}

function isIssuedBy(leaf: X509Certificate, ca: X509Certificate): boolean {
  return leaf.checkIssued(ca) && leaf.verify(ca.publicKey);
}

function refusal(
  error: StartError,
  before: CertificateProblem | null,
  { dir, log, now }: SelfMadeOptions,
): CertificateProblem {
  const problem = {
    detail: error.message,
    remedy: error.remedy ?? folderRemedy(dir),
    since: before?.since ?? new Date(now()),
  };
  if (before?.detail !== problem.detail) {
    log.error({ detail: problem.detail, remedy: problem.remedy }, "the certificate could not be renewed");
  }
  return problem;
}
