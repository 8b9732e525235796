import { basename, dirname, join, resolve } from "node:path";
import { closest } from "../../../base/closest.ts";
import { AppError, messageOf, StartError } from "../../../base/errors.ts";
import type { CoreProcessFinder } from "../../../linux/core-process.ts";
import type { VacantPlace } from "../../../linux/new-file.ts";
import type { PinnedFile } from "../../../linux/pinned-file.ts";
import type {
  ConfigFileSettings,
  ReloadSettings,
  Settings,
  VerifySettings,
} from "../../../settings/schema.ts";
import type { FormatName } from "../formats/format.ts";
import { formatByName } from "../formats/formats.ts";
import { type SecretKeys, secretKeys } from "../secrets/secret-keys.ts";
import { type SchemaSource, schemaSource } from "../validation/schema-source.ts";
import { type FileSet, isInSet, isPattern, namesInSet } from "./file-set.ts";

/** Where a file is: at a path of ours, or at one in the root of the core's main process. Both are absolute. */
export interface ConfigLocation {
  readonly kind: "path" | "core";
  readonly path: string;
}

/** What is wrong with a file, and the line that mends it. */
export interface FileProblem {
  readonly detail: string;
  readonly remedy?: string;
}

/** A command that checks a file; `{file}` stands for its path. */
export type ValidateSettings = NonNullable<ConfigFileSettings["validate"]>;

/** A file of the core that the settings name. No other file can be read or written. */
export interface ConfigFile {
  readonly name: string;
  /** Absolute; in the core's own root with `core:` before it. For people: {@link location} says where it is. */
  readonly path: string;
  readonly location: ConfigLocation;
  readonly format: FormatName;
  readonly reload: ReloadSettings;
  /** What shows that the core took a change; where it does not, the old content is put back. */
  readonly verify: readonly VerifySettings[];
  readonly secretKeys: SecretKeys;
  /** What its tree must be. */
  readonly schema?: SchemaSource;
  /** The app's own check of a new content. */
  readonly validate?: ValidateSettings;
  /** Why it can't be served, such as two files of one name; only in the list. */
  readonly problem?: FileProblem;
}

/** The files of the settings, as they are at the moment: those of a pattern come and go. */
export interface ConfigFiles {
  /** All of them; those that can't be served have a `problem`. A pattern that can't be looked up stands for itself. */
  list(): Promise<readonly ConfigFile[]>;
  /**
   * The file of this name; of several, the one that the settings name first.
   * @throws {AppError} `not-found`, or why a pattern that may have it can't be looked up.
   */
  named(name: string): Promise<ConfigFile>;
  /** The patterns of the settings. */
  readonly patterns: readonly string[];
}

/** Opens the place of a file. @throws {AppError} as `pinFile`. */
export type PinConfigFile = (file: ConfigFile) => Promise<PinnedFile>;

/** Opens the place of a file, or, where there is none yet, the place where it is to be. @throws {AppError} */
export type OpenConfigPlace = (file: ConfigFile) => Promise<PinnedFile | VacantPlace>;

/** What it takes to find the files of patterns. */
export interface ConfigFilesDeps {
  readonly coreProcess: CoreProcessFinder;
}

/** What the settings say of a file beside where it is. */
type FileRules = Omit<ConfigFile, "name" | "path" | "location" | "format" | "problem"> & {
  readonly format: FormatName | undefined;
};

interface NamedSet extends FileSet {
  readonly rules: FileRules;
}

/**
 * The files of the settings, by name.
 * @throws {StartError} where two that are named by themselves have the same name.
 */
