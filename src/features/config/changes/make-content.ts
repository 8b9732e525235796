import type { Buffer } from "node:buffer";
import { AppError } from "../../../base/errors.ts";
import {
  bufferOf,
  type Content,
  encode,
  notUtf8,
  type ParseError,
  readContent,
  wholeText,
} from "../content.ts";
import type { ConfigFile } from "../files/config-files.ts";
import type { ConfigDocument } from "../formats/format.ts";
import type { Tree } from "../formats/tree.ts";
import { writeTree } from "../patches/patch-text.ts";
import { mergedTree, patchedTree, removeAt } from "../patches/wanted-tree.ts";
import { unmaskContent } from "../secrets/unmask.ts";

/** How the new content of a file comes from the old one. It can go from thread to thread. */
export type Recipe =
  /** It is this, an earlier version. */
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** It is what was sent, with the old secrets in the place of masks. */
  | { readonly kind: "replace"; readonly body: Uint8Array }
  /** It is changed by a merge patch, or by a JSON Patch, that was of so many bytes. */
  | {
      readonly kind: "merge" | "patch";
      readonly patch: Tree;
      readonly sizeBytes: number;
      readonly allowLossy: boolean;
    }
  /** It is without what a pointer names. */
  | { readonly kind: "remove"; readonly pointer: string; readonly allowLossy: boolean };

type MadeFile = Pick<ConfigFile, "name" | "format" | "secretKeys">;

/**
 * Makes it.
 * @throws {AppError} `conflict` where the file can't be parsed; `content-invalid` where what was sent is not what the
 * format says, a mask in it stands for nothing, or the change can't be written; `not-found`; and as a patch does.
 */
export function makeContent(recipe: Recipe, old: Content, file: MadeFile): Buffer {
  switch (recipe.kind) {
    case "bytes":
      return bufferOf(recipe.bytes);
    case "replace":
      return replaced(bufferOf(recipe.body), old, file);
    case "merge":
      return written(recipe, old, file, (document) => mergedTree(document, recipe.patch, file.secretKeys));
    case "patch":
      return written(recipe, old, file, (document) => patchedTree(document, recipe.patch, file.secretKeys));
    case "remove":
      return written(recipe, old, file, ({ tree }) => removeAt(tree, recipe.pointer));
  }
}

function replaced(body: Buffer, old: Content, file: MadeFile): Buffer {
  const bytes = inEncodingOf(old, body);
  const sent = readContent(bytes, file.format);
  if (sent.parseError?.isInvalid === true) throw invalid(sent.parseError, file);
  return unmaskContent(sent, old, file);
}

/** A file in another encoding than UTF-8 keeps it; what is sent is UTF-8, or the same bytes as are there. */
function inEncodingOf(old: Content, body: Buffer): Buffer {
  const sent = readContent(body, "text").decoded;
  const isOldLatin1 = old.decoded?.encoding === "latin1";
  if (sent?.encoding === "latin1" && !isOldLatin1) throw invalid(notUtf8(body));
  if (sent === null || sent.encoding === "latin1" || !isOldLatin1) return body;
  const text = wholeText(sent);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is all of ISO-8859-1.
  if (/[^\u0000-\u00ff]/.test(text)) {
    throw new AppError(
      "content-invalid",
      "The file is in ISO-8859-1, which has not all of these characters.",
      {
        remedy: "In properties files, write such characters as \\uXXXX.",
      },
    );
  }
  return encode(text, { encoding: "latin1", hasByteOrderMark: false });
}

/** How a tree is to be written. */
export interface WriteOptions {
  /** Whether the whole may be written anew, without comments and layout, where that is the only way. */
  readonly allowLossy: boolean;
}

function written(
  { allowLossy }: WriteOptions,
  old: Content,
  file: MadeFile,
  want: (document: ConfigDocument) => Tree,
): Buffer {
  if (old.document === null) throw notParsed(old.parseError, file);
  return writeTree(old, file.format, want(old.document), { allowLossy }).bytes;
}

function invalid({ line, column, detail, remedy }: ParseError, file?: MadeFile): AppError {
  const where = `line ${line}, column ${column}`;
  return new AppError("content-invalid", `${detail.replace(/\.$/, "")} (${where}). Nothing was changed.`, {
    remedy:
      remedy ??
      `Correct the content${file === undefined ? "" : `, or set \`format: text\` for ${file.name}`}.`,
    errors: [{ pointer: "", detail, line, column }],
  });
}

function notParsed(error: ParseError | null, file: MadeFile): AppError {
  const { line = 1, column = 1, detail = "It has no tree." } = error ?? {};
  return new AppError(
    "conflict",
    `${file.name} as it is can't be patched: ${detail} (line ${line}, column ${column})`,
    {
      remedy: error?.remedy ?? "Send the whole file with PUT.",
      errors: [{ pointer: "", detail, line, column }],
    },
  );
}
