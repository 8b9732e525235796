import type { FoundLines } from "./block-search.ts";

/** Makes one of what several blocks have, in their order: what goes to another thread costs by the piece. */
export function joinFound(parts: readonly FoundLines[]): FoundLines | undefined {
  const [first] = parts;
  if (first === undefined || parts.length === 1) return first;
  const count = parts.reduce((sum, { ends }) => sum + ends.length, 0);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.bytes.length, 0));
  const ends = new Uint32Array(count);
  const offsets = new Float64Array(count);
  const cut: number[] = [];
  // All of a search are looked at for what they say of themselves, or none.
  const known =
    first.known === undefined
      ? undefined
      : { timesMs: new Float64Array(count), levels: new Uint8Array(count) };
  let atByte = 0;
  let at = 0;
  for (const part of parts) {
    const [fromByte, from] = [atByte, at];
    bytes.set(part.bytes, fromByte);
    part.ends.forEach((end, index) => {
      ends[from + index] = fromByte + end;
    });
    offsets.set(part.offsets, from);
    cut.push(...part.cut.map((index) => from + index));
    if (known !== undefined && part.known !== undefined) {
      known.timesMs.set(part.known.timesMs, from);
      known.levels.set(part.known.levels, from);
    }
    atByte += part.bytes.length;
    at += part.ends.length;
  }
  return { bytes, ends, offsets, cut, ...(known === undefined ? {} : { known }) };
}
