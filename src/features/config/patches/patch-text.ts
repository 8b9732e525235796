import { AppError } from "../../../base/errors.ts";
import { type Content, type DecodedText, encode, readContent } from "../content.ts";
import { difference } from "../formats/difference.ts";
import type { ConfigDocument, FormatName } from "../formats/format.ts";
import {
  equalTrees,
  isTreeArray,
  isTreeObject,
  member,
  pointerOf,
  type Tree,
  type TreePath,
} from "../formats/tree.ts";

/** A content that was made for a tree. */
export interface WrittenTree {
  readonly bytes: Buffer;
  /** Whether the text was written anew, without its comments and layout. */
  readonly isLossy: boolean;
}

/**
 * The content with the tree `wanted` in the place of its own: only the text of what differs is written anew. The
 * result is read again, and must be exactly that tree, so a corner of a format can never make a file that says
 * something else.
 * @param options.allowLossy Whether the whole may be written anew where that is the only way.
 * @throws {AppError} `content-invalid` where the format has no safe way to write the change; with the member
 * `lossy: true` where there is one at the price of comments and layout.
 */
export function writeTree(
  content: Content,
  formatName: FormatName,
  wanted: Tree,
  options: { allowLossy: boolean } = { allowLossy: false },
): WrittenTree {
  const { document, decoded } = content;
  if (document === null || decoded === null) throw new Error("only a content that was read can be changed");
  const target = content.format?.canonical?.(wanted) ?? wanted;
  const edit = difference(document.tree, target);
  if (edit === undefined) return { bytes: content.bytes, isLossy: false };
  const check = (write: () => string) => checked(write, decoded, formatName, target);
  try {
    return { bytes: check(() => document.edit(edit)), isLossy: false };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const anew = writtenAnew(check, document, target);
    if (anew === undefined) throw error;
    if (options.allowLossy) return { bytes: anew, isLossy: true };
    throw onlyLossy(error);
  }
}

/** The bytes of a text that must read back as the tree that is wanted. */
function checked(write: () => string, decoded: DecodedText, formatName: FormatName, wanted: Tree): Buffer {
  const bytes = encode(withoutOverlaps(write), decoded);
  const result = readContent(bytes, formatName).document;
  if (result !== null && equalTrees(result.tree, wanted)) return bytes;
  throw notExactly(formatName, result === null ? [] : firstDifference(result.tree, wanted, []));
}

function writtenAnew(
  check: (write: () => string) => Buffer,
  { rewrite }: ConfigDocument,
  wanted: Tree,
): Buffer | undefined {
  if (rewrite === undefined) return undefined;
  try {
    return check(() => rewrite(wanted));
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

function onlyLossy({ code, message, errors }: AppError): AppError {
  return new AppError(code, message, {
    remedy:
      "Change the text itself and send the whole file with PUT, or add ?lossy=allow: then the file is written anew, without its comments and layout.",
    errors,
    extra: { lossy: true },
  });
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
