import type { GrowingFile } from "../../../linux/growing-file.ts";
import type { ReadOptions } from "../log-parts.ts";
import type { SearchedBlock } from "./block-search.ts";

/** For less than that a search would not be worth its thread. */
const SEARCH_BYTES = 4_194_304;

/**
 * What a search finds in a file from the beginning of a line on, where there is one and much to look at. Whoever reads goes
 * on where it ends.
 */
export async function* searchFile(
  file: GrowingFile,
  from: number,
  { search, signal }: ReadOptions,
): AsyncGenerator<SearchedBlock> {
  if (search === undefined) return;
  const size = await file.size();
  if (size - from < SEARCH_BYTES) return;
  for await (const block of search(file, from, size)) {
    yield block;
    if (signal.aborted) return;
  }
}
