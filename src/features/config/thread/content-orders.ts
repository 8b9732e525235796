import type { AppErrorOptions, ErrorCode } from "../../../base/errors.ts";
import type { Page } from "../../../web/page.ts";
import type { Recipe } from "../changes/make-content.ts";
import type { ParseError } from "../content.ts";
import type { ConfigFile } from "../files/config-files.ts";
import type { Tree } from "../formats/tree.ts";
import type { TextDiff } from "../history/diff-text.ts";
import type { TreeDemands } from "../validation/check-tree.ts";

/** What is known of a file beside its content. */
export type FileFacts = Pick<ConfigFile, "name" | "path" | "format" | "secretKeys">;

/** What of a file can go to another thread. */
export function factsOf({ name, path, format, secretKeys }: ConfigFile): FileFacts {
  return { name, path, format, secretKeys };
}

/** What can be asked for. */
export type ContentOrder =
  | {
      readonly kind: "show";
      readonly file: FileFacts;
      readonly bytes: Uint8Array;
      readonly form: "text" | "json" | "html";
      readonly showSecrets: boolean;
      readonly pointer: string | undefined;
    }
  | {
      readonly kind: "diff";
      readonly file: FileFacts;
      readonly from: LabelledBytes;
      readonly to: LabelledBytes;
      readonly showSecrets: boolean;
    }
  /** The new content of a file. */
  | {
      readonly kind: "make";
      readonly file: FileFacts;
      readonly old: Uint8Array;
      readonly recipe: Recipe;
    }
  | ({ readonly kind: "check" } & ChangedFile & TreeDemands)
  /** What a program wrote about the contents, to be masked. */
  | ({ readonly kind: "mask"; readonly output: string } & ChangedFile)
  /** A JSON text that was sent. */
  | { readonly kind: "parse"; readonly bytes: Uint8Array };

/** A file as it is, and as it would be. */
interface ChangedFile {
  readonly file: FileFacts;
  readonly old: Uint8Array;
  readonly next: Uint8Array;
}

/** A content and what it is called in a diff. */
export interface LabelledBytes {
  readonly bytes: Uint8Array;
  readonly label: string;
}

/** A content in the form in which it is answered. */
export interface ShownForm {
  readonly kind: "shown";
  /** Null where nothing is masked. */
  readonly maskedValues: number | null;
  readonly headers: Page["headers"] | { readonly "Content-Type": string };
  readonly body: string | Uint8Array;
}

/** A JSON text that was sent: its tree, or what is wrong with it. */
export interface ParsedBody {
  /** Undefined where it has none. */
  readonly tree: Tree | undefined;
  readonly parseError: ParseError | null;
}

/** What is answered. */
export type ContentAnswer =
  | ShownForm
  | { readonly kind: "diffed"; readonly diff: TextDiff }
  | { readonly kind: "made"; readonly bytes: Uint8Array }
  | { readonly kind: "checked" }
  | { readonly kind: "masked"; readonly output: string }
  | ({ readonly kind: "parsed" } & ParsedBody)
  | {
      readonly kind: "refused";
      readonly code: ErrorCode;
      readonly detail: string;
      readonly options: AppErrorOptions;
    }
  | { readonly kind: "failed"; readonly error: unknown };

type Of<K extends ContentOrder["kind"]> = Omit<Extract<ContentOrder, { kind: K }>, "kind">;

/**
 * Takes contents apart: small ones at once, all others in a thread, one after the other. All of it throws an
 * {@link AppError} `content-invalid` where it takes too long, or too much memory.
 */
export interface ContentThread extends AsyncDisposable {
  /** @throws {AppError} as the content is. */
  show(order: Of<"show">): Promise<ShownForm>;
  diff(order: Of<"diff">): Promise<TextDiff>;
  /** @throws {AppError} as `makeContent`. */
  make(order: Of<"make">): Promise<Buffer>;
  /** @throws {AppError} as `checkTree`. */
  check(order: Of<"check">): Promise<void>;
  maskOutput(order: Of<"mask">): Promise<string>;
  parse(bytes: Uint8Array): Promise<ParsedBody>;
}

const ORDERS = ["show", "diff", "make", "check", "mask", "parse"];
const ANSWERS = ["shown", "diffed", "made", "checked", "masked", "parsed", "refused", "failed"];

/** Tells whether a message is an order: from our own main thread nothing else comes. */
export function isContentOrder(message: unknown): message is ContentOrder {
  return isOneOf(ORDERS, message);
}

/** Tells whether a message is an answer: from our own thread nothing else comes. */
export function isContentAnswer(message: unknown): message is ContentAnswer {
  return isOneOf(ANSWERS, message);
}

function isOneOf(kinds: readonly string[], message: unknown): boolean {
  if (typeof message !== "object" || message === null || !("kind" in message)) return false;
  return typeof message.kind === "string" && kinds.includes(message.kind);
}
