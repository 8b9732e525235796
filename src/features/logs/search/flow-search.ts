import { AppError } from "../../../base/errors.ts";
import type { GrowingFile } from "../../../linux/growing-file.ts";
import type { RawLine } from "../line-splitter.ts";
import { areLinesLeftOut, criteriaOf, isSearched, type Progress } from "../log-lines.ts";
import type { LineBatch, ReadOptions } from "../log-parts.ts";
import type { LogWish } from "../log-query.ts";
import { HEAD_BYTES } from "../record-joiner.ts";
import type { SearchedBlock } from "./block-search.ts";
import { isPlain } from "./pattern.ts";
import type { FilePart, Sought } from "./search-orders.ts";
import type { Searcher, Searchers } from "./searcher.ts";

/** How one answer looks for its patterns. */
export interface FlowSearch extends AsyncDisposable {
  readonly options: Pick<ReadOptions, "needle" | "search">;
  /** Says of the lines which have them, where that takes more than to compare bytes. */
  mark(batch: LineBatch): Promise<LineBatch>;
}

/** What bounds a search. */
export interface SearchLimits {
  readonly maxLineBytes: number;
  readonly searchers: Searchers;
}

/**
 * Makes it: for the lines that are wanted, and for those that begin a record.
 * @param progress of the answer: a search that has looked at some lines says in it what is known of them.
 * @throws {AppError} `limit-reached` where it takes threads, and there are as many as may be.
 */
export async function createFlowSearch(
  wish: LogWish,
  progress: Progress,
  limits: SearchLimits,
): Promise<FlowSearch> {
  await using begun = new AsyncDisposableStack();
  const wanted = begun.use(searchForLines(wish, progress, limits));
  const starts = searchForStarts(wish, limits.searchers);
  if (starts === undefined) {
    begun.move();
    return wanted;
  }
  begun.use(starts);
  const held = begun.move();
  return {
    options: wanted.options,
    mark: async (batch) => await withStarts(await wanted.mark(batch), starts),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

function searchForStarts({ records }: LogWish, searchers: Searchers): Searcher | undefined {
  if (typeof records === "string") return undefined;
  const searcher = searchers.begin({ pattern: records }, HEAD_BYTES, "multiline");
  if (searcher === undefined) throw tooMany();
  return searcher;
}

async function withStarts(batch: LineBatch, starts: Searcher): Promise<LineBatch> {
  const marks = await starts.marksOf(batch.lines.map(({ bytes }) => bytes.subarray(0, HEAD_BYTES)));
  const lines = batch.lines.map((line, index): RawLine => ({ ...line, isStart: marks[index] === 1 }));
  return { ...batch, lines };
}

function searchForLines(wish: LogWish, progress: Progress, limits: SearchLimits): FlowSearch {
  const { pattern } = wish;
  const sought = soughtOf(wish);
  if (pattern !== undefined && !isPlain(pattern)) return withThread(wish, sought, progress, limits);
  if (!isSearched(wish)) return NOTHING_SOUGHT;
  const { maxLineBytes, searchers } = limits;
  const search = async function* (file: GrowingFile, from: number, to: number) {
    // Without a thread it is looked for on the way: that takes longer.
    await using searcher = searchers.begin(sought, maxLineBytes);
    if (searcher !== undefined)
      yield* searched(searcher, { descriptor: file.descriptor, from, to }, progress);
  };
  const canSkip = areLinesLeftOut(wish) && pattern?.isInverted === false;
  const needle = canSkip ? { needle: Buffer.from(pattern.source) } : {};
  return { ...NOTHING_SOUGHT, options: { ...needle, search } };
}

const NOTHING_SOUGHT: FlowSearch = {
  options: {},
  mark: async (batch) => batch,
  async [Symbol.asyncDispose]() {},
};

function soughtOf(wish: LogWish): Sought {
  const { pattern } = wish;
  return {
    ...(pattern === undefined ? {} : { pattern }),
    ...(areLinesLeftOut(wish) ? {} : { criteria: criteriaOf(wish) }),
  };
}

/** What a search finds, and in the end what is known of the lines that it has looked at. */
async function* searched(
  searcher: Searcher,
  part: FilePart,
  progress: Progress,
): AsyncGenerator<SearchedBlock> {
  const { known, isPast } = yield* searcher.inFile(part, progress.known);
  if (known !== undefined) progress.known = known;
  if (isPast) progress.isPast = true;
}

function withThread(wish: LogWish, sought: Sought, progress: Progress, limits: SearchLimits): FlowSearch {
  const searcher = limits.searchers.begin(sought, limits.maxLineBytes);
  if (searcher === undefined) throw tooMany();
  const search = ({ descriptor }: GrowingFile, from: number, to: number) =>
    searched(searcher, { descriptor, from, to }, progress);
  return {
    options: isSearched(wish) ? { search } : {},
    mark: (batch) => marked(batch, searcher),
    [Symbol.asyncDispose]: () => searcher[Symbol.asyncDispose](),
  };
}

async function marked(batch: LineBatch, searcher: Searcher): Promise<LineBatch> {
  const marks = await searcher.marksOf(batch.lines.map(({ bytes }) => bytes));
  const lines = batch.lines.map((line, index): RawLine => ({ ...line, isMatch: marks[index] === 1 }));
  return { ...batch, lines };
}

function tooMany(): AppError {
  return new AppError("limit-reached", "As many expressions are looked for as may be at once.", {
    remedy: "Try again later, or ask with grep=, which takes a text as it is, and multiline=auto.",
    headers: { "Retry-After": "5" },
  });
}
