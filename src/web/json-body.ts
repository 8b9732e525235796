import type { z } from "zod";
import { AppError } from "../base/errors.ts";
import { bodyType, readBody } from "./body.ts";
import type { WebContext } from "./context.ts";

const JSON_TYPE = "application/json";

/**
 * Reads the JSON body of a request and checks it.
 * @param example a valid body, for the remedy of one that is not.
 * @throws {AppError} `unsupported-media-type`, `body-too-large`, `bad-request` where it is no JSON, `content-invalid`
 *   with JSON pointers where it is not what `schema` wants.
 */
export async function readJson<S extends z.ZodType>(
  ctx: WebContext,
  schema: S,
  { maxBytes, example }: { readonly maxBytes: number; readonly example: string },
): Promise<z.output<S>> {
  bodyType(ctx, [JSON_TYPE]);
  const value = parse((await readBody(ctx, maxBytes)).toString("utf8"), example);
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const errors = checked.error.issues.map((issue) => ({
    pointer: issue.path.map((step) => `/${String(step)}`).join(""),
    detail: issue.message,
  }));
  const detail = errors.map((error) => `${error.pointer || "/"}: ${error.detail}`).join("; ");
  throw new AppError("content-invalid", `${detail}.`, { errors, remedy: example });
}

function parse(text: string, example: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError("bad-request", "The body is no JSON.", { cause: error, remedy: example });
  }
}
