import { LINES_AT_ONCE, type RawLine } from "../line-splitter.ts";
import type { FoundBatch, LineBatch } from "../log-parts.ts";
import { knownOf } from "./block-search.ts";

/** What a search has found as lines, some at once. */
export function* batchesOf({ content, found }: FoundBatch): Generator<LineBatch> {
  const { bytes, ends, offsets, cut } = found;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const areCut = new Set(cut);
  for (let from = 0; from < ends.length; from += LINES_AT_ONCE) {
    const lines = Array.from(ends.subarray(from, from + LINES_AT_ONCE), (end, at): RawLine => {
      const index = from + at;
      const known = knownOf(found, index);
      return {
        bytes: buffer.subarray(index === 0 ? 0 : ends[index - 1], end - 1),
        endOffset: offsets[index] ?? 0,
        isCut: areCut.has(index),
        isOpen: false,
        isMatch: true,
        ...(known === undefined ? {} : { known }),
      };
    });
    yield { kind: "lines", content, lines };
  }
}
