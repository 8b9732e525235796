import type { LogForwardSettings } from "../../../settings/schema.ts";
import type { ForwardRecord } from "./forward-record.ts";
import type { TlsFiles } from "./tls-files.ts";

/** What took the records. */
export interface Sent {
  /** So many of them were thrown away by the destination, for what is in them. */
  readonly rejected: number;
  /** What it says of them. */
  readonly reason: string | null;
}

/** Sends the records of one log to where they belong. */
export interface Destination extends AsyncDisposable {
  /**
   * Resolves when they are taken.
   * @throws {SendError}
   */
  send(records: readonly ForwardRecord[], signal: AbortSignal): Promise<Sent>;
}

/** What a destination is made from. */
export interface DestinationParts {
  readonly settings: LogForwardSettings;
  readonly tls: TlsFiles;
  /** The log. */
  readonly file: string;
  readonly hostname: string;
  readonly appName: string;
}
