import { type Content, readContent } from "../../../../src/features/config/content.ts";
import type { FormatName } from "../../../../src/features/config/formats/format.ts";
import { mergePatch, stringify, type Tree } from "../../../../src/features/config/formats/tree.ts";
import { writeTree } from "../../../../src/features/config/patches/patch-text.ts";

/** The text of a file with a merge patch applied. */
export function patched(format: FormatName, text: string, patch: unknown): string {
  return patchContent(readContent(Buffer.from(text), format), format, treeOfJson(patch)).toString();
}

/** The bytes of a content with a merge patch applied. */
export function patchContent(content: Content, format: FormatName, patch: Tree): Buffer {
  const wanted = mergePatch(content.document?.tree ?? null, patch);
  return writeTree(content, format, wanted).bytes;
}

/** The tree of a text, as plain JSON. */
export function parsed(format: FormatName, text: string): unknown {
  const { document, parseError } = readContent(Buffer.from(text), format);
  if (document === null) throw new Error(parseError?.detail ?? "no tree");
  return JSON.parse(stringify(document.tree));
}

/** Where a text is wrong, as `line:column detail`. */
export function complaint(format: FormatName, text: string | Uint8Array): string {
  const { parseError } = readContent(Buffer.from(text), format);
  return parseError === null ? "none" : `${parseError.line}:${parseError.column} ${parseError.detail}`;
}

/** A value as the tree of a patch. */
export function treeOfJson(value: unknown): Tree {
  const { document } = readContent(Buffer.from(JSON.stringify(value)), "json");
  if (document === null) throw new Error("no JSON");
  return document.tree;
}

/** The code and first pointer of what `action` is refused with. */
export function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof Error && "code" in error && "errors" in error) {
      const [first] = error.errors as { pointer: string }[];
      return `${String(error.code)} ${first?.pointer ?? ""}`;
    }
    throw error;
  }
  return "accepted";
}
