import { AppError } from "../../base/errors.ts";
import { removeLeftovers } from "../../linux/atomic-write.ts";
import { pinFile } from "../../linux/pinned-file.ts";
import type { Settings } from "../../settings/schema.ts";
import type { Feature } from "../feature.ts";
import { configCapability } from "./capability.ts";
import { addChanges } from "./change-routes.ts";
import { type ConfigFile, nameFiles } from "./config-files.ts";
import type { ConfigDeps, ConfigParts } from "./config-parts.ts";
import { describeFile, type FileDescription } from "./describe-file.ts";
import { addContent, addList } from "./read-routes.ts";

/** The feature `config`: the configuration files of the app over HTTP, read and changed, and the app told to reload. */

/**
 * Makes the feature.
 * @throws {StartError} where two files have the same name.
 */
export function createConfig(settings: Settings["config"], deps: ConfigDeps): Feature {
  const parts: ConfigParts = { files: nameFiles(settings), maxBytes: settings.maxBytes, deps };
  return {
    name: "config",
    routes(table) {
      addList(table, parts);
      addContent(table, parts);
      addChanges(table, parts);
    },
    diagnostics: [
      {
        file: "config-files.json",
        read: async () => ({ files: await describeAll(parts) }),
      },
    ],
    capability: () => configCapability(parts.files.values(), parts.maxBytes, deps),
    async start() {
      for (const file of parts.files.values()) await tidy(file);
    },
  };
}

async function describeAll({ files, maxBytes }: ConfigParts): Promise<FileDescription[]> {
  const described: FileDescription[] = [];
  for (const file of files.values()) described.push(await describeFile(file, maxBytes));
  return described;
}

/** Removes what a sidecar that was killed while it wrote has left beside a file. */
async function tidy(file: ConfigFile): Promise<void> {
  try {
    await using pinned = await pinFile(file.path);
    await removeLeftovers(pinned.folderPath);
  } catch (error) {
    // A file that can't be reached is no reason not to start: the list and the capabilities say what is wrong.
    if (!(error instanceof AppError)) throw error;
  }
}
