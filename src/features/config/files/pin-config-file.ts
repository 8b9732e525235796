import { mainPid } from "../../../linux/core-process.ts";
import { openVacantPlace, type VacantPlace } from "../../../linux/new-file.ts";
import { pinInRoot } from "../../../linux/pin-in-root.ts";
import { type PinnedFile, pinFile } from "../../../linux/pinned-file.ts";
import type { ConfigDeps } from "../config-parts.ts";
import type { ConfigFile } from "./config-files.ts";

/**
 * Opens the place of a configuration file, in our root or in the core's. Whoever did disposes of it.
 * @throws {AppError} as `pinFile` does; `process-not-found` where the core's main process is not known.
 */
export async function pinConfigFile(
  { location, path }: ConfigFile,
  { coreProcess }: Pick<ConfigDeps, "coreProcess">,
): Promise<PinnedFile> {
  if (location.kind === "path") return await pinFile(location.path);
  return await pinInRoot(await mainPid(coreProcess), location.path, path, "config.files");
}

/**
 * Opens the place of a configuration file that is not there yet. Whoever did disposes of it.
 * @throws {AppError} as `openVacantPlace` does; `process-not-found` where the core's main process is not known.
 */
export async function openVacantConfigPlace(
  { location, path: shown }: ConfigFile,
  { coreProcess }: Pick<ConfigDeps, "coreProcess">,
): Promise<VacantPlace> {
  const { kind, path } = location;
  if (kind === "path") return await openVacantPlace({ path, shown });
  return await openVacantPlace({ path, shown, pid: await mainPid(coreProcess) });
}
