import { AppError, type ErrorCode } from "../../base/errors.ts";
import { readRoot, realPathIn } from "../../linux/root-path.ts";

/** The paths that a trace is narrowed to (strace -P). */

/** The most that a request may name. */
export const MAX_PATHS = 16;
/** PATH_MAX of limits.h, without the zero at the end. */
const MAX_PATH_BYTES = 4_095;
const ABSOLUTE = /^\/[^\p{Cc}]*$/u;

/** Where something stood that is refused, for what is said of it. */
export interface RefusalPlace {
  readonly label: string;
  readonly pointer: string;
  readonly code: ErrorCode;
}

/**
 * The paths of a query, which has commas between them.
 * @throws {AppError} with the code of `place` for what strace could not look for.
 */
export function pathsOf(text: string | undefined, place: RefusalPlace): readonly string[] {
  if (text === undefined) return [];
  const paths = text.split(",");
  const refused = (detail: string) =>
    new AppError(place.code, `${place.label}paths: ${detail}.`, {
      errors: [{ pointer: `${place.pointer}paths`, detail }],
      remedy: "Absolute paths, such as /etc/passwd,/var/log/app.log",
      extra: { maxPaths: MAX_PATHS },
    });
  if (paths.length > MAX_PATHS) throw refused(`must be at most ${MAX_PATHS} paths, and is ${paths.length}`);
  for (const path of paths) {
    if (!ABSOLUTE.test(path)) {
      throw refused("must be absolute paths, without control characters, with commas between");
    }
    if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
      throw refused(`must be paths of at most ${MAX_PATH_BYTES} bytes`);
    }
  }
  return paths;
}

/**
 * All that strace has to look for to find some paths: it compares the text of a call's argument with them, and the path
 * behind a descriptor, which is the real one, and that of the whole machine where the process is in a chroot(2).
 * @param pids the processes, whose roots may differ.
 */
export async function spellingsOf(
  paths: readonly string[],
  pids: readonly number[],
): Promise<readonly string[]> {
  const spellings = new Set(paths);
  const roots = new Set<string>();
  for (const pid of paths.length === 0 ? [] : pids) {
    // One that has ended, or that we may not look into: strace still finds what its calls name.
    const root = await readRoot(pid).catch(() => undefined);
    if (root === undefined || roots.has(root)) continue;
    roots.add(root);
    for (const path of paths) spellings.add((await realPathIn(pid, path, root)) ?? path);
  }
  return [...spellings];
}
