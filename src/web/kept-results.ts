import { randomBytes } from "node:crypto";
import { z } from "zod";
import { AppError } from "../base/errors.ts";

/** A piece of what a result holds in memory. */
export interface ResultPart {
  readonly bytes: number;
}

/** The result of long work, or the work itself while it runs. */
export interface Result extends AsyncDisposable {
  readonly id: string;
  /** Null while it runs. By the clock of `performance.now()`. */
  readonly endedAtMs: number | null;
  /** What it holds in memory at this moment. */
  readonly bytes: number;
  /** The same in pieces, where it may share some with other results: of all together each counts once. */
  readonly parts?: readonly ResultPart[];
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
  /**
   * Keeps one that will not grow, if it fits.
   * @throws {AppError} `limit-reached` where it has no room beside those that run; none is taken away then.
   */
  addWhole(result: R): void;
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
  /**
   * Makes room where one has grown, by what it gives up itself: no other is taken away.
   * @param dropOldest drops a part of it, and gives that; undefined where it can spare nothing more.
   */
  shrink(result: R, dropOldest: () => ResultPart | undefined): void;
  /** What all hold in memory together. */
  heldBytes(): number;
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
  const discardWhile = (isTooMuch: () => boolean): boolean => {
    while (isTooMuch()) {
      const result = firstEnded([...kept.values()]);
      if (result === undefined) return false;
      void discard(result);
    }
    return true;
  };
  const add = (result: R): void => {
    sweep();
    if (!discardWhile(() => kept.size >= maxCount)) throw allRun(names, maxCount);
    kept.set(result.id, result);
  };
  const get = (id: string): R => {
    sweep();
    const result = kept.get(id);
    if (result === undefined) throw noSuch(names, id);
    return result;
  };
  const timer = setInterval(sweep, SWEEP_MS).unref();

  return {
    add,
    addWhole(result) {
      sweep();
      // What it shares with one that is kept takes no room.
      const isTooMuch = (others: readonly R[]) =>
        bytesOf([...others, result]) > Math.max(maxBytes, bytesOf(others));
      const running = [...kept.values()].filter(({ endedAtMs }) => endedAtMs === null);
      if (isTooMuch(running)) throw tooLarge(names, maxBytes);
      discardWhile(() => isTooMuch([...kept.values()]));
      add(result);
    },
    get,
    list() {
      sweep();
      return [...kept.values()].toReversed();
    },
    remove: (id) => discard(get(id)),
    makeRoom: () => discardWhile(() => isBeyond(maxBytes, [...kept.values()])),
    shrink: (result, dropOldest) => shrinkOne(result, [...kept.values()], maxBytes, dropOldest),
    heldBytes: () => bytesOf([...kept.values()]),
    expiresAt: ({ endedAtMs }) =>
      endedAtMs === null ? null : Math.round(performance.timeOrigin + endedAtMs + maxAgeMs),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await Promise.all([...kept.values()].map(discard));
    },
  };
}

/** The one that ended first. */
function firstEnded<R extends Result>(results: readonly R[]): R | undefined {
  return results.reduce<R | undefined>((first, each) => {
    if (each.endedAtMs === null) return first;
    return (first?.endedAtMs ?? Number.POSITIVE_INFINITY) <= each.endedAtMs ? first : each;
  }, undefined);
}

function partsOf(results: readonly Result[]): Set<ResultPart> {
  return new Set(results.flatMap((result): readonly ResultPart[] => result.parts ?? [result]));
}

function bytesOf(results: readonly Result[]): number {
  return sumOf([...partsOf(results)]);
}

function sumOf(parts: readonly ResultPart[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** To be called often: only where it may be so, it is looked what they share. */
function isBeyond(maxBytes: number, results: readonly Result[]): boolean {
  return sumOf(results) > maxBytes && bytesOf(results) > maxBytes;
}

function shrinkOne(
  result: Result,
  all: readonly Result[],
  maxBytes: number,
  dropOldest: () => ResultPart | undefined,
): void {
  if (!isBeyond(maxBytes, all)) return;
  const others = partsOf(all.filter((each) => each !== result));
  let excess = bytesOf(all) - maxBytes;
  while (excess > 0) {
    const part = dropOldest();
    if (part === undefined) return;
    // What another one holds, too, is still there.
    if (!others.has(part)) excess -= part.bytes;
  }
}

function allRun({ many }: ResultNames, maxCount: number): AppError {
  return new AppError("limit-reached", `${maxCount} ${many} are kept, and all of them still run.`, {
    headers: { "Retry-After": "10" },
  });
}

function tooLarge({ one, many }: ResultNames, maxBytes: number): AppError {
  return new AppError(
    "limit-reached",
    `The ${one} does not fit beside the ${many} that run: all together may have ${maxBytes} bytes.`,
    { headers: { "Retry-After": "10" } },
  );
}

function noSuch({ one, path }: ResultNames, id: string): AppError {
  return new AppError("not-found", `There is no ${one} ${id}, or it is no longer kept.`, {
    remedy: `GET ${path} lists those that are.`,
  });
}
