import { z } from "zod";
import { AppError } from "../../../base/errors.ts";
import { insertAt, keyIn, locate, parsePointer, replaceAt } from "../formats/pointer.ts";
import {
  equalTrees,
  isTreeArray,
  isTreeObject,
  pointerOf,
  type Tree,
  type TreePath,
} from "../formats/tree.ts";
import { keptSecrets, withSecrets } from "../secrets/kept-secrets.ts";
import { leavesMask, type Masks, masksBetween, maskTree } from "../secrets/masks.ts";
import type { SecretKeys } from "../secrets/secret-keys.ts";

/**
 * JSON Patch (RFC 6902) on trees. Own code: the libraries change their input, which may not hold bigints, and drop or
 * refuse keys such as `constructor`, which here are keys like any other.
 */

/** A tree that changes, and how it is shown: with its secrets masked. */
interface Working {
  readonly real: Tree;
  readonly shown: Tree;
  /** What is secret beside what looks it. */
  readonly keys: SecretKeys;
}

type Operation = { readonly index: number } & (
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: Tree }
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "move" | "copy"; readonly from: string; readonly path: string }
);

/**
 * The tree that a JSON Patch asks for. A mask that is sent in the place of a secret leaves it alone.
 * @throws {AppError} `bad-request` where it is no JSON Patch, `conflict` where a `test` fails or a place is not there,
 * `content-invalid` where a mask stands for nothing; each names the operation by its pointer in the patch.
 */
export function applyJsonPatch(tree: Tree, patch: Tree, masks: Masks["byPointer"], keys: SecretKeys): Tree {
  let working: Working = { real: tree, shown: maskTree(tree, masks), keys };
  for (const operation of readOperations(patch)) working = apply(working, operation);
  return working.real;
}

const shape = z.discriminatedUnion("op", [
  z.object({ op: z.enum(["add", "replace", "test"]), path: z.string(), value: z.custom<Tree>(isDefined) }),
  z.object({ op: z.literal("remove"), path: z.string() }),
  z.object({ op: z.enum(["move", "copy"]), from: z.string(), path: z.string() }),
]);

function isDefined(value: unknown): boolean {
  return value !== undefined;
}

function readOperations(patch: Tree): Operation[] {
  if (!isTreeArray(patch)) throw malformed("", "A JSON Patch is an array of operations.");
  return patch.map((operation, index) => {
    const result = shape.safeParse(operation);
    if (!result.success) {
      const { path = [], message = "" } = result.error.issues[0] ?? {};
      throw malformed(pointerOf([index, ...path.map((key) => String(key))]), message);
    }
    return { index, ...result.data };
  });
}

function apply(working: Working, operation: Operation): Working {
  switch (operation.op) {
    case "add":
    case "replace":
      return put(working, operation);
    case "remove": {
      const { path } = existing(working, operation.path, operation, "path");
      if (path.length === 0) throw refused(operation, "path", "The whole content can't be removed.");
      return both(working, (tree) => replaceAt(tree, path, undefined));
    }
    case "test": {
      const found = existing(working, operation.path, operation, "path");
      const isSame = [found.value, found.shown].some((value) => equalTrees(value, operation.value));
      if (!isSame) throw conflict(operation, "value", "The value is another one.");
      return working;
    }
    case "move":
    case "copy":
      return transfer(working, operation);
  }
}

function put(working: Working, operation: Extract<Operation, { value: Tree }>): Working {
  const isNew = operation.op === "add";
  const path = isNew
    ? target(working, operation.path, operation)
    : existing(working, operation.path, operation, "path").path;
  // What is put into an array stands in the place of nothing.
  const replaces = !isNew || typeof path.at(-1) !== "number";
  const names = path.map(String);
  const old = replaces ? locate(working.real, names).value : undefined;
  const oldShown = replaces ? locate(working.shown, names).value : undefined;
  const { keys } = working;
  const value = withOldSecrets(operation, path, { real: old, shown: oldShown, keys });
  return {
    keys,
    real: (replaces ? replaceAt : insertAt)(working.real, path, value),
    shown: (replaces ? replaceAt : insertAt)(working.shown, path, operation.value),
  };
}

