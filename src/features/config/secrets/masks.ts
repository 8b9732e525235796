import { MASK } from "../../../base/secrets.ts";
import type { Content } from "../content.ts";
import type { ConfigDocument, ValuePlace } from "../formats/format.ts";
import { applySplices, lineEndOf, lineStartOf, type Splice, type TextRange } from "../formats/text-edit.ts";
import {
  isTreeArray,
  isTreeObject,
  member,
  pointerOf,
  type Tree,
  type TreePath,
  type TreeScalar,
  treeObject,
} from "../formats/tree.ts";
import { isSecretName, isSecretPath, type SecretKeys } from "./secret-keys.ts";
import { secretRanges } from "./secret-text.ts";

/** How secrets in a configuration file are shown: every form that is answered has {@link MASK} in their place. */

/** What is shown in place of the secret values of a document. */
export interface Masks {
  /** By the JSON pointer of the value; a value that is reached through aliases has several. */
  readonly byPointer: ReadonlyMap<string, string>;
  readonly byPlace: ReadonlyMap<ValuePlace, string>;
}

/** What is shown in place of a value, or undefined where it is no secret and holds none. */
export function maskOf(
  value: TreeScalar,
  paths: readonly TreePath[],
  keys: SecretKeys,
  names: readonly string[] = [],
): string | undefined {
  if (value === null || typeof value === "boolean" || value === "") return undefined;
  if (names.some((name) => isSecretName(name, keys))) return MASK;
  if (paths.some((path) => isSecretPath(path, keys))) return MASK;
  if (typeof value !== "string") return undefined;
  const masked = maskRanges(value, secretRanges(value, { directives: false, keys }));
  return masked === value ? undefined : masked;
}

/** Tells whether a value is what is shown in place of a secret, whole or in part. */
export function isMaskForm(value: TreeScalar, path: TreePath, keys: SecretKeys): boolean {
  if (typeof value !== "string" || !value.includes(MASK)) return false;
  return (
    value === MASK ||
    (maskOf(value, [path], keys) === undefined && secretRanges(value, { directives: false, keys }).length > 0)
  );
}

/** The masks of a document. */
export function masksOf({ values }: ConfigDocument, keys: SecretKeys): Masks {
  const byPointer = new Map<string, string>();
  const byPlace = new Map<ValuePlace, string>();
  for (const place of values) {
    const mask = maskOf(place.value, place.paths, keys, place.names);
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

/** The masks of a tree, by what it is and how it is shown. `path` is where it stands in the whole tree. */
export function masksBetween(
  real: Tree | undefined,
  shown: Tree | undefined,
  path: TreePath,
): Map<string, string> {
  if (isTreeObject(real) || isTreeArray(real)) {
    const keys = isTreeArray(real) ? [...real.keys()] : Object.keys(real);
    const inner = keys.flatMap((key) => [
      ...masksBetween(member(real, key), member(shown, key), [...path, key]),
    ]);
    return new Map(inner);
  }
  return new Map(typeof shown === "string" && shown !== real ? [[pointerOf(path), shown]] : []);
}

/** Tells whether a secret in a tree would be shown, were it to stand at another place. */
export function leavesMask(real: Tree, shown: Tree, path: TreePath, keys: SecretKeys): boolean {
  if (isTreeObject(real) || isTreeArray(real)) {
    const members = isTreeArray(real) ? [...real.keys()] : Object.keys(real);
    return members.some((key) =>
      leavesMask(member(real, key) ?? null, member(shown, key) ?? null, [...path, key], keys),
    );
  }
  return shown !== real && maskOf(real, [path], keys) === undefined;
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
export function maskText({ decoded, document, format }: Content, keys: SecretKeys): MaskedText | undefined {
  if (decoded === null) return undefined;
  const { text } = decoded;
  if (format === undefined) {
    const ranges = secretRanges(text, { directives: true, keys });
    return { text: maskRanges(text, ranges), count: ranges.length };
  }
  if (document === null) return undefined;
  const splices = [
    ...[...masksOf(document, keys).byPlace].map(([place, mask]) => ({
      ...withoutLineEnd(text, place),
      text: writeMask(document, place, mask),
    })),
    ...secretComments(text, document, keys).flatMap(({ secrets }) =>
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
export function secretComments(
  text: string,
  { comments }: ConfigDocument,
  keys: SecretKeys,
): SecretSegment[] {
  return comments.flatMap(({ start, end }) => {
    const secrets = secretRanges(text.slice(start, end), { directives: false, keys }).map((range) => ({
      start: start + range.start,
      end: start + range.end,
    }));
    return secrets.length === 0 ? [] : [{ start, end, secrets }];
  });
}

/** The lines of plain text that hold secrets. A secret of several lines, such as a key, makes one segment of them. */
export function secretLines(text: string, keys: SecretKeys): SecretSegment[] {
  const groups = Map.groupBy(secretRanges(text, { directives: true, keys }), ({ start }) =>
    lineStartOf(text, start),
  );
  return [...groups].map(([start, secrets]) => {
    return { start, end: lineEndOf(text, secrets.at(-1)?.end ?? start), secrets };
  });
}

/** A place without the line ends that a block scalar of YAML ends with. Blanks at the end of a line are of the value. */
export function withoutLineEnd(text: string, { start, end }: TextRange): TextRange {
  const value = text.slice(start, end);
  const trimmed = value.trimEnd();
  return { start, end: /[\r\n]/.test(value.slice(trimmed.length)) ? start + trimmed.length : end };
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
