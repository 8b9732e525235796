import { AppError } from "../../../base/errors.ts";
import type { ConfigDocument } from "../formats/format.ts";
import { locate, parsePointer, replaceAt } from "../formats/pointer.ts";
import { mergePatch, pointerOf, type Tree } from "../formats/tree.ts";
import { keptSecrets, withSecrets } from "../secrets/kept-secrets.ts";
import { masksOf } from "../secrets/masks.ts";
import type { SecretKeys } from "../secrets/secret-keys.ts";
import { applyJsonPatch } from "./json-patch.ts";

/** The ways to say what a content is to become. Masks that are sent back leave the secrets that they stand for alone. */

/** The tree that a merge patch (RFC 7396) asks for. @throws {AppError} where a mask in it stands for nothing. */
export function mergedTree(document: ConfigDocument, patch: Tree, keys: SecretKeys): Tree {
  const kept = keptSecrets(patch, document.tree, masksOf(document, keys).byPointer, keys);
  return mergePatch(document.tree, withSecrets(patch, kept));
}

/** The tree that a JSON Patch (RFC 6902) asks for. @throws {AppError} as {@link applyJsonPatch}. */
export function patchedTree(document: ConfigDocument, patch: Tree, keys: SecretKeys): Tree {
  return applyJsonPatch(document.tree, patch, masksOf(document, keys).byPointer, keys);
}

/** A tree without the value at a pointer. @throws {AppError} as {@link partAt}, and for the whole tree. */
export function removeAt(tree: Tree, pointer: string): Tree {
  const { path } = partAt(tree, pointer);
  if (path.length > 0) return replaceAt(tree, path, undefined);
  throw new AppError("content-invalid", "The whole content can't be removed.", {
    remedy: "Name a key: ?pointer=/key",
    errors: [{ pointer: "pointer", detail: "It names the whole content." }],
  });
}

/**
 * The part of a tree that a pointer (RFC 6901) names.
 * @throws {AppError} `invalid-parameter` where it is no pointer, `not-found` where it leads to nothing.
 */
export function partAt(tree: Tree, pointer: string): { path: (string | number)[]; value: Tree } {
  const names = parsePointer(pointer);
  if (names === undefined) {
    throw new AppError("invalid-parameter", `${pointer} is no JSON pointer (RFC 6901).`, {
      remedy: "A pointer begins with /, and has ~1 for / and ~0 for ~ in a key: ?pointer=/a~1b/0",
      errors: [{ pointer: "pointer", detail: "This is no JSON pointer." }],
    });
  }
  const { path, value } = locate(tree, names);
  if (value !== undefined) return { path: [...path], value };
  throw new AppError("not-found", `Nothing stands at ${pointer}.`, {
    remedy:
      path.length === 0 ? "Leave ?pointer= out for the whole." : `The nearest there is: ${pointerOf(path)}`,
    errors: [{ pointer: "pointer", detail: "It leads to nothing." }],
  });
}
