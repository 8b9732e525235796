import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { isErrno, messageOf, StartError } from "../../base/errors.ts";
import type { Settings } from "../../settings/schema.ts";
import type { Logger } from "../../web/log.ts";
import { type CheckedPair, checkPair, dateTrouble } from "./check-pair.ts";
import type { CertificateProblem, CertificateSource } from "./material.ts";

/** The two files that the settings name, and what people call them. */
export interface UserFiles {
  readonly certPath: string;
  readonly keyPath: string;
  readonly certPlace: string;
  readonly keyPlace: string;
}

/** What the user's certificate needs. */
export interface UserFilesOptions {
  readonly files: UserFiles;
  readonly intervalMs: number;
  readonly log: Logger;
  readonly now: () => number;
}

/** Far more than any chain; what is larger is a wrong path. */
const MAX_BYTES = 1_048_576;
const MAX_ATTEMPTS = 5;
/** How many looks in a row may find a broken pair before it counts: the second of two files may still be on its way. */
const PATIENCE = 2;

/** The files that the settings name, or undefined where they name none. */
export function userFilesOf({ certFile, keyFile, certFolder }: Settings["https"]): UserFiles | undefined {
  if (certFolder !== undefined) {
    const certPath = join(certFolder, "tls.crt");
    const keyPath = join(certFolder, "tls.key");
    const place = (path: string) => `${path} (https.certFolder, SIDECAR_HTTPS_CERT_FOLDER)`;
    return { certPath, keyPath, certPlace: place(certPath), keyPlace: place(keyPath) };
  }
  if (certFile === undefined || keyFile === undefined) return undefined;
  return {
    certPath: certFile,
    keyPath: keyFile,
    certPlace: `${certFile} (https.certFile, SIDECAR_HTTPS_CERT_FILE)`,
    keyPlace: `${keyFile} (https.keyFile, SIDECAR_HTTPS_KEY_FILE)`,
  };
}

/**
 * Opens the user's certificate and key. One that has expired is served all the same, with a warning: the alternative
 * would be no service at all.
 * @throws {StartError} where the files can't be read or don't fit together, naming the setting.
 */
export async function openUserFiles(options: UserFilesOptions): Promise<CertificateSource> {
  const { log, now } = options;
  let { pair: inUse, signature: seen } = await readUnchanged(options.files);
  const trouble = dateTrouble(inUse.material, now());
  if (trouble !== undefined) log.warn(`${trouble.detail} It is served all the same: clients will refuse it.`);
  warnOfOddities(inUse, log);
  const refusals = createRefusals(options);

  return {
    intervalMs: options.intervalMs,
    current: () => inUse.material,
    caPem: () => null,
    renewsAt: () => null,
    problem: () => refusals.problem(),
    async look(thorough) {
      // While something is wrong it is looked at again: a certificate may become valid without any change of the file.
      if (!thorough && !refusals.pending() && (await signatureOf(options.files)) === seen) return false;
      try {
        const { pair, signature } = await readUnchanged(options.files);
        if (!isSame(pair, inUse)) refuseUntimely(pair, now());
        seen = signature;
        if (isSame(pair, inUse)) {
          refusals.clear("the certificate files are as they were before");
          return false;
        }
        inUse = pair;
      } catch (error) {
        if (!(error instanceof StartError)) throw error;
        refusals.add(error, thorough);
        return false;
      }
      refusals.clear("the replacement of the certificate is mended");
      const { subject, names, expiresAt, fingerprint256 } = inUse.material;
      log.info({ subject, names, expiresAt, fingerprint256 }, "a replaced certificate is in use");
      warnOfOddities(inUse, log);
      return true;
    },
  };
}

/** Counts refusals, and speaks once of each that stays. */
function createRefusals({ log, now }: UserFilesOptions) {
  let count = 0;
  let since = new Date(0);
  let problem: CertificateProblem | null = null;
  return {
    problem: () => problem,
    pending: () => count > 0,
    add(error: StartError, thorough: boolean): void {
      if (count === 0) since = new Date(now());
      count += 1;
      if (count < PATIENCE && !thorough) return;
      const isNew = problem?.detail !== error.message;
      problem = { detail: error.message, remedy: error.remedy ?? "Put the old files back.", since };
      if (isNew) {
        log.error(
          { detail: problem.detail, remedy: problem.remedy },
          "a replaced certificate is refused; the old one stays in use",
        );
      }
    },
    clear(message: string): void {
      if (problem !== null) log.info(message);
      count = 0;
      problem = null;
    },
  };
}

/** Reads the pair again while it changes under our hands: a certificate of before a change and a key of after it. */
async function readUnchanged(files: UserFiles): Promise<{ pair: CheckedPair; signature: string }> {
  for (let attempt = 1; ; attempt++) {
    const signature = await signatureOf(files);
    const result = await readPair(files).catch((error: unknown) => ({ error }));
    if (attempt < MAX_ATTEMPTS && signature !== (await signatureOf(files))) continue;
    if ("error" in result) throw result.error;
    return { pair: result, signature };
  }
}

async function readPair(files: UserFiles): Promise<CheckedPair> {
  return checkPair({
    certPem: await readText(files.certPath, files.certPlace),
    keyPem: await readText(files.keyPath, files.keyPlace),
    certPlace: files.certPlace,
    keyPlace: files.keyPlace,
    source: "files",
  });
}

async function readText(path: string, place: string): Promise<string> {
  try {
    const found = await stat(path);
    // To open a pipe would wait for ever.
    if (!found.isFile()) throw new Error("it is not a regular file");
    if (found.size > MAX_BYTES) throw new Error(`it has ${found.size} bytes, too many for a certificate`);
    return await readFile(path, "utf8");
  } catch (error) {
    throw new StartError(`${place} can't be read: ${messageOf(error)}.`, {
      cause: error,
      remedy: remedyFor(error, path),
    });
  }
}

function remedyFor(error: unknown, path: string): string {
  if (isErrno(error, "EACCES", "EPERM")) {
    return `Let uid ${process.getuid?.() ?? 0} read ${path}, or run the sidecar as its owner (compose: user).`;
  }
  if (isErrno(error, "ENOENT", "ENOTDIR")) {
    return `Mount the file there, in compose.yaml under volumes: ["./tls:/tls:ro"]; the path is the one inside the container.`;
  }
  return "The path of a PEM file.";
}

/** Changes whenever either file does, or a symbolic link on the way to it: stat(2) follows them. */
async function signatureOf({ certPath, keyPath }: UserFiles): Promise<string> {
  const parts = await Promise.all([certPath, keyPath].map((path) => signatureOfFile(path)));
  return parts.join("|");
}

async function signatureOfFile(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(":");
  } catch (error) {
    return messageOf(error);
  }
}

function isSame(a: CheckedPair, b: CheckedPair): boolean {
  return a.material.certPem === b.material.certPem && a.material.keyPem === b.material.keyPem;
}

/** The one in use is better than one that no client takes at this moment. */
function refuseUntimely({ material }: CheckedPair, nowMs: number): void {
  const trouble = dateTrouble(material, nowMs);
  if (trouble !== undefined) {
    throw new StartError(`The replacement is refused: ${trouble.detail}`, {
      remedy: "Replace the files by a certificate that is valid now.",
    });
  }
}

function warnOfOddities({ oddities, material }: CheckedPair, log: Logger): void {
  for (const oddity of oddities) log.warn({ subject: material.subject }, `about the certificate: ${oddity}`);
}