export function createConfigFiles(settings: Settings["config"], deps: ConfigFilesDeps): ConfigFiles {
  const single = new Map<string, ConfigFile>();
  const sets: NamedSet[] = [];
  for (const file of settings.files) {
    const location = locationOf(file.path);
    const rules = rulesOf(file, settings);
    if (isPattern(location.path)) {
      const prefix = file.name === undefined ? "" : `${file.name}:`;
      sets.push({ rules, location, prefix, maxFiles: settings.maxSetFiles });
      continue;
    }
    const name = file.name ?? basename(location.path);
    const other = single.get(name);
    if (other !== undefined) throw sameName(name, other.path, shownPath(location));
    single.set(name, fileAt(location, name, rules));
  }
  const list = async () => {
    const found = [...single.values()];
    for (const set of sets) {
      found.push(...(await filesOf(set, found, deps).catch((error: unknown) => [standIn(set, error)])));
    }
    return found;
  };
  return {
    patterns: sets.map(({ location }) => shownPath(location)),
    list,
    async named(name) {
      const known = [...single.values()];
      // A pattern that can't be looked up may have the name: then nobody after it is asked.
      for (const set of sets.filter((each) => !single.has(name) && isInSet(each, name))) {
        known.push(...(await filesOf(set, known, deps)));
        if (known.some((file) => file.name === name)) break;
      }
      const file = known.find((each) => each.name === name);
      if (file === undefined) throw notNamed(name, await list());
      return file;
    },
  };
}

/** The files of a pattern that no other setting before it names. */
async function filesOf(
  { location, prefix, maxFiles, rules }: NamedSet,
  known: readonly ConfigFile[],
  deps: ConfigFilesDeps,
): Promise<ConfigFile[]> {
  const names = await namesInSet({ location, prefix, maxFiles }, deps.coreProcess);
  const paths = new Set(known.map(({ path }) => path));
  const others = new Map(known.map(({ name, path }) => [name, path]));
  return names.flatMap((base) => {
    const place = { kind: location.kind, path: join(dirname(location.path), base) };
    const file = fileAt(place, `${prefix}${base}`, rules);
    if (paths.has(file.path)) return [];
    const other = others.get(file.name);
    return [other === undefined ? file : { ...file, problem: hidden(file, other, shownPath(location)) }];
  });
}

/** What the list shows of a pattern that can't be looked up. */
function standIn({ location, prefix, rules }: NamedSet, error: unknown): ConfigFile {
  const remedy = error instanceof AppError ? error.remedy : undefined;
  const problem = { detail: messageOf(error), ...(remedy === undefined ? {} : { remedy }) };
  return { ...fileAt(location, `${prefix}${basename(location.path)}`, rules), problem };
}

function rulesOf(file: ConfigFileSettings, { reload, verify }: Settings["config"]): FileRules {
  const { schema, validate } = file;
  return {
    format: file.format,
    reload: file.reload ?? reload,
    verify: file.verify ?? verify,
    secretKeys: secretKeys(file.secretKeys ?? []),
    ...(schema === undefined ? {} : { schema: schemaSource(schema) }),
    ...(validate === undefined ? {} : { validate }),
  };
}

function fileAt(location: ConfigLocation, name: string, { format, ...rules }: FileRules): ConfigFile {
  return {
    ...rules,
    ...{ name, location, path: shownPath(location), format: format ?? formatByName(location.path) },
  };
}

const CORE = "core:";

function locationOf(path: string): ConfigLocation {
  if (path.startsWith(CORE)) return { kind: "core", path: resolve("/", path.slice(CORE.length)) };
  return { kind: "path", path: resolve(path) };
}

function shownPath({ kind, path }: ConfigLocation): string {
  return kind === "core" ? `${CORE}${path}` : path;
}

function sameName(name: string, one: string, other: string): StartError {
  return new StartError(`Two configuration files are named ${name}: ${one} and ${other}.`, {
    remedy: `Give one of them a name of its own in config.files: {name: other-${name}, path: ${other}}`,
  });
}

/** A file of a pattern never takes the name of one that was there before it. */
function hidden({ name, path }: ConfigFile, other: string, pattern: string): FileProblem {
  return {
    detail: `${path} can't be served: ${other} has the name ${name}, too.`,
    remedy: `Give the pattern a name in config.files, which then stands before those of its files: {name: other, path: "${pattern}"}`,
  };
}

function notNamed(name: string, files: readonly ConfigFile[]): AppError {
  const near = closest(
    name,
    files.map((file) => file.name),
  );
  return new AppError("not-found", `No configuration file is named ${name}.`, {
    remedy: near === undefined ? `SIDECAR_CONFIG_FILES=/path/of/${name}` : `Did you mean ${near}?`,
  });
}
