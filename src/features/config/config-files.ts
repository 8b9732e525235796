import { basename, resolve } from "node:path";
import { closest } from "../../base/closest.ts";
import { AppError, StartError } from "../../base/errors.ts";
import type { ReloadSettings, Settings } from "../../settings/schema.ts";
import type { FormatName } from "./formats/format.ts";
import { formatByName } from "./formats/formats.ts";

/** A file of the core that the settings name. No other file can be read or written. */
export interface ConfigFile {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly format: FormatName;
  readonly reload: ReloadSettings;
}

/**
 * The files of the settings, by name.
 * @throws {StartError} where two have the same name.
 */
export function nameFiles(settings: Settings["config"]): ReadonlyMap<string, ConfigFile> {
  const files = new Map<string, ConfigFile>();
  for (const file of settings.files) {
    const path = resolve(file.path);
    const name = file.name ?? basename(path);
    const other = files.get(name);
    if (other !== undefined) {
      throw new StartError(`Two configuration files are named ${name}: ${other.path} and ${path}.`, {
        remedy: `Give one of them a name of its own in config.files: {name: other-${name}, path: ${path}}`,
      });
    }
    files.set(name, {
      name,
      path,
      format: file.format ?? formatByName(path),
      reload: file.reload ?? settings.reload,
    });
  }
  return files;
}

/** The file of this name. @throws {AppError} `not-found` */
export function fileNamed(files: ReadonlyMap<string, ConfigFile>, name: string): ConfigFile {
  const file = files.get(name);
  if (file !== undefined) return file;
  const near = closest(name, files.keys());
  throw new AppError("not-found", `No configuration file is named ${name}.`, {
    remedy: near === undefined ? `SIDECAR_CONFIG_FILES=/path/of/${name}` : `Did you mean ${near}?`,
  });
}
