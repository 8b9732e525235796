import { AppError } from "../base/errors.ts";
import type { WebContext } from "./context.ts";

/** The forms an answer can have. */
export const MEDIA_TYPES = {
  json: "application/json",
  text: "text/plain",
  html: "text/html",
  sse: "text/event-stream",
  ndjson: "application/x-ndjson",
  csv: "text/csv",
} as const;

/** The name of a form. */
export type Form = keyof typeof MEDIA_TYPES;

/**
 * Chooses the form of an answer by the Accept header (RFC 9110 section 12.5.1); the first of `forms` where anything will do.
 * @throws {AppError} `not-acceptable` naming what can be had.
 */
export function chooseForm<F extends Form>(ctx: WebContext, forms: readonly F[]): F {
  ctx.vary("Accept");
  const types = forms.map((form) => MEDIA_TYPES[form]);
  const chosen = ctx.accepts([...types]);
  const form = forms.find((candidate) => MEDIA_TYPES[candidate] === chosen);
  if (form === undefined) {
    throw new AppError("not-acceptable", `This can be had as ${types.join(", ")}.`, {
      remedy: `Accept: ${types[0]}`,
    });
  }
  return form;
}
