import { Buffer } from "node:buffer";
import { AppError } from "../../base/errors.ts";
import { type Content, encode, type ParseError, wholeText } from "./content.ts";
import type { ConfigFile } from "./files/config-files.ts";
import { stringify, type Tree } from "./formats/tree.ts";
import { partAt } from "./patches/wanted-tree.ts";
import { type Masks, masksOf, maskText, maskTree } from "./secrets/masks.ts";
import type { SecretKeys } from "./secrets/secret-keys.ts";

/** A content as it may be shown: with its secrets, or masked. */
export interface ShownContent {
  readonly name: string;
  readonly path: string;
  /** Where only a part of the tree is shown: what it was asked for by. */
  readonly pointer?: string;
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
export function showContent(
  file: Pick<ConfigFile, "name" | "path" | "format" | "secretKeys">,
  content: Content,
  showSecrets: boolean,
): ShownContent {
  const { decoded, document, parseError, etag } = content;
  const { bytes, text, maskedValues } = showSecrets ? openly(content) : masked(content, file.secretKeys);
  const masks = document === null || showSecrets ? undefined : masksOf(document, file.secretKeys).byPointer;
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

/**
 * The part of a shown content that a pointer names: a scalar as text, all else as JSON.
 * @throws {AppError} `content-invalid` for plain text, `conflict` where the content can't be parsed, and as
 * {@link partAt}.
 */
export function showPart(
  shown: ShownContent,
  { document, format }: Content,
  pointer: string,
  keys: SecretKeys,
): ShownContent {
  if (format === undefined) {
    throw new AppError("content-invalid", `${shown.name} is plain text: it has no parts to point to.`, {
      remedy: "Leave ?pointer= out, or set its `format` in config.files.",
    });
  }
  if (document === null) throw notParsed(shown);
  const { value } = partAt(shown.parsed, pointer);
  const content = typeof value === "string" ? value : stringify(value);
  return {
    ...shown,
    pointer,
    encoding: "utf-8",
    bytes: Buffer.from(content),
    content,
    parsed: value,
    maskedValues: shown.maskedValues === null ? null : masksIn(masksOf(document, keys), pointer),
  };
}

function masksIn({ byPointer }: Masks, pointer: string): number {
  return [...byPointer.keys()].filter((each) => each === pointer || each.startsWith(`${pointer}/`)).length;
}

function notParsed({ name, parseError }: ShownContent): AppError {
  return new AppError("conflict", `${name} can't be parsed, so it has no parts to point to.`, {
    remedy: "Leave ?pointer= out.",
    errors: parseError === undefined ? [] : [{ pointer: "", ...parseError }],
  });
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

function masked(content: Content, keys: SecretKeys): ShownText {
  const { decoded } = content;
  const shown = maskText(content, keys);
  if (decoded === null || shown === undefined) return { bytes: null, text: null, maskedValues: null };
  const bytes = shown.count === 0 ? content.bytes : encode(shown.text, decoded);
  return { bytes, text: wholeText({ ...decoded, text: shown.text }), maskedValues: shown.count };
}

function shownError({ line, column, detail, remedy }: ParseError): NonNullable<ShownContent["parseError"]> {
  return { line, column, detail, ...(remedy === undefined ? {} : { remedy }) };
}
