import { readlink } from "node:fs/promises";
import { openPlaceInRoot } from "./open-in-root.ts";
import { checkPlace, type PinnedFile, untilStill } from "./pinned-file.ts";

/**
 * Opens the place of a regular file in the root of another process, as `pinFile` does in ours: links are followed as the
 * process itself would, and must lead to a file below the link's own folder.
 * @param path absolute, as the process sees it.
 * @param shown how the settings write it.
 * @param setting that names the file.
 * @throws {AppError} `not-found`, `permission-denied`, or `conflict` where it is something else than a regular file or a
 * link leads away.
 */
export function pinInRoot(pid: number, path: string, shown: string, setting: string): Promise<PinnedFile> {
  return untilStill(shown, () => pinOnce(pid, path, shown, setting));
}

async function pinOnce(
  pid: number,
  path: string,
  shown: string,
  setting: string,
): Promise<PinnedFile | undefined> {
  await using opened = new AsyncDisposableStack();
  const found = opened.use(await openPlaceInRoot(pid, path));
  const { place: file, ...where } = found;
  const realPath = await readlink(`/proc/self/fd/${file.fd}`);
  const described = await checkPlace({ file, ...where }, { path: shown, realPath, setting });
  if (described === undefined) return undefined;
  const kept = opened.move();
  return { ...described, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
