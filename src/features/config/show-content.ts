import type { ConfigFile } from "./config-files.ts";
import { type Content, encode, type ParseError, wholeText } from "./content.ts";
import type { Tree } from "./formats/tree.ts";
import { masksOf, maskText, maskTree } from "./masks.ts";

/** A content as it may be shown: with its secrets, or masked. */
export interface ShownContent {
  readonly name: string;
  readonly path: string;
  readonly format: ConfigFile["format"];
  readonly etag: string;
  readonly encoding: "utf-8" | "iso-8859-1" | null;
  /** The very bytes, but for what is masked. Null where `contentReason` says why. */
  readonly bytes: Buffer | null;
  readonly content: string | null;
  readonly contentReason?: string;
  readonly parsed: Tree;
  readonly parseError?: Pick<ParseError, "line" | "column" | "detail"> & { readonly remedy?: string };
  /** Null where the secrets are shown, or all of the content is held back. */
  readonly maskedValues: number | null;
}

const NOT_MASKED = "The content can't be parsed, so its secrets can't be found and masked.";

/** Shows a content. What can't be masked is held back. */
export function showContent(file: ConfigFile, content: Content, showSecrets: boolean): ShownContent {
  const { decoded, document, parseError, etag } = content;
  const { bytes, text, maskedValues } = showSecrets ? openly(content) : masked(content);
  const masks = document === null || showSecrets ? undefined : masksOf(document).byPointer;
  return {
    name: file.name,
    path: file.path,
    format: file.format,
    etag,
    encoding: decoded === null ? null : ENCODINGS[decoded.encoding],
    bytes,
    content: text,
    ...(text === null ? { contentReason: decoded === null ? "The bytes are no text." : NOT_MASKED } : {}),
    parsed: document === null ? null : masks === undefined ? document.tree : maskTree(document.tree, masks),
    ...(parseError === null ? {} : { parseError: shownError(parseError) }),
    maskedValues,
  };
}

const ENCODINGS = { utf8: "utf-8", latin1: "iso-8859-1" } as const;

interface ShownText {
  readonly bytes: Buffer | null;
  readonly text: string | null;
  readonly maskedValues: number | null;
}

function openly({ bytes, decoded }: Content): ShownText {
  return { bytes, text: decoded === null ? null : wholeText(decoded), maskedValues: null };
}

function masked(content: Content): ShownText {
  const { decoded } = content;
  const shown = maskText(content);
  if (decoded === null || shown === undefined) return { bytes: null, text: null, maskedValues: null };
  const bytes = shown.count === 0 ? content.bytes : encode(shown.text, decoded);
  return { bytes, text: wholeText({ ...decoded, text: shown.text }), maskedValues: shown.count };
}

function shownError({ line, column, detail, remedy }: ParseError): NonNullable<ShownContent["parseError"]> {
  return { line, column, detail, ...(remedy === undefined ? {} : { remedy }) };
}
