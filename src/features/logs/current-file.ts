import {
  FINGERPRINT_BYTES,
  type Fingerprint,
  fingerprintOf,
  type GrowingFile,
  hasFingerprint,
} from "../../linux/growing-file.ts";
import { PIECE_BYTES } from "./content.ts";
import type { Place } from "./cursor.ts";
import { createLineSplitter, type LineSplitter } from "./line-splitter.ts";
import type { LogPart, ReadOptions } from "./log-parts.ts";
import { searchFile } from "./search/search-file.ts";

const LF = 10;
/** Whoever lets us wait for so long since all was read last is slow. */
const SLOW_MS = 1_000;
/** What a slow reader gets of what waits for it: the end. */
const KEPT_BYTES = 65_536;

/** Where a file is taken over. */
interface From extends Pick<Place, "offset" | "emptySinceMs"> {
  /** What it was known by before: it may have been emptied since. */
  readonly content?: Fingerprint;
  readonly isLive?: boolean;
}

/** A file of a log as it is now, and how far it has been read. Whoever made it disposes of it. */
export class CurrentFile implements AsyncDisposable {
  readonly inode: string;
  readonly #file: GrowingFile;
  readonly #options: ReadOptions;
  #splitter: LineSplitter;
  #content: Fingerprint;
  /** Up to where it was read; the last line of it may have no end yet. */
  #readTo: number;
  #lineAt: number;
  /** Until something comes behind it: see {@link Place}. */
  #empty: Pick<Place, "offset" | "emptySinceMs">;
  /** Whether all was read once: who takes up a log far back is not slow. */
  #isLive: boolean;

  private constructor(
    file: GrowingFile,
    content: Fingerprint,
    { offset, emptySinceMs, isLive = false }: From,
    options: ReadOptions,
  ) {
    this.inode = file.inode;
    this.#file = file;
    this.#content = content;
    this.#options = options;
    this.#splitter = createLineSplitter(offset, options.maxLineBytes);
    this.#readTo = offset;
    this.#lineAt = offset;
    this.#isLive = isLive;
    this.#empty = emptySinceMs === undefined ? { offset } : { offset, emptySinceMs };
  }

  /** Takes a file over. */
  static async of(
    file: GrowingFile | undefined,
    from: From,
    options: ReadOptions,
  ): Promise<CurrentFile | undefined> {
    if (file === undefined) return undefined;
    return new CurrentFile(file, from.content ?? (await file.fingerprint()), from, options);
  }

  /** The beginning of the first line that was not given. */
  get place(): Place {
    const hasMore = this.#lineAt !== this.#empty.offset;
    return { ...(hasMore ? {} : this.#empty), content: this.#content, offset: this.#lineAt };
  }

  /** Whether nothing of it was seen, by which it would be known again. */
  get isEmpty(): boolean {
    return this.#content.bytes === 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file[Symbol.asyncDispose]();
  }

  /** What has come since the last call, up to the last line end; nothing of what is not the same content any more. */
  async *more(): AsyncGenerator<LogPart> {
    yield* this.#found();
    while (!this.#options.signal.aborted) {
      const piece = await this.#file.read(this.#readTo, PIECE_BYTES);
      const content = await this.#fingerprint();
      if (piece.length === 0 || content === undefined) break;
      this.#readTo += piece.length;
      for (const lines of this.#splitter.split(piece, this.#options.needle)) {
        await this.#options.turns();
        this.#lineAt = lines.at(-1)?.endOffset ?? this.#lineAt;
        yield { kind: "lines", content, lines };
      }
      const ended = piece.lastIndexOf(LF);
      if (ended !== -1) this.#lineAt = this.#readTo - piece.length + ended + 1;
      yield* this.#drop();
    }
    this.#forgetWait();
    this.#isLive = true;
  }

  /** A last line that has no end. */
  async *openLine(): AsyncGenerator<LogPart> {
    const rest = this.#splitter.rest();
    if (rest === undefined) return;
    // Whoever goes on from here gets it anew, whole.
    yield {
      kind: "lines",
      content: this.#content,
      lines: [{ ...rest, endOffset: this.#lineAt }],
    };
  }

  /** Whether it still is what was read, and not emptied since (copytruncate). */
  async isSameContent(): Promise<boolean> {
    if ((await this.#file.size()) < this.#readTo) return false;
    return hasFingerprint(await this.#file.read(0, this.#content.bytes), this.#content);
  }

  /** What a search finds, where there is much to look at. */
  async *#found(): AsyncGenerator<LogPart> {
    if (this.#lineAt !== this.#readTo) return;
    for await (const { found, searchedTo } of searchFile(this.#file, this.#readTo, this.#options)) {
      const content = await this.#fingerprint();
      if (content === undefined) return;
      this.#seek(searchedTo);
      if (found !== undefined) yield { kind: "found", content, found };
    }
  }

  /** Leaves out what waits for a slow reader, but for the end: it can't be kept for ever, and is in the file. */
  async *#drop(): AsyncGenerator<LogPart> {
    const { maxLagBytes, waited } = this.#options;
    if (maxLagBytes === undefined || !this.#isLive || (waited?.ms ?? 0) < SLOW_MS) return;
    const size = await this.#file.size();
    if (size - this.#readTo <= maxLagBytes) return;
    const last = size - KEPT_BYTES;
    const lineEnd = (await this.#file.read(last, KEPT_BYTES)).indexOf(LF);
    const to = lineEnd === -1 ? size : last + lineEnd + 1;
    const { place } = this;
    this.#seek(to);
    this.#forgetWait();
    yield { kind: "dropped", bytes: to - place.offset, place };
  }

  #forgetWait(): void {
    if (this.#options.waited !== undefined) this.#options.waited.ms = 0;
  }

  #seek(offset: number): void {
    this.#readTo = offset;
    this.#lineAt = offset;
    this.#splitter = createLineSplitter(offset, this.#options.maxLineBytes);
  }

  /** It is of few bytes while the file is small, and then of more. Undefined where it was emptied and written anew. */
  async #fingerprint(): Promise<Fingerprint | undefined> {
    const beginning = await this.#file.read(0, FINGERPRINT_BYTES);
    if (!hasFingerprint(beginning, this.#content)) return undefined;
    if (this.#content.bytes < beginning.length) this.#content = fingerprintOf(beginning);
    return this.#content;
  }
}
