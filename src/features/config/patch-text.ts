import { AppError } from "../../base/errors.ts";
import { type Content, encode, readContent } from "./content.ts";
import { difference } from "./formats/difference.ts";
import type { FormatName } from "./formats/format.ts";
import {
  equalTrees,
  isTreeArray,
  isTreeObject,
  member,
  mergePatch,
  pointerOf,
  type Tree,
  type TreePath,
} from "./formats/tree.ts";

/**
 * The content with a merge patch (RFC 7396) applied: only the text of what changes is written anew. The result is
 * read again, and must be exactly the tree that the patch asks for, so a corner of a format can never make a file
 * that says something else.
 * @throws {AppError} `content-invalid` where the format has no safe way to write the change.
 */
export function patchContent(content: Content, formatName: FormatName, patch: Tree): Buffer {
  const { document, decoded } = content;
  if (document === null || decoded === null) throw new Error("only a content that was read can be patched");
  const wanted = mergePatch(document.tree, patch);
  const edit = difference(document.tree, wanted);
  if (edit === undefined) return content.bytes;
  const bytes = encode(
    withoutOverlaps(() => document.edit(edit)),
    decoded,
  );
  const result = readContent(bytes, formatName).document;
  if (result === null || !equalTrees(result.tree, wanted)) {
    throw notExactly(formatName, result === null ? [] : firstDifference(result.tree, wanted, []));
  }
  return bytes;
}

function withoutOverlaps(write: () => string): string {
  try {
    return write();
  } catch (error) {
    if (error instanceof RangeError) throw notExactly("this", []);
    throw error;
  }
}

function notExactly(formatName: string, path: TreePath): AppError {
  const detail = `There is no safe way to write this change into ${formatName} text.`;
  return new AppError("content-invalid", `${detail} Nothing was changed.`, {
    remedy: "Change the text itself and send the whole file with PUT.",
    errors: [{ pointer: pointerOf(path), detail }],
  });
}

function firstDifference(got: Tree | undefined, wanted: Tree | undefined, path: TreePath): TreePath {
  const isSameKind = (isTreeObject(got) && isTreeObject(wanted)) || (isTreeArray(got) && isTreeArray(wanted));
  if (!isSameKind) return path;
  const keys = isTreeArray(wanted)
    ? [...wanted.keys()]
    : [...new Set([...Object.keys(wanted ?? {}), ...Object.keys(got ?? {})])];
  const key = keys.find((candidate) => !equalTrees(member(got, candidate), member(wanted, candidate)));
  return key === undefined ? path : firstDifference(member(got, key), member(wanted, key), [...path, key]);
}
