import { readFileSync } from "node:fs";
import { messageOf, StartError } from "../../../base/errors.ts";
import type { LogForwardSettings } from "../../../settings/schema.ts";

/** How a receiver is verified, and what is shown to it. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized: boolean;
}

/**
 * Reads the files that a destination's settings name.
 * @throws {StartError} where one can't be read.
 */
export function readTlsFiles(settings: LogForwardSettings): TlsFiles {
  const { caFile, certFile, keyFile, verify } = settings;
  return {
    ...(caFile === undefined ? {} : { ca: readNamed("caFile", caFile) }),
    ...(certFile === undefined ? {} : { cert: readNamed("certFile", certFile) }),
    ...(keyFile === undefined ? {} : { key: readNamed("keyFile", keyFile) }),
    rejectUnauthorized: verify,
  };
}

/** Reads a file at the start. @throws {StartError} */
export function readNamed(setting: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new StartError(`The file ${path} can't be read: ${messageOf(error)}`, {
      cause: error,
      remedy: `Set ${setting} of logs.forward to a file that the sidecar's user can read.`,
    });
  }
}
