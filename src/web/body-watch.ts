import { AppError } from "../base/errors.ts";

/** How slowly a client may send a body. */
export interface BodyPace {
  /** The least speed on the whole; 0: any. */
  readonly bodyMinBytesPerSecond: number;
  /** For so long any speed will do: a slow start is no attack. */
  readonly bodyIdleMs: number;
}

/** The same, and how much. */
export interface BodyLimits extends BodyPace {
  /** Undefined: no limit. */
  readonly maxBodyBytes?: number | undefined;
}

/** Counts the body of one request. The time in which it was us who held the client back does not count. */
export class BodyWatch {
  readonly #limits: BodyLimits;
  #bytes = 0;
  #sinceMs = performance.now();
  #pausedAtMs: number | undefined;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  /** Counts a piece. @returns what is wrong with the body; undefined while all is well. */
  take(bytes: number): AppError | undefined {
    const { maxBodyBytes, bodyMinBytesPerSecond, bodyIdleMs } = this.#limits;
    this.#bytes += bytes;
    if (maxBodyBytes !== undefined && this.#bytes > maxBodyBytes) return bodyTooLarge(maxBodyBytes);
    const forMs = performance.now() - this.#sinceMs - bodyIdleMs;
    if (this.#pausedAtMs !== undefined || forMs <= 0) return undefined;
    if (this.#bytes * 1_000 >= bodyMinBytesPerSecond * forMs) return undefined;
    return new AppError("request-timeout", "The body of the request came too slowly.", {
      remedy: `SIDECAR_LIMITS_BODY_MIN_BYTES_PER_SECOND (now ${bodyMinBytesPerSecond})`,
    });
  }

  /** The client is held back from now on. */
  pause(): void {
    this.#pausedAtMs ??= performance.now();
  }

  /** The client may send again. */
  goOn(): void {
    if (this.#pausedAtMs === undefined) return;
    this.#sinceMs += performance.now() - this.#pausedAtMs;
    this.#pausedAtMs = undefined;
  }
}

/** What is said of a body of which nothing came for too long, and the setting that says how long that is. */
export const STOOD_STILL = {
  detail: "The body of the request stood still for too long.",
  setting: "SIDECAR_LIMITS_BODY_IDLE_MS",
} as const;

/** The body is, or would be, larger than is allowed. */
export function bodyTooLarge(maxBodyBytes: number): AppError {
  return new AppError("body-too-large", `The body of the request is larger than ${maxBodyBytes} bytes.`, {
    remedy: "SIDECAR_LIMITS_MAX_BODY_BYTES",
  });
}
