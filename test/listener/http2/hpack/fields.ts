import {
  STATIC_ENTRIES,
  STATIC_NAMES,
  STATIC_VALUES,
} from "../../../../src/listener/http2/hpack/static-table.ts";
import type { Random } from "../../../support/random.ts";
import type { Pair } from "./block-writer.ts";

/** The static table as pairs. */
export const STATIC_PAIRS: readonly Pair[] = Array.from({ length: STATIC_ENTRIES }, (_, index) => [
  STATIC_NAMES[index + 1] ?? "",
  STATIC_VALUES[index + 1] ?? "",
]);

const NAMES = ["accept", "cache-control", "cookie", "x-one", "x-two", "user-agent", "x!#$%&'*+.^`|~1"];
const VALUES = [
  "",
  "a",
  "no-cache",
  "gzip, deflate",
  "text/html;q=0.9",
  "a=b; c=d",
  "\xe9\xff\x80",
  "x".repeat(300),
];

/** A field as requests have them: mostly one that came before. */
export function randomField(random: Random): Pair {
  if (random.chance(0.7)) return [random.pick(NAMES), random.pick(VALUES)];
  return [`x-${random.int(1_000)}`, randomValue(random)];
}

/** Visible text, some of it beyond ASCII. */
export function randomValue(random: Random): string {
  const length = random.chance(0.05) ? random.int(3_000) : random.int(40);
  return Array.from({ length }, () =>
    String.fromCharCode(random.chance(0.9) ? 0x21 + random.int(0x5e) : 0x80 + random.int(0x80)),
  ).join("");
}

/** The pairs as one list of names and values in turn. */
export function flat(pairs: readonly Pair[]): string[] {
  return pairs.flat();
}
