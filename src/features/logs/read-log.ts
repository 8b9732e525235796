import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "../../base/errors.ts";
import {
  FINGERPRINT_BYTES,
  type Fingerprint,
  fingerprintOf,
  type GrowingFile,
  hasFingerprint,
} from "../../linux/growing-file.ts";
import { type Content, openContent, PIECE_BYTES } from "./content.ts";
import type { Place } from "./cursor.ts";
import { createLineSplitter, type LineSplitter, type RawLine } from "./line-splitter.ts";
import type { LogFile } from "./log-file.ts";

/** Lines of one content, in their order. */
export interface LineBatch {
  readonly kind: "lines";
  readonly content: Fingerprint;
  readonly lines: readonly RawLine[];
}

/** What comes of a log, in the order in which it was written. */
export type LogPart =
  | LineBatch
  /** What follows is a new file; `lost` says what is missing between the two, where something is. */
  | { readonly kind: "rotated"; readonly lost: string | null }
  /** All that is there has been given, up to this place; a reader that follows gets more later. */
  | { readonly kind: "idle"; readonly place: Place | null };

/** How a log is read. */
export interface ReadOptions {
  readonly maxLineBytes: number;
  /** Lines without it may be left out. */
  readonly needle?: Buffer;
  /** Goes on when all has been read. */
  readonly isFollowing: boolean;
  readonly signal: AbortSignal;
}

/** Where reading begins: a place, or an offset in the file as it is now. */
export type Start = { readonly place: Place } | { readonly file: GrowingFile; readonly offset: number };

/** How often a log is looked at that is followed. */
const POLL_MS = 200;

/**
 * Reads a log from a place on, through its rotations: by rename, by copytruncate, and into files of gzip.
 * @throws {AppError} where it can't be opened.
 */
export async function* readLog(log: LogFile, start: Start, options: ReadOptions): AsyncGenerator<LogPart> {
  if ("file" in start) {
    yield* readCurrent(log, start.file, start.offset, options);
    return;
  }
  const { place } = start;
  const file = await openIfThere(log);
  const isInFile = file !== undefined && (await holds(file, place));
  if (!isInFile) yield* readPredecessors(log, place, options);
  yield* readCurrent(log, file, isInFile ? place.offset : 0, options);
}

async function holds(file: GrowingFile, { content, offset }: Place): Promise<boolean> {
  return hasFingerprint(await file.read(0, FINGERPRINT_BYTES), content) && offset <= (await file.size());
}

/** Reads what lies between a place in a rotated file and the file as it is now. */
async function* readPredecessors(
  log: LogFile,
  { content, offset }: Place,
  options: ReadOptions,
): AsyncGenerator<LogPart> {
  await using stack = new AsyncDisposableStack();
  const newer: Content[] = [];
  for (const predecessor of (await log.predecessors()).toReversed()) {
    // One that is gone meanwhile, or is no gzip, can't be it.
    const opened = await openContent(predecessor).catch(() => undefined);
    if (opened === undefined) continue;
    newer.unshift(stack.use(opened));
    if (hasFingerprint(opened.beginning, content)) break;
  }
  const [first, ...others] = newer;
  if (first === undefined || !hasFingerprint(first.beginning, content)) {
    // Without its file nothing tells which of the others were read already.
    yield { kind: "rotated", lost: "The file that the cursor was in is there no more." };
    return;
  }
  yield* contentLines(first, offset, options);
  for (const each of others) {
    yield { kind: "rotated", lost: null };
    yield* contentLines(each, 0, options);
  }
  yield { kind: "rotated", lost: null };
}

async function* contentLines(
  content: Content,
  offset: number,
  { maxLineBytes, needle }: ReadOptions,
): AsyncGenerator<LogPart> {
  const splitter = createLineSplitter(offset, maxLineBytes);
  for await (const piece of content.pieces(offset)) {
    const lines = splitter.split(piece, needle);
    if (lines.length > 0) yield { kind: "lines", content: content.fingerprint, lines };
  }
  const rest = splitter.rest();
  // Nothing will be appended to it any more.
  if (rest !== undefined) yield { kind: "lines", content: content.fingerprint, lines: [rest] };
}

async function* readCurrent(
  log: LogFile,
  opened: GrowingFile | undefined,
  from: number,
  options: ReadOptions,
): AsyncGenerator<LogPart> {
  const { isFollowing, signal } = options;
  let reading = await CurrentFile.of(opened, from, options);
  try {
    while (!signal.aborted) {
      yield* reading?.more() ?? [];
      if (!isFollowing) yield* reading?.openLine() ?? [];
      yield { kind: "idle", place: reading?.place ?? null };
      if (!isFollowing) return;
      await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
      const change = await changeOf(log, reading);
      if (change === "same") continue;
      if (reading !== undefined) yield* afterChange(log, reading, change, options);
      await reading?.[Symbol.asyncDispose]();
      reading = await CurrentFile.of(await openIfThere(log), 0, options);
    }
  } finally {
    await reading?.[Symbol.asyncDispose]();
  }
}

