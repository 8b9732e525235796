import type { Answers } from "../../api/api-types.ts";
import { MASK } from "../../api/mask.ts";
import { type Addition, type FormEdits, fieldsIn } from "./form-edits.ts";
import { formOf } from "./form-tree.ts";

/** What was changed and not saved, in the form in which the browser's tab keeps it while the page is loaded anew. */

type Base = Answers["GET /config/{name}"];

/**
 * A text, or the edits of a form, and the content they were made for: that has the ETag. Or the text of a file that is
 * yet to be created.
 */
export type Draft =
  | { readonly kind: "create"; readonly text: () => string }
  | { readonly kind: "text"; readonly base: Base; readonly text: () => string }
  | { readonly kind: "form"; readonly base: Base; readonly edits: FormEdits };

/** A draft as JSON can say it. */
export type StoredDraft =
  | { readonly kind: "create"; readonly text: string }
  | { readonly kind: "text"; readonly base: Base; readonly text: string }
  | {
      readonly kind: "form";
      readonly base: Base;
      readonly inputs: readonly (readonly [string, string | boolean])[];
      readonly removed: readonly string[];
      readonly added: readonly Addition[];
    };

/** Whatever has a mask for its value. */
const MASKED = /[\w.-]+["'`]?\s*[=:>]*\s*["'`]?\*{6}|<\/[\w.:-]+>/g;
/** What a secret is usually called, or looks like. */
const SECRET_LIKE =
  /pass|pwd|secret|token|credential|cookie|jwt|bearer|basic\s|(?:api|private|access|signing|account|shared)[-_. ]?key|:\/\/[^\s/@]*:[^\s/@]+@/i;

/** What may be stored of a draft; undefined where it has, or may have, a secret that is not masked. */
export function storedOf(draft: Draft): StoredDraft | undefined {
  if (draft.kind === "create") {
    const text = draft.text();
    return isOpenSecretIn(text, "") ? undefined : { kind: "create", text };
  }
  const { base } = draft;
  // It is shown with its secrets, or not at all.
  if (base.maskedValues === null || base.content === null) return undefined;
  if (draft.kind === "text") {
    const text = draft.text();
    return isOpenSecretIn(text, base.content) ? undefined : { kind: "text", base, text };
  }
  const { inputs, removed, added } = draft.edits;
  const root = formOf(base.parsed);
  const masked = new Set(
    root === undefined ? [] : fieldsIn(root).flatMap(({ pointer, isMasked }) => (isMasked ? [pointer] : [])),
  );
  const isOpen =
    [...inputs].some(([pointer, input]) => masked.has(pointer) || SECRET_LIKE.test(String(input))) ||
    added.some(({ parent, key, value }) => SECRET_LIKE.test(`${parent}/${key} ${String(value)}`));
  return isOpen ? undefined : { kind: "form", base, inputs: [...inputs], removed: [...removed], added };
}

/** The draft that was stored. */
export function draftIn(stored: StoredDraft): Draft {
  if (stored.kind === "create") {
    const { text } = stored;
    return { kind: "create", text: () => text };
  }
  const { base } = stored;
  if (stored.kind === "text") {
    const { text } = stored;
    return { kind: "text", base, text: () => text };
  }
  const { inputs, removed, added } = stored;
  return { kind: "form", base, edits: { inputs: new Map(inputs), removed: new Set(removed), added } };
}

/** Whether a mask was replaced, or a line that is new looks like a secret. */
function isOpenSecretIn(text: string, base: string): boolean {
  if (text.split(MASK).length < base.split(MASK).length) return true;
  const known = new Set(linesOf(base));
  return linesOf(text).some((line) => !known.has(line) && SECRET_LIKE.test(line.replace(MASKED, "")));
}

function linesOf(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}
