import { AppError } from "../../../base/errors.ts";
import type { ConfigFileSettings } from "../../../settings/schema.ts";
import type { Edit } from "./difference.ts";
import type { TextRange } from "./text-edit.ts";
import { pointerOf, type Tree, type TreePath, type TreeScalar } from "./tree.ts";

/** The name of a format, as the settings write it. */
export type FormatName = NonNullable<ConfigFileSettings["format"]>;

/** A scalar of a document and where it is written. */
export interface ValuePlace extends TextRange {
  /** Where it stands in the tree; more than one place where it is reached through aliases. The first is its own. */
  readonly paths: readonly TreePath[];
  readonly value: TreeScalar;
  /** What the value is called where its keys do not say it: `password` in `<add key="password" value="…"/>`. */
  readonly names?: readonly string[];
}

/** A text that was understood. */
export interface ConfigDocument {
  readonly tree: Tree;
  /** Every scalar, in the order of the text. */
  readonly values: readonly ValuePlace[];
  readonly comments: readonly TextRange[];
  /**
   * The text with one value edited; all that the edit does not touch stays, byte by byte. May be wrong where a
   * format has corners: the caller parses the result and compares.
   * @throws {AppError} `content-invalid` when the format has no way to write it.
   */
  edit(edit: Edit): string;
  /**
   * The text of another tree, written anew: the comments and the layout of this one are lost. Only where the format has
   * a writer of whole documents. @throws {AppError} where it can't be written at all.
   */
  rewrite?(wanted: Tree): string;
  /** How a string is written in the place of a value. */
  write(value: string, place: ValuePlace): string;
}

/** How the files of one kind are read and changed. */
export interface ConfigFormat {
  readonly name: FormatName;
  /** The media types, beside text/plain, under which a whole file may be sent. */
  readonly mediaTypes: readonly string[];
  /** @throws {ContentError} naming the place that is wrong. */
  parse(text: string): ConfigDocument;
  /** A tree as reading it back would give it, for formats that write different trees in the same way. */
  canonical?(tree: Tree): Tree;
}

/** A text that is not what its format says, or that is, but can't be shown as one tree. */
export class ContentError extends Error {
  readonly offset: number;
  /** False where the text is valid, and only no tree can stand for it. */
  readonly isInvalid: boolean;
  readonly remedy: string | undefined;

  constructor(detail: string, offset: number, options: { isInvalid?: boolean; remedy?: string } = {}) {
    super(detail);
    this.name = "ContentError";
    this.offset = offset;
    this.isInvalid = options.isInvalid ?? true;
    this.remedy = options.remedy;
  }
}

/** The refusal of an edit that a format has no safe way to write. */
export function cannotWrite(path: TreePath, detail: string, remedy?: string): AppError {
  return new AppError("content-invalid", detail, {
    remedy: remedy ?? "Change the text itself and send the whole file with PUT.",
    errors: [{ pointer: pointerOf(path), detail }],
  });
}
