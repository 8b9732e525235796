import { readMaps } from "../memory-maps.ts";
import { readRoot } from "../root-path.ts";

const DELETED = / \(deleted\)$/;

/**
 * The files that a process has mapped, as it sees them itself, each once; also those that were removed or replaced
 * since. Throws the system error where that can't be read.
 */
export async function readMappedFiles(pid: number): Promise<ReadonlySet<string>> {
  const mappings = await readMaps(pid, await readRoot(pid));
  const files = new Set<string>();
  for (const { path } of mappings) {
    if (path?.startsWith("/") === true) files.add(path.replace(DELETED, ""));
  }
  return files;
}
