import type { VersionRecord } from "./version-record.ts";

/** A version that is written down, and not yet in place: whoever puts it there commits it. */
export interface StagedVersion {
  readonly record: VersionRecord;
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** One that a sidecar had begun with which was killed. */
export interface BegunVersion extends StagedVersion {
  /** What was to be put in place. @throws {AppError} `conflict` where it was damaged on disk. */
  content(): Promise<Buffer>;
}
