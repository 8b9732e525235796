import type { CommandPlace } from "../../../linux/core-namespaces.ts";
import type { WriteOutcome } from "../../../linux/replace-file.ts";
import type { ConfigFile } from "../files/config-files.ts";

/** A file with the new content in its place, and what it takes to put the old one back. */
export interface WrittenFile {
  readonly file: ConfigFile;
  readonly old: Buffer;
  /** Null where there was no file. */
  readonly oldEtag: string | null;
  readonly bytes: Buffer;
  readonly etag: string;
  /** Its number in the history; null where none is kept. */
  readonly version: number | null;
  readonly outcome: WriteOutcome;
  /** Where the app's own check ran; null where none did. */
  readonly checkRanIn: CommandPlace | null;
}