type Change = "same" | "replaced" | "truncated";

async function changeOf(log: LogFile, reading: CurrentFile | undefined): Promise<Change> {
  const inode = await log.currentInode();
  if (inode === undefined) return "same";
  if (reading === undefined || inode !== reading.inode) return "replaced";
  return (await reading.isSameContent()) ? "same" : "truncated";
}

/** What was still written to the old file, and what follows it. */
async function* afterChange(
  log: LogFile,
  reading: CurrentFile,
  change: Change,
  options: ReadOptions,
): AsyncGenerator<LogPart> {
  if (change === "replaced") {
    yield* reading.more();
    yield* reading.openLine();
    yield { kind: "rotated", lost: null };
    return;
  }
  const { place } = reading;
  const copy = await copyOf(log, place);
  if (copy === undefined) {
    yield { kind: "rotated", lost: "The file was emptied: what was written just before may be missing." };
    return;
  }
  await using _ = copy;
  yield* contentLines(copy, place.offset, options);
  yield { kind: "rotated", lost: null };
}

/** The copy that copytruncate has made of what a file held. */
async function copyOf(log: LogFile, { content }: Place): Promise<Content | undefined> {
  for (const predecessor of (await log.predecessors()).toReversed()) {
    const copy = await openContent(predecessor).catch(() => undefined);
    if (copy !== undefined && hasFingerprint(copy.beginning, content)) return copy;
    await copy?.[Symbol.asyncDispose]();
  }
  return undefined;
}

/** The file as it is now, and how far it has been read. */
class CurrentFile implements AsyncDisposable {
  readonly inode: string;
  readonly #file: GrowingFile;
  readonly #options: ReadOptions;
  readonly #splitter: LineSplitter;
  #content: Fingerprint;
  /** Up to where it was read; the last line of it may have no end yet. */
  #readTo: number;
  #lineAt: number;

  private constructor(file: GrowingFile, content: Fingerprint, offset: number, options: ReadOptions) {
    this.inode = file.inode;
    this.#file = file;
    this.#content = content;
    this.#options = options;
    this.#splitter = createLineSplitter(offset, options.maxLineBytes);
    this.#readTo = offset;
    this.#lineAt = offset;
  }

  /** Takes a file over. */
  static async of(
    file: GrowingFile | undefined,
    offset: number,
    options: ReadOptions,
  ): Promise<CurrentFile | undefined> {
    return file === undefined ? undefined : new CurrentFile(file, await file.fingerprint(), offset, options);
  }

  /** The beginning of the first line that was not given. */
  get place(): Place {
    return { content: this.#content, offset: this.#lineAt };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file[Symbol.asyncDispose]();
  }

  /** What has come since the last call, up to the last line end. */
  async *more(): AsyncGenerator<LogPart> {
    while (!this.#options.signal.aborted) {
      const piece = await this.#file.read(this.#readTo, PIECE_BYTES);
      if (piece.length === 0) return;
      this.#readTo += piece.length;
      const content = await this.#fingerprint();
      const lines = this.#splitter.split(piece, this.#options.needle);
      const ended = piece.lastIndexOf(10);
      if (ended !== -1) this.#lineAt = this.#readTo - piece.length + ended + 1;
      if (lines.length > 0) yield { kind: "lines", content, lines };
    }
  }

  /** A last line that has no end. */
  async *openLine(): AsyncGenerator<LogPart> {
    const rest = this.#splitter.rest();
    if (rest === undefined) return;
    // Whoever goes on from here gets it anew, whole.
    yield {
      kind: "lines",
      content: await this.#fingerprint(),
      lines: [{ ...rest, endOffset: this.#lineAt }],
    };
  }

  /** Whether it still is what was read, and not emptied since (copytruncate). */
  async isSameContent(): Promise<boolean> {
    if ((await this.#file.size()) < this.#readTo) return false;
    return hasFingerprint(await this.#file.read(0, this.#content.bytes), this.#content);
  }

  /** It is of few bytes while the file is small, and then of more. */
  async #fingerprint(): Promise<Fingerprint> {
    if (this.#content.bytes < FINGERPRINT_BYTES) {
      const beginning = await this.#file.read(0, FINGERPRINT_BYTES);
      // Emptied and written anew at this very moment, it is another one: the next look finds that.
      if (hasFingerprint(beginning, this.#content)) this.#content = fingerprintOf(beginning);
    }
    return this.#content;
  }
}

async function openIfThere(log: LogFile): Promise<GrowingFile | undefined> {
  try {
    return await log.open();
  } catch (error) {
    // It may come later.
    if (error instanceof AppError && error.code === "not-found") return undefined;
    throw error;
  }
}
