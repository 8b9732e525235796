import { randomBytes } from "node:crypto";
import { z } from "zod";
import { AppError } from "../base/errors.ts";

/** The result of long work, or the work itself while it runs. */
export interface Result extends AsyncDisposable {
  readonly id: string;
  /** Null while it runs. By the clock of `performance.now()`. */
  readonly endedAtMs: number | null;
  /** What it holds in memory at this moment. */
  readonly bytes: number;
}

/** A new id of a result: twelve characters that nobody guesses. */
export function newResultId(): string {
  return randomBytes(9).toString("base64url");
}

/** What may be kept. */
export interface KeptLimits {
  readonly maxCount: number;
  /** Of all results together. */
  readonly maxBytes: number;
  /** After its end. */
  readonly maxAgeMs: number;
}

/**
 * The results of long work, for whoever asks for them later: bounded by number, size and age. What makes room is the
 * oldest that has ended; what runs is never taken away.
 */
export interface KeptResults<R extends Result> extends AsyncDisposable {
  /**
   * Keeps one.
   * @throws {AppError} `limit-reached` where all that are kept still run.
   */
  add(result: R): void;
  /** @throws {AppError} `not-found` where there is none, or none any more. */
  get(id: string): R;
  /** The newest first. */
  list(): readonly R[];
  /**
   * Takes one away and disposes of it; resolves when that is done.
   * @throws {AppError} `not-found`.
   */
  remove(id: string): Promise<void>;
  /** Makes room, where one has grown; false where those that run need more than all may have. */
  makeRoom(): boolean;
  /** When a result will be taken away for its age, in milliseconds since 1970; null while it runs. */
  expiresAt(result: R): number | null;
}

/** How often it is looked for results that are too old. */
const SWEEP_MS = 10_000;

/** What a result is called in messages, one and several, and where they are listed. */
export interface ResultNames {
  readonly one: string;
  readonly many: string;
  /** Below the prefix: `traces`. */
  readonly path: string;
}

/** The `{id}` of a result in a path. */
export function resultPath({ one, path }: ResultNames) {
  return z.object({
    id: z
      .string()
      .regex(/^[\w-]{1,40}$/, `must be the id of a ${one}`)
      .describe(`As POST /${path} gave it.`),
  });
}

/** Keeps nothing yet. */
export function createKeptResults<R extends Result>(names: ResultNames, limits: KeptLimits): KeptResults<R> {
  const { maxCount, maxBytes, maxAgeMs } = limits;
  const kept = new Map<string, R>();
  const discard = (result: R): Promise<void> => {
    kept.delete(result.id);
    return Promise.resolve(result[Symbol.asyncDispose]());
  };
  const sweep = (): void => {
    for (const result of kept.values()) {
      if (result.endedAtMs !== null && performance.now() - result.endedAtMs > maxAgeMs) void discard(result);
    }
  };
  /** The one that ended first. */
  const oldest = (): R | undefined =>
    [...kept.values()].reduce<R | undefined>((first, each) => {
      if (each.endedAtMs === null) return first;
      return (first?.endedAtMs ?? Number.POSITIVE_INFINITY) <= each.endedAtMs ? first : each;
    }, undefined);
  const discardWhile = (isTooMuch: () => boolean): boolean => {
    while (isTooMuch()) {
      const result = oldest();
      if (result === undefined) return false;
      void discard(result);
    }
    return true;
  };
  const bytes = () => [...kept.values()].reduce((sum, result) => sum + result.bytes, 0);
  const get = (id: string): R => {
    sweep();
    const result = kept.get(id);
    if (result !== undefined) return result;
    throw new AppError("not-found", `There is no ${names.one} ${id}, or it is no longer kept.`, {
      remedy: `GET ${names.path} lists those that are.`,
    });
  };
  const timer = setInterval(sweep, SWEEP_MS).unref();

  return {
    add(result) {
      sweep();
      if (!discardWhile(() => kept.size >= maxCount)) {
        throw new AppError(
          "limit-reached",
          `${maxCount} ${names.many} are kept, and all of them still run.`,
          {
            headers: { "Retry-After": "10" },
          },
        );
      }
      kept.set(result.id, result);
    },
    get,
    list() {
      sweep();
      return [...kept.values()].toReversed();
    },
    remove: (id) => discard(get(id)),
    makeRoom: () => discardWhile(() => bytes() > maxBytes),
    expiresAt: ({ endedAtMs }) =>
      endedAtMs === null ? null : Math.round(performance.timeOrigin + endedAtMs + maxAgeMs),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await Promise.all([...kept.values()].map(discard));
    },
  };
}
