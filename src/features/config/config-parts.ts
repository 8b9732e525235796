import { z } from "zod";
import type { KeptResults } from "../../web/kept-results.ts";
import type { Logger } from "../../web/log.ts";
import type { Change } from "./changes/change.ts";
import type { ChangeCounts } from "./changes/change-metrics.ts";
import type { Queues } from "./changes/queues.ts";
import type { Settler } from "./changes/settle.ts";
import type { ConfigFiles, OpenConfigPlace, PinConfigFile } from "./files/config-files.ts";
import type { FileRecords } from "./history/file-records.ts";
import type { ReloadDeps } from "./reload/reload.ts";
import type { ContentThread } from "./thread/content-orders.ts";

/** What the feature needs. */
export interface ConfigDeps extends ReloadDeps {
  /** Also the audit log: who changed a file, and who saw its secrets. */
  readonly log: Logger;
  /** Where the sidecar keeps what must outlive it. */
  readonly stateDir: string;
  /** Of the API: `/_sidecar`. */
  readonly prefix: string;
}

/** What the routes share. */
export interface ConfigParts {
  readonly files: ConfigFiles;
  readonly maxBytes: number;
  readonly deps: ConfigDeps;
  readonly pin: PinConfigFile;
  /** As `pin`, also for a file that is not there yet. */
  readonly openPlace: OpenConfigPlace;
  /** Takes contents apart that may take long. */
  readonly thread: ContentThread;
  /** Whose turn it is to change a file, by its `id`. */
  readonly queues: Queues;
  readonly records: FileRecords;
  readonly isHistoryKept: boolean;
  readonly changes: KeptResults<Change>;
  readonly settler: Settler;
  readonly counts: ChangeCounts;
  /** The changes that are not verified yet, by the `id` of their files. */
  readonly unsettled: Map<string, Change>;
  /** Fires when the sidecar stops. */
  readonly stopping: AbortSignal;
}

/** The name of a file in a path. */
export const params = z.object({
  name: z
    .string()
    .describe(
      "The `name` that the settings give the file, else the file's own; of a pattern that has a name, `name:file`.",
    ),
});
