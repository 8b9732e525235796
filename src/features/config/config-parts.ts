import { z } from "zod";
import type { Logger } from "../../web/log.ts";
import type { ConfigFile } from "./config-files.ts";
import type { ReloadDeps } from "./reload.ts";

/** What the feature needs. */
export interface ConfigDeps extends ReloadDeps {
  /** Also the audit log: who changed a file, and who saw its secrets. */
  readonly log: Logger;
}

/** What the routes share. */
export interface ConfigParts {
  readonly files: ReadonlyMap<string, ConfigFile>;
  readonly maxBytes: number;
  readonly deps: ConfigDeps;
}

/** The name of a file in a path. */
export const params = z.object({
  name: z.string().describe("The `name` that the settings give the file, else the file's own."),
});
