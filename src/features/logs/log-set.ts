import { basename, dirname, join } from "node:path";
import { closest } from "../../base/closest.ts";
import { AppError, StartError } from "../../base/errors.ts";
import type { CoreProcessFinder } from "../../linux/core-process.ts";
import type { Settings } from "../../settings/schema.ts";
import { folderOf, isPredecessor, type LogFile, logAt, namesBeside, type OwnLogs } from "./log-file.ts";

/** The logs that the settings name, one by one and by patterns. */
export interface LogSet {
  /** Those that are named one by one. */
  readonly named: readonly LogFile[];
  /** Tell whether a name may be that of a file that a pattern stands for. */
  readonly patterns: readonly ((name: string) => boolean)[];
  /** All that there are now, by name. */
  all(): Promise<ReadonlyMap<string, LogFile>>;
  /** The one of this name. @throws {AppError} `not-found` */
  find(name: string): Promise<LogFile>;
}

const SETTING = "logs.files";
const MAX_MATCHES = 256;

/**
 * Makes the set.
 * @throws {StartError} where two have the same name.
 */
export function createLogSet(settings: Settings["logs"], coreProcess: CoreProcessFinder): LogSet {
  const isPattern = ({ path }: { path: string }) => /[*?]/.test(path);
  const patterns = settings.files.filter(isPattern);
  const single = settings.files.filter((file) => !isPattern(file));
  const logOf = (name: string, path: string) =>
    logAt(name, path, coreProcess, ownLogsBeside(path, single, patterns));
  const named = new Map<string, LogFile>();
  for (const { name: given, path } of single) {
    const name = given ?? basename(path);
    const other = named.get(name);
    if (other !== undefined) {
      throw new StartError(`Two logs are named ${name}: ${other.path} and ${path}.`, {
        remedy: `Give one of them a name of its own in ${SETTING}: {name: other-${name}, path: ${path}}`,
      });
    }
    named.set(name, logOf(name, path));
  }
  const all = async () => {
    const logs = new Map(named);
    const paths = new Set([...named.values()].map(({ path }) => path));
    for (const { path } of patterns) {
      for (const name of matchesOf(basename(path), await namesBeside(path, coreProcess))) {
        const log = logOf(name, join(dirname(path), name));
        if (!logs.has(name) && !paths.has(log.path)) logs.set(name, log);
      }
    }
    return logs;
  };
  return {
    named: [...named.values()],
    patterns: patterns.map(
      ({ path }) =>
        (name) =>
          expressionOf(basename(path)).test(name),
    ),
    all,
    async find(name) {
      const log = named.get(name) ?? (await all()).get(name);
      if (log !== undefined) return log;
      const near = closest(name, (await all()).keys());
      throw new AppError("not-found", `No log is named ${name}.`, {
        remedy: near === undefined ? `SIDECAR_LOGS_FILES=/path/of/${name}` : `Did you mean ${near}?`,
      });
    },
  };
}

/** The logs beside one: those that are named, be they there now or not, and those that a pattern lists. */
function ownLogsBeside(
  path: string,
  named: readonly { readonly path: string }[],
  patterns: readonly { readonly path: string }[],
): OwnLogs {
  const folder = folderOf(path);
  const basesHere = (files: readonly { readonly path: string }[]) =>
    files.filter((file) => folderOf(file.path) === folder).map((file) => basename(file.path));
  const names = basesHere(named);
  // A pattern that is for the log, too, leaves its rotated files to it, also while it is away amid a rotation.
  const others = basesHere(patterns).filter((pattern) => !expressionOf(pattern).test(basename(path)));
  return (present) => [...names, ...others.flatMap((pattern) => matchesOf(pattern, present))];
}

/** The names that a pattern is for: not those of rotated files, which belong to their log. */
function matchesOf(pattern: string, names: readonly string[]): readonly string[] {
  const expression = expressionOf(pattern);
  const matches = names
    .filter((name) => expression.test(name) && !name.startsWith(".") && !name.endsWith(".gz"))
    .toSorted()
    .slice(0, MAX_MATCHES);
  return matches.filter((name) => !matches.some((other) => isPredecessor(name, other)));
}

function expressionOf(pattern: string): RegExp {
  const escaped = pattern.replace(/[\\^$.+()[\]{}|]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`);
}
