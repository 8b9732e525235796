import type { Random } from "../../../support/random.ts";

/** Random trees and merge patches, the same ones for the same seed. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const WORDS = [
  "alpha",
  "beta",
  "gamma.delta",
  "x-y",
  "Zeta_1",
  "é",
  "n",
  "on",
  "key with blank",
  "a/b",
  "~t",
];
const STRINGS = [
  "",
  "plain",
  "two words",
  "yes",
  "012",
  "12:30",
  "1e3",
  "null",
  "# no comment",
  "a: b",
  "it's",
  'say "hi"',
  "back\\slash",
  "line\nbreak",
  "two\nlines\n",
  "ends with blank ",
  " begins with blank",
  "\ttab",
  "über ❄ 𝄞",
  "*star",
  "&amp",
  "[x]",
  "{y}",
  "- dash",
  "$HOME",
  "%percent",
  "@at",
  "!bang",
  "=",
  "<<",
  "\u0007bell",
  "\u0085next",
  "trailing\n\n",
  "\n leading",
];

/** A random scalar. */
export function randomScalar(random: Random): Json {
  if (random.chance(0.6)) return random.pick(STRINGS);
  return random.pick<Json>([0, -1, 42, 1.5, 1e21, 123_456_789_012, true, false, null]);
}

/** A random tree, at most `depth` levels deep. */
export function randomTree(random: Random, depth: number): Json {
  if (depth <= 0 || random.chance(0.4)) return randomScalar(random);
  if (random.chance(0.4)) return Array.from({ length: random.int(4) }, () => randomTree(random, depth - 1));
  return randomObject(random, depth);
}

/** A random object, at most `depth` levels deep. */
export function randomObject(
  random: Random,
  depth: number,
  words: readonly string[] = WORDS,
): { [key: string]: Json } {
  const object: { [key: string]: Json } = {};
  for (let left = random.int(5); left > 0; left--) object[random.pick(words)] = randomTree(random, depth - 1);
  return object;
}

/** A random merge patch that mostly speaks of what `tree` has. */
export function randomPatch(random: Random, tree: Json, depth = 3): Json {
  if (typeof tree !== "object" || tree === null || Array.isArray(tree)) {
    if (Array.isArray(tree) && random.chance(0.7)) return randomArrayChange(random, tree);
    return random.chance(0.2) ? randomTree(random, depth) : randomScalar(random);
  }
  const patch: { [key: string]: Json } = {};
  for (const [key, value] of Object.entries(tree)) {
    if (random.chance(0.5)) continue;
    patch[key] = random.chance(0.2) ? null : randomPatch(random, value, depth - 1);
  }
  if (random.chance(0.5)) patch[random.pick(WORDS)] = randomTree(random, 2);
  return patch;
}

function randomArrayChange(random: Random, array: Json[]): Json[] {
  const changed = array.filter(() => random.chance(0.7));
  for (let left = random.int(3); left > 0; left--) {
    changed.splice(random.int(changed.length + 1), 0, randomTree(random, 1));
  }
  return changed;
}
