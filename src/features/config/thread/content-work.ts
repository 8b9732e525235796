import { AppError } from "../../../base/errors.ts";
import { makeContent } from "../changes/make-content.ts";
import { contentPage, textOf } from "../config-forms.ts";
import { bufferOf, type Content, readContent } from "../content.ts";
import { revived, stringify } from "../formats/tree.ts";
import { diffOf, type TextDiff } from "../history/diff-text.ts";
import { showContent, showPart } from "../show-content.ts";
import { checkTree } from "../validation/check-tree.ts";
import { maskOutput } from "../validation/mask-output.ts";
import type { ContentAnswer, ContentOrder, FileFacts, LabelledBytes, ShownForm } from "./content-orders.ts";

/**
 * What takes a content apart: all that is asked for and answered here can go from thread to thread, for a content of many
 * small parts, or one that is nested deeply, takes seconds.
 */

/** Does what is asked for. Never rejects. */
export async function doContentWork(order: ContentOrder): Promise<ContentAnswer> {
  try {
    return await done(order);
  } catch (error) {
    if (!(error instanceof AppError)) return { kind: "failed", error };
    const { code, message, remedy, errors, headers, extra } = error;
    const options = { errors, headers, extra, ...(remedy === undefined ? {} : { remedy }) };
    return { kind: "refused", code, detail: message, options };
  }
}

async function done(order: ContentOrder): Promise<ContentAnswer> {
  switch (order.kind) {
    case "show":
      return show(order);
    case "diff":
      return { kind: "diffed", diff: compare(order) };
    case "make":
      return { kind: "made", bytes: make(order) };
    case "check":
      await checkTree(order.file, contentOf(order.file, order.old), contentOf(order.file, order.next), order);
      return { kind: "checked" };
    case "mask":
      return { kind: "masked", output: mask(order) };
    case "parse":
      return parse(order);
  }
}

function contentOf({ format }: FileFacts, bytes: Uint8Array): Content {
  return readContent(bufferOf(bytes), format);
}

function make({ file, old, recipe }: Extract<ContentOrder, { kind: "make" }>): Buffer {
  const isPatch = recipe.kind === "merge" || recipe.kind === "patch";
  const revivedRecipe = isPatch ? { ...recipe, patch: revived(recipe.patch) } : recipe;
  return makeContent(revivedRecipe, contentOf(file, old), file);
}

function mask({ file, old, next, output }: Extract<ContentOrder, { kind: "mask" }>): string {
  return maskOutput(output, file, [contentOf(file, old), contentOf(file, next)]);
}

function parse({ bytes }: Extract<ContentOrder, { kind: "parse" }>): ContentAnswer {
  const { document, parseError } = readContent(bufferOf(bytes), "json");
  return { kind: "parsed", tree: document?.tree, parseError };
}

function show(order: Extract<ContentOrder, { kind: "show" }>): ShownForm {
  const { file, bytes, form, showSecrets, pointer } = order;
  const content = contentOf(file, bytes);
  const whole = showContent(file, content, showSecrets);
  const shown = pointer === undefined ? whole : showPart(whole, content, pointer, file.secretKeys);
  const { bytes: _, ...members } = shown;
  const base = { kind: "shown", maskedValues: shown.maskedValues } as const;
  if (form === "html") return { ...base, ...contentPage(shown) };
  const [type, body] =
    form === "text"
      ? [textType(shown.encoding), textOf(shown)]
      : ["application/json; charset=utf-8", stringify(members)];
  return { ...base, headers: { "Content-Type": type }, body };
}

function compare({ file, from, to, showSecrets }: Extract<ContentOrder, { kind: "diff" }>): TextDiff {
  const sideOf = ({ bytes, label }: LabelledBytes) => ({ content: contentOf(file, bytes), label });
  return diffOf(file, sideOf(from), sideOf(to), showSecrets);
}

function textType(encoding: string | null): string {
  return encoding === null ? "text/plain" : `text/plain; charset=${encoding}`;
}
