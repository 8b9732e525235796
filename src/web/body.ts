import { finished } from "node:stream";
import { AppError } from "../base/errors.ts";
import { BodyWatch, STOOD_STILL } from "./body-watch.ts";
import type { WebContext } from "./context.ts";

/**
 * Reads the whole body of a request, at most `maxBytes` of it.
 * @throws {AppError} `body-too-large` as soon as that is known, `bad-request` when the client goes away half-way,
 *   `request-timeout` when the body stands still for too long, or comes too slowly.
 */
export function readBody(ctx: WebContext, maxBytes: number): Promise<Buffer> {
  const tooLarge = new AppError("body-too-large", `The body is larger than ${maxBytes} bytes.`, {
    extra: { maxBytes },
  });
  if (Number(ctx.get("Content-Length")) > maxBytes) return Promise.reject(tooLarge);
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const { bodyPace } = ctx.state;
  const watch = new BodyWatch(bodyPace);
  const unwatch = finished(ctx.req, (error) => {
    clearTimeout(timer);
    if (error === undefined || error === null) resolve(Buffer.concat(chunks));
    else reject(new AppError("bad-request", "The body ended before it was complete.", { cause: error }));
  });
  const giveUp = (error: AppError) => {
    clearTimeout(timer);
    unwatch();
    // Destroying the request would take the connection with it, and our answer: the rest is read and thrown away.
    ctx.req.off("data", collect).resume();
    reject(error);
  };
  const collect = (chunk: Buffer) => {
    timer.refresh();
    bytes += chunk.length;
    chunks.push(chunk);
    const slow = watch.take(chunk.length);
    if (bytes > maxBytes) giveUp(tooLarge);
    else if (slow !== undefined) giveUp(closing(slow));
  };
  const { bodyIdleMs } = bodyPace;
  const timer = setTimeout(() => {
    const remedy = `${STOOD_STILL.setting} (now ${bodyIdleMs})`;
    giveUp(closing(new AppError("request-timeout", STOOD_STILL.detail, { remedy })));
  }, bodyIdleMs);
  ctx.req.on("data", collect);
  return promise;
}

/** The rest may never come: so nobody waits for another request on the connection (RFC 9110 section 15.5.9). */
function closing({ code, message, remedy }: AppError): AppError {
  return new AppError(code, message, {
    ...(remedy === undefined ? {} : { remedy }),
    headers: { Connection: "close" },
  });
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
