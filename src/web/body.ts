import { finished } from "node:stream";
import { AppError } from "../base/errors.ts";
import type { WebContext } from "./context.ts";

/**
 * Reads the whole body of a request, at most `maxBytes` of it.
 * @throws {AppError} `body-too-large` as soon as that is known, `bad-request` when the client goes away half-way.
 */
export function readBody(ctx: WebContext, maxBytes: number): Promise<Buffer> {
  const tooLarge = new AppError("body-too-large", `The body is larger than ${maxBytes} bytes.`, {
    extra: { maxBytes },
  });
  if (Number(ctx.get("Content-Length")) > maxBytes) return Promise.reject(tooLarge);
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const finish = finished(ctx.req, (error) => {
    if (error === undefined || error === null) resolve(Buffer.concat(chunks));
    else reject(new AppError("bad-request", "The body ended before it was complete.", { cause: error }));
  });
  const collect = (chunk: Buffer) => {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes <= maxBytes) return;
    // Destroying the request would take the connection with it, and our answer: the rest is read and thrown away.
    finish();
    ctx.req.off("data", collect).resume();
    reject(tooLarge);
  };
  ctx.req.on("data", collect);
  return promise;
}

/**
 * The media type of the body, in lower case and without parameters.
 * @throws {AppError} `unsupported-media-type` when it is none of `accepted`.
 */
export function bodyType<T extends string>(ctx: WebContext, accepted: readonly T[]): T {
  const type = (ctx.get("Content-Type").split(";", 1)[0] ?? "").trim().toLowerCase();
  const found = accepted.find((candidate) => candidate === type);
  if (found === undefined) {
    const sent =
      type === "" ? "The body has no Content-Type" : `A body of type ${type} is not supported here`;
    throw new AppError("unsupported-media-type", `${sent}.`, {
      remedy: `Content-Type: ${accepted.join(" or ")}`,
      headers: { Accept: accepted.join(", ") },
    });
  }
  return found;
}
