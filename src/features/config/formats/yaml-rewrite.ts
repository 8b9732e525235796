import type { ValuePlace } from "./format.ts";
import { lineEndingOf } from "./text-edit.ts";
import { isTreeArray, isTreeObject, pointerOf, type Tree, type TreePath, treeObject } from "./tree.ts";
import { wholeDocument } from "./yaml-write.ts";

/**
 * The text of another tree: without comments, anchors and layout. Scalars that stay at their place are spelled as they
 * are, because readers of YAML 1.1 take `2026-01-02` for a date and `"2026-01-02"` for a string.
 */
export function rewriteYaml(text: string, values: readonly ValuePlace[], wanted: Tree, step: number): string {
  const places = new Map<string, ValuePlace>();
  for (const place of values) {
    // An alias has no anchor any more: what it stands for is spelled out.
    if (text[place.start] === "*") continue;
    for (const path of place.paths) places.set(pointerOf(path), place);
  }
  const sources: string[] = [];
  // A word that stands nowhere else, for the writer to put where the old spelling goes.
  let mark = "TEXT";
  while (text.includes(mark)) mark += "X";

  const marked = (tree: Tree, path: TreePath): Tree => {
    if (isTreeArray(tree)) return tree.map((item, index) => marked(item, [...path, index]));
    if (isTreeObject(tree)) {
      return treeObject(
        Object.entries(tree).map(([key, item]) => [key, marked(item, [...path, key])] as const),
      );
    }
    const place = places.get(pointerOf(path));
    const source = place?.value === tree ? text.slice(place.start, place.end) : "";
    // What takes several lines has lost its indentation.
    if (source === "" || /^[|>]|[\r\n]/.test(source)) return tree;
    return `${mark}${sources.push(source) - 1}_`;
  };
  const written = wholeDocument(marked(wanted, []), step).replaceAll("\n", lineEndingOf(text));
  const pattern = new RegExp(`${mark}(\\d+)_`, "g");
  return written.replace(pattern, (_, index: string) => sources[Number(index)] ?? "");
}
