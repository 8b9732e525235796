import { AppError } from "../../../base/errors.ts";
import type { GrowingFile } from "../../../linux/growing-file.ts";
import type { RawLine } from "../line-splitter.ts";
import { areLinesLeftOut } from "../log-lines.ts";
import type { LineBatch, ReadOptions } from "../log-parts.ts";
import type { LogWish } from "../log-query.ts";
import { HEAD_BYTES } from "../record-joiner.ts";
import { isPlain, type Pattern } from "./pattern.ts";
import type { Searcher, Searchers } from "./searcher.ts";

/** How one answer looks for its patterns. */
export interface FlowSearch extends AsyncDisposable {
  readonly options: Pick<ReadOptions, "needle" | "search">;
  /** Says of the lines which have them, where that takes more than to compare bytes. */
  mark(batch: LineBatch): Promise<LineBatch>;
}

/**
 * Makes it: for the lines that are wanted, and for those that begin a record.
 * @throws {AppError} `limit-reached` where it takes threads, and there are as many as may be.
 */
export async function createFlowSearch(
  wish: LogWish,
  maxLineBytes: number,
  searchers: Searchers,
): Promise<FlowSearch> {
  await using begun = new AsyncDisposableStack();
  const wanted = begun.use(searchForLines(wish, maxLineBytes, searchers));
  const starts = searchForStarts(wish, searchers);
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
  const searcher = searchers.begin(records, HEAD_BYTES, "multiline");
  if (searcher === undefined) throw tooMany();
  return searcher;
}

async function withStarts(batch: LineBatch, starts: Searcher): Promise<LineBatch> {
  const marks = await starts.marksOf(batch.lines.map(({ bytes }) => bytes.subarray(0, HEAD_BYTES)));
  const lines = batch.lines.map((line, index): RawLine => ({ ...line, isStart: marks[index] === 1 }));
  return { ...batch, lines };
}

function searchForLines(wish: LogWish, maxLineBytes: number, searchers: Searchers): FlowSearch {
  const { pattern } = wish;
  const isSparse = areLinesLeftOut(wish);
  if (pattern === undefined) return { options: {}, mark: async (batch) => batch, ...NOTHING_HELD };
  if (!isPlain(pattern)) return withThread(pattern, maxLineBytes, isSparse, searchers);
  const search = async function* (file: GrowingFile, from: number, to: number) {
    // Without a thread it is looked for on the way: that takes longer.
    await using searcher = searchers.begin(pattern, maxLineBytes);
    if (searcher !== undefined) yield* searcher.inFile(file.descriptor, from, to);
  };
  const needle = pattern.isInverted ? {} : { needle: Buffer.from(pattern.source) };
  return { options: isSparse ? { ...needle, search } : {}, mark: async (batch) => batch, ...NOTHING_HELD };
}

const NOTHING_HELD: AsyncDisposable = { async [Symbol.asyncDispose]() {} };

function withThread(
  pattern: Pattern,
  maxLineBytes: number,
  isSparse: boolean,
  searchers: Searchers,
): FlowSearch {
  const searcher = searchers.begin(pattern, maxLineBytes);
  if (searcher === undefined) throw tooMany();
  const search = ({ descriptor }: GrowingFile, from: number, to: number) =>
    searcher.inFile(descriptor, from, to);
  return {
    options: isSparse ? { search } : {},
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
