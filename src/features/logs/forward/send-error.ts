import { messageOf } from "../../../base/errors.ts";

/**
 * What is to be done about records that a destination did not take: `retry` them soon; they were `refused` for what is
 * in them, and others would not be; it takes nothing at all (`denied`), and is asked seldom until somebody mends it.
 */
export type SendFailure = "retry" | "refused" | "denied";

/** A destination did not take the records. */
export class SendError extends Error {
  readonly failure: SendFailure;
  /** How long it wants to be left alone. */
  readonly retryAfterMs: number | undefined;
  readonly remedy: string | undefined;

  constructor(
    failure: SendFailure,
    detail: string,
    options: { retryAfterMs?: number | undefined; remedy?: string | undefined; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    this.name = "SendError";
    this.failure = failure;
    this.retryAfterMs = options.retryAfterMs;
    this.remedy = options.remedy;
  }
}

/**
 * What it means that a receiver was not reached.
 * @param isLate it took longer than it may.
 */
export function failureOfConnection(error: unknown, url: string, isLate: boolean, remedy: string): SendError {
  if (error instanceof SendError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (isLate) {
    return new SendError("retry", `${url} did not take the lines in time.`, { cause: error, remedy });
  }
  if (/CERT|SELF_SIGNED|ERR_TLS|UNABLE_TO/.test(code)) {
    return new SendError("denied", `The certificate of ${url} is not trusted: ${messageOf(error)}.`, {
      cause: error,
      remedy: "Give the authority that it is from as caFile.",
    });
  }
  return new SendError("retry", `${url} can't be reached: ${messageOf(error) || code}.`, { cause: error });
}
