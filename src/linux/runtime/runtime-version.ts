import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openInRoot } from "../open-in-root.ts";
import { readText } from "../proc.ts";
import type { KindFound, RuntimeKind } from "./runtime-kind.ts";

/** A version, and where it stands. */
export interface VersionFound {
  readonly version: string;
  /** What tells it, for a person. */
  readonly from: string;
}

const MAX_RELEASE_BYTES = 16_384;
const MAX_ENVIRONMENT_BYTES = 1_048_576;
/** The largest executables of Node.js have 150 MB. */
const MAX_SCANNED_BYTES = 268_435_456;
const PIECE_BYTES = 1_048_576;
/** From the folder of libjvm.so up to the one that has `release`: lib/server, or jre/lib/amd64/server of Java 8. */
const FOLDERS_ABOVE = 5;
const VERSION = /^[\w.+~-]{1,64}$/;

/** PHP names the folder of its extensions after the day of its interface (main/php.h, ZEND_MODULE_API_NO). */
const PHP_OF_API: ReadonlyMap<string, string> = new Map([
  ...([
    ["20170718", "7.2"],
    ["20180731", "7.3"],
    ["20190902", "7.4"],
    ["20200930", "8.0"],
  ] as const),
  ...([
    ["20210902", "8.1"],
    ["20220829", "8.2"],
    ["20230831", "8.3"],
    ["20240924", "8.4"],
  ] as const),
]);

/** What the usual images of a kind say of themselves in their environment. */
const VARIABLES: Partial<Record<RuntimeKind, string>> = {
  jvm: "JAVA_VERSION",
  dotnet: "DOTNET_VERSION",
  node: "NODE_VERSION",
  python: "PYTHON_VERSION",
  ruby: "RUBY_VERSION",
  php: "PHP_VERSION",
};

/**
 * The version of what runs a program: from the names of its files, from a file beside them, or out of the executable;
 * last from the environment that images are made with. Undefined where none of these tells it.
 */
export async function findVersion(
  pid: number,
  found: KindFound,
  mapped: Iterable<string>,
): Promise<VersionFound | undefined> {
  return (
    versionByNames(found, mapped) ??
    (found.kind === "jvm" ? await javaRelease(pid, found.file) : undefined) ??
    (found.kind === "node" ? await nodeVersion(pid, found.file) : undefined) ??
    (await versionByEnvironment(pid, found.kind))
  );
}

/** The version as it stands in the names of files. */
export function versionByNames(
  { kind, file }: Pick<KindFound, "kind" | "file">,
  mapped: Iterable<string>,
): VersionFound | undefined {
  const files = [file, ...mapped];
  const first = (pattern: RegExp, of = (part: string) => part as string | undefined) => {
    for (const path of files) {
      const version = of(pattern.exec(path)?.[1] ?? "");
      if (version !== undefined && version !== "") return { version, from: path };
    }
    return undefined;
  };
  switch (kind) {
    case "dotnet":
      return first(/\/Microsoft\.NETCore\.App\/(\d[^/]*)\//);
    case "python":
      return first(/\/(?:lib)?(?:python|pypy)(\d\.\d+)/);
    case "ruby":
      return first(/\/libruby[-\d.]*\.so\.(\d+\.\d+(?:\.\d+)?)$/) ?? first(/\/ruby(\d\.\d+)$/);
    case "php":
      return (
        first(/\/(?:lib)?php(?:-fpm|-cgi|-cli)?(\d\.\d)(?:\.so)?$/) ??
        first(/\/(?:no-debug-(?:non-)?zts-)?(20\d{6})\//, (api) => PHP_OF_API.get(api))
      );
    default:
      return undefined;
  }
}

/** The file `release` of a Java home says it: `JAVA_VERSION="17.0.15"`. */
async function javaRelease(pid: number, library: string): Promise<VersionFound | undefined> {
  let folder = dirname(library);
  for (let above = 0; above < FOLDERS_ABOVE && folder !== "/"; above++) {
    folder = dirname(folder);
    const path = join(folder, "release");
    const text = await readInRoot(pid, path, MAX_RELEASE_BYTES).catch(() => "");
    const version = /^JAVA_VERSION="([^"]+)"/m.exec(text)?.[1];
    if (version !== undefined && VERSION.test(version)) return { version, from: path };
  }
  return undefined;
}

async function readInRoot(pid: number, path: string, maxBytes: number): Promise<string> {
  await using file = await openInRoot(pid, path);
  const { bytesRead, buffer } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
  return buffer.toString("utf8", 0, bytesRead);
}

/** Node.js has the address of its own headers in itself: `…/node-v24.18.0-headers.tar.gz`. */
async function nodeVersion(pid: number, path: string): Promise<VersionFound | undefined> {
  try {
    await using file = await openInRoot(pid, path);
    const version = await scan(file, /node-v(\d{1,3}\.\d{1,3}\.\d{1,3})/);
    return version === undefined ? undefined : { version, from: path };
  } catch {
    return undefined;
  }
}

/** What a pattern, of at most 64 bytes, finds in a file first. */
async function scan(file: FileHandle, pattern: RegExp): Promise<string | undefined> {
  const overlap = 64;
  const buffer = Buffer.alloc(PIECE_BYTES + overlap);
  for (let position = 0; position < MAX_SCANNED_BYTES; position += PIECE_BYTES) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return undefined;
    const at = buffer.subarray(0, bytesRead).indexOf("node-v");
    // Most pieces have none: to make a text of each would take longer than to read it.
    const found = at === -1 ? null : pattern.exec(buffer.toString("latin1", at, bytesRead));
    if (found?.[1] !== undefined) return found[1];
  }
  return undefined;
}

async function versionByEnvironment(pid: number, kind: RuntimeKind): Promise<VersionFound | undefined> {
  const name = VARIABLES[kind];
  if (name === undefined) return undefined;
  const text = await readText(`/proc/${pid}/environ`, MAX_ENVIRONMENT_BYTES).catch(() => "");
  const entry = text.split("\0").find((each) => each.startsWith(`${name}=`));
  const version = entry?.slice(name.length + 1).replace(/^(?:jdk|v)-?/, "");
  if (version === undefined || !VERSION.test(version)) return undefined;
  return { version, from: `the variable ${name} of its environment` };
}
