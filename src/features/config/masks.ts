import { looksSecret, MASK } from "../../base/secrets.ts";
import type { Content } from "./content.ts";
import type { ConfigDocument, ValuePlace } from "./formats/format.ts";
import { applySplices, lineEndOf, lineStartOf, type Splice, type TextRange } from "./formats/text-edit.ts";
import {
  isTreeArray,
  isTreeObject,
  pointerOf,
  type Tree,
  type TreePath,
  type TreeScalar,
  treeObject,
} from "./formats/tree.ts";
import { secretRanges } from "./secret-text.ts";

/** How secrets in a configuration file are shown: every form that is answered has {@link MASK} in their place. */

/** What is shown in place of the secret values of a document. */
export interface Masks {
  /** By the JSON pointer of the value; a value that is reached through aliases has several. */
  readonly byPointer: ReadonlyMap<string, string>;
  readonly byPlace: ReadonlyMap<ValuePlace, string>;
}

/** What is shown in place of a value, or undefined where it is no secret and holds none. */
export function maskOf(value: TreeScalar, paths: readonly TreePath[]): string | undefined {
  if (value === null || typeof value === "boolean" || value === "") return undefined;
  if (paths.some((path) => path.some((key) => typeof key === "string" && looksSecret(key)))) return MASK;
  if (typeof value !== "string") return undefined;
  const masked = maskRanges(value, secretRanges(value, { directives: false }));
  return masked === value ? undefined : masked;
}

/** Tells whether a value is what is shown in place of a secret, whole or in part. */
export function isMaskForm(value: TreeScalar, path: TreePath): boolean {
  if (typeof value !== "string" || !value.includes(MASK)) return false;
  return (
    value === MASK ||
    (maskOf(value, [path]) === undefined && secretRanges(value, { directives: false }).length > 0)
  );
}

/** The masks of a document. */
export function masksOf({ values }: ConfigDocument): Masks {
  const byPointer = new Map<string, string>();
  const byPlace = new Map<ValuePlace, string>();
  for (const place of values) {
    const mask = maskOf(place.value, place.paths);
    if (mask === undefined) continue;
    byPlace.set(place, mask);
    for (const path of place.paths) byPointer.set(pointerOf(path), mask);
  }
  return { byPointer, byPlace };
}

/** The tree with its secrets masked. `path` is where it stands in the whole tree. */
export function maskTree(tree: Tree, masks: Masks["byPointer"], path: TreePath = []): Tree {
  if (isTreeArray(tree)) return tree.map((item, index) => maskTree(item, masks, [...path, index]));
  if (isTreeObject(tree)) {
    return treeObject(
      Object.entries(tree).map(([key, item]) => [key, maskTree(item, masks, [...path, key])] as const),
    );
  }
  return masks.get(pointerOf(path)) ?? tree;
}

/** A text with its secrets masked, and how many there were. */
export interface MaskedText {
  readonly text: string;
  readonly count: number;
}

/**
 * The text of a content with its secrets masked. Undefined where that can't be done: a file that can't be parsed
 * has no keys to go by.
 */
export function maskText({ decoded, document, format }: Content): MaskedText | undefined {
  if (decoded === null) return undefined;
  const { text } = decoded;
  if (format === undefined) {
    const ranges = secretRanges(text, { directives: true });
    return { text: maskRanges(text, ranges), count: ranges.length };
  }
  if (document === null) return undefined;
  const splices = [
    ...[...masksOf(document).byPlace].map(([place, mask]) => ({
      ...withoutLineEnd(text, place),
      text: writeMask(document, place, mask),
    })),
    ...secretComments(text, document).flatMap(({ secrets }) =>
      secrets.map((range) => ({ ...range, text: MASK })),
    ),
  ];
  return { text: applySplices(text, splices), count: splices.length };
}

/** A piece of text, such as a line or a comment, and the secrets in it. */
export interface SecretSegment extends TextRange {
  readonly secrets: readonly TextRange[];
}

/** The comments that hold secrets: a value that was commented out is still one. */
export function secretComments(text: string, { comments }: ConfigDocument): SecretSegment[] {
  return comments.flatMap(({ start, end }) => {
    const secrets = secretRanges(text.slice(start, end), { directives: false }).map((range) => ({
      start: start + range.start,
      end: start + range.end,
    }));
    return secrets.length === 0 ? [] : [{ start, end, secrets }];
  });
}

/** The lines of plain text that hold secrets. A secret of several lines, such as a key, makes one segment of them. */
export function secretLines(text: string): SecretSegment[] {
  const groups = Map.groupBy(secretRanges(text, { directives: true }), ({ start }) =>
    lineStartOf(text, start),
  );
  return [...groups].map(([start, secrets]) => {
    return { start, end: lineEndOf(text, secrets.at(-1)?.end ?? start), secrets };
  });
}

/** A place without the line ends that a block scalar of YAML ends with. */
export function withoutLineEnd(text: string, { start, end }: TextRange): TextRange {
  return { start, end: start + text.slice(start, end).trimEnd().length };
}

function writeMask(document: ConfigDocument, place: ValuePlace, mask: string): string {
  try {
    return document.write(mask, place);
  } catch {
    // Where a format has no safe way to write a part of a value, the whole is masked.
    return MASK;
  }
}

function maskRanges(text: string, ranges: readonly TextRange[]): string {
  return applySplices(
    text,
    ranges.map((range): Splice => ({ ...range, text: MASK })),
  );
}