function withOldSecrets(
  { value, index }: Extract<Operation, { value: Tree }>,
  path: TreePath,
  old: { readonly real: Tree | undefined; readonly shown: Tree | undefined; readonly keys: SecretKeys },
): Tree {
  try {
    const masks = masksBetween(old.real, old.shown, path);
    return withSecrets(value, keptSecrets(value, old.real, masks, old.keys, path), path);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, remedy, errors } = error;
    const pointer = pointerOf([String(index), "value"]);
    throw new AppError(code, message, {
      ...(remedy === undefined ? {} : { remedy }),
      errors: errors.map((each) => ({ pointer, detail: `${each.pointer}: ${each.detail}` })),
    });
  }
}

function transfer(working: Working, operation: Extract<Operation, { from: string }>): Working {
  const source = existing(working, operation.from, operation, "from");
  const isMove = operation.op === "move";
  if (isMove && operation.path === operation.from) return working;
  if (isMove && (operation.path.startsWith(`${operation.from}/`) || source.path.length === 0)) {
    throw refused(operation, "path", "A value can't be moved into itself.");
  }
  const rest = isMove ? both(working, (tree) => replaceAt(tree, source.path, undefined)) : working;
  const path = target(rest, operation.path, operation);
  if (leavesMask(source.value, source.shown, path, working.keys)) {
    throw refused(operation, "path", "A secret would stand here in the open: its name does not look secret.");
  }
  const isElement = typeof path.at(-1) === "number";
  const write = isElement ? insertAt : replaceAt;
  return {
    keys: working.keys,
    real: write(rest.real, path, source.value),
    shown: write(rest.shown, path, source.shown),
  };
}

function both({ real, shown, keys }: Working, change: (tree: Tree) => Tree): Working {
  return { keys, real: change(real), shown: change(shown) };
}

interface Existing {
  readonly path: TreePath;
  readonly value: Tree;
  readonly shown: Tree;
}

function existing(working: Working, pointer: string, operation: Operation, where: string): Existing {
  const names = namesOf(pointer, operation, where);
  const { path, value } = locate(working.real, names);
  const shown = locate(working.shown, names).value;
  if (value === undefined || shown === undefined) throw missing(operation, where, path);
  return { path, value, shown };
}

/** Where `add` puts a value: its object or array must be there; `-` is behind the last element. */
function target({ real }: Working, pointer: string, operation: Operation): TreePath {
  const names = namesOf(pointer, operation, "path");
  const last = names.at(-1);
  if (last === undefined) return [];
  const { path, value: parent } = locate(real, names.slice(0, -1));
  if (parent === undefined) throw missing(operation, "path", path);
  if (isTreeArray(parent)) {
    const index = last === "-" ? parent.length : keyIn(parent, last);
    if (typeof index !== "number" || index > parent.length) throw missing(operation, "path", path);
    return [...path, index];
  }
  if (!isTreeObject(parent)) throw missing(operation, "path", path);
  return [...path, last];
}

function namesOf(pointer: string, { index }: Operation, where: string): readonly string[] {
  const names = parsePointer(pointer);
  if (names === undefined) throw malformed(`/${index}/${where}`, "This is no JSON pointer (RFC 6901).");
  return names;
}

function malformed(pointer: string, detail: string): AppError {
  return new AppError("bad-request", `The body is no JSON Patch: ${detail}`, {
    remedy: 'Send an array such as [{"op": "replace", "path": "/key", "value": 1}].',
    errors: [{ pointer, detail }],
  });
}

function missing(operation: Operation, where: string, nearest: TreePath): AppError {
  const found = nearest.length === 0 ? "" : ` It leads as far as ${pointerOf(nearest)}.`;
  return conflict(operation, where, `The pointer leads to nothing.${found}`);
}

function conflict({ index, op }: Operation, where: string, detail: string): AppError {
  return new AppError("conflict", `Operation ${index} (${op}) can't be done. Nothing was changed.`, {
    remedy: "Read the file again, and make the patch for what is there now.",
    errors: [{ pointer: `/${index}/${where}`, detail }],
  });
}

function refused({ index, op }: Operation, where: string, detail: string): AppError {
  return new AppError("content-invalid", `Operation ${index} (${op}) is refused. Nothing was changed.`, {
    errors: [{ pointer: `/${index}/${where}`, detail }],
  });
}
