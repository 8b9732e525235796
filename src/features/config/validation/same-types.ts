import type { InputError } from "../../../base/errors.ts";
import type { FormatName } from "../formats/format.ts";
import { isTreeArray, isTreeObject, member, pointerOf, type Tree, type TreePath } from "../formats/tree.ts";
import { unknownKey } from "./schema-errors.ts";

/** The formats whose values have types; in all others everything is text, and its looks must do. */
const TYPED: ReadonlySet<string> = new Set(["json", "jsonc", "json5", "yaml", "toml"]);

/**
 * What in a new tree is not like the old one: a value of another type, or a key that was not there. What was null may
 * become anything, keys may go, and elements of an array are compared with all that were in it.
 */
export function sameTypes(old: Tree, next: Tree, format: FormatName): InputError[] {
  return compare({ models: [old], isTyped: TYPED.has(format) }, next, []);
}

/** The old values that a new one is compared with. */
interface Models {
  readonly models: readonly Tree[];
  readonly isTyped: boolean;
}

function compare({ models, isTyped }: Models, tree: Tree, path: TreePath): InputError[] {
  const types = new Set(models.map((model) => typeOf(model, isTyped)));
  if (types.size === 0 || types.has("null")) return [];
  const type = typeOf(tree, isTyped);
  if (!types.has(type) && !(types.has("text") && typeof tree === "string")) {
    const detail = `It was ${[...types].join(" or ")}, and would be ${type}.`;
    return [{ pointer: pointerOf(path), detail }];
  }
  if (isTreeArray(tree)) {
    const elements = { models: models.filter(isTreeArray).flat(), isTyped };
    return tree.flatMap((item, index) => compare(elements, item, [...path, index]));
  }
  if (!isTreeObject(tree)) return [];
  const objects = { models: models.filter(isTreeObject), isTyped };
  return Object.entries(tree).flatMap(([key, value]) => compareMember(objects, key, value, [...path, key]));
}

function compareMember({ models, isTyped }: Models, key: string, value: Tree, path: TreePath): InputError[] {
  const found = models.map((object) => member(object, key)).filter((each) => each !== undefined);
  if (found.length > 0) return compare({ models: found, isTyped }, value, path);
  const known = [...new Set(models.flatMap((object) => Object.keys(object ?? {})))];
  return [{ pointer: pointerOf(path), detail: unknownKey(key, known) }];
}

/** `text` is a string of a format that has no types, and says nothing. */
function typeOf(tree: Tree, isTyped: boolean): string {
  if (tree === null) return "null";
  if (isTreeArray(tree)) return "an array";
  if (isTreeObject(tree)) return "an object";
  if (typeof tree === "string") return isTyped ? "a string" : looksOf(tree);
  return typeof tree === "boolean" ? "a boolean" : "a number";
}

function looksOf(text: string): string {
  if (/^[+-]?\d+(\.\d+)?$/.test(text)) return "a number";
  if (/^(true|false|yes|no|on|off)$/i.test(text)) return "a boolean";
  return "text";
}
