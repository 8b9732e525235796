import type { ConfigDocument, ValuePlace } from "./format.ts";
import { editJson, type JsonDialect } from "./json-edit.ts";
import type { JsonNode } from "./json-node.ts";
import type { TextRange } from "./text-edit.ts";
import { type Tree, type TreePath, treeObject } from "./tree.ts";

/** The document of a text in JSON or a relative of it. */
export function jsonDocument(
  text: string,
  root: JsonNode,
  comments: readonly TextRange[],
  dialect: JsonDialect,
): ConfigDocument {
  const values: ValuePlace[] = [];
  return {
    tree: treeOf(root, [], values),
    values,
    comments,
    edit: (edit) => editJson(text, root, edit, dialect),
    write: (value) => JSON.stringify(value),
  };
}

function treeOf(node: JsonNode, path: TreePath, values: ValuePlace[]): Tree {
  switch (node.kind) {
    case "scalar": {
      const { value, start, end } = node;
      values.push({ paths: [path], value, start, end });
      return value;
    }
    case "array":
      return node.items.map((item, index) => treeOf(item, [...path, index], values));
    case "object":
      return treeObject(
        node.items.map(({ name, value }) => [name, treeOf(value, [...path, name], values)] as const),
      );
  }
}
