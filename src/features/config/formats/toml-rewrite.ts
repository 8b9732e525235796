import type { AST } from "toml-eslint-parser";
import { cannotWrite } from "./format.ts";
import { lineEndingOf } from "./text-edit.ts";
import { rangeOf, scalarOf, type TomlNode, type TomlTable } from "./toml-tree.ts";
import { rootLines, writeInline } from "./toml-write.ts";
import { isTreeArray, isTreeObject, pointerOf, type Tree, type TreePath } from "./tree.ts";

/** The text of another tree. Scalars that stay at their place are spelled as they are: dates, floats, quotes. */
export function rewriteToml(text: string, root: TomlTable, wanted: Tree): string {
  if (!isTreeObject(wanted)) throw cannotWrite([], "A TOML file holds keys and tables.");
  const scalars = new Map<string, AST.TOMLValue>();
  collectScalars(root, [], scalars);
  const write = (value: Tree, path: TreePath): string => {
    if (isTreeArray(value) || isTreeObject(value)) return writeInline(value, path, undefined, write);
    const old = scalars.get(pointerOf(path));
    if (old === undefined) return writeInline(value, path);
    const { start, end } = rangeOf(old);
    const source = text.slice(start, end);
    return scalarOf(old, source) === value ? source : writeInline(value, path, old);
  };
  const eol = lineEndingOf(text);
  return rootLines(wanted, write)
    .map((line) => line + eol)
    .join("");
}

function collectScalars(part: TomlNode, path: TreePath, scalars: Map<string, AST.TOMLValue>): void {
  if (part.kind === "scalar") scalars.set(pointerOf(path), part.node);
  else {
    const inner = part.kind === "table" ? part.members : part.items.entries();
    for (const [key, child] of inner) collectScalars(child, [...path, key], scalars);
  }
}
