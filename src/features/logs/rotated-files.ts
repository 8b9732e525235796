import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "../../base/errors.ts";
import { type Fingerprint, type GrowingFile, hasFingerprint } from "../../linux/growing-file.ts";
import { type Content, openContent } from "./content.ts";
import type { Place } from "./cursor.ts";
import { createLineSplitter } from "./line-splitter.ts";
import { type LogFile, openIfThere, type Predecessor } from "./log-file.ts";
import type { LogPart, ReadOptions } from "./log-parts.ts";
import { END } from "./place-before.ts";
import { searchFile } from "./search/search-file.ts";

/** What comes after a place: rotated files, from the one that it is in, and the file as it is now. */
interface Following {
  /**
   * None where the file of the place is there no more, and nothing tells which of the others were read already: those that
   * were changed since it was empty behind the place were not.
   */
  readonly contents: readonly Content[];
  /** Where it goes on in the first of them. */
  readonly offset: number;
  readonly file: GrowingFile | undefined;
  /** Of the file, as it was when the others were looked for. */
  readonly fingerprint: Fingerprint | undefined;
}

/** The file in which a log goes on, and where. */
export interface Continuation {
  readonly file: GrowingFile | undefined;
  readonly offset: number;
  readonly content?: Fingerprint;
  readonly emptySinceMs?: number;
  /** The place before all that is in the file, where that is known. */
  readonly before?: Place;
}

/** A file may be renamed, or compressed and removed, between a look at the folder and its opening. */
const ATTEMPTS = 20;
const RETRY_MS = 50;
/** Clocks of file systems are behind, and some tell whole seconds only. */
const CLOCK_MS = 2_000;

function isEmpty(fingerprint: Fingerprint | undefined): boolean {
  return fingerprint === undefined || fingerprint.bytes === 0;
}

function placeIn({ fingerprint }: Content, offset: number, emptySinceMs: number): Place {
  return { content: fingerprint, offset, emptySinceMs };
}

/**
 * Reads the rotated files from a place on, and gives the file in which it goes on.
 * @param gone what comes where the file of the place is there no more, and something may be missing.
 */
export async function* readRotated(
  log: LogFile,
  place: Place,
  options: ReadOptions,
  gone: () => AsyncGenerator<LogPart>,
): AsyncGenerator<LogPart, Continuation> {
  const nowMs = Date.now();
  const since = place.emptySinceMs ?? nowMs;
  const { contents, offset: begin, file, fingerprint } = await openFollowing(log, place);
  // What is not given back is closed, also where nobody waits for it any more.
  const held = new Set<AsyncDisposable>(contents);
  if (file !== undefined) held.add(file);
  try {
    if (contents.length === 0 && place.emptySinceMs === undefined) yield* gone();
    // While the new file is empty the program may still write to the old one: a place in that is the better one.
    const last = contents.at(-1);
    const staying = isEmpty(fingerprint) && last?.file !== undefined ? last : undefined;
    yield* linesOf(
      contents.filter((each) => each !== staying),
      begin,
      options,
    );
    if (staying !== undefined) {
      held.delete(staying);
      const at = contents.length === 1 ? placeIn(staying, begin, since) : placeIn(staying, 0, nowMs);
      return { file: staying.file, ...at };
    }
    if (file !== undefined) held.delete(file);
    const before = last === undefined ? { ...place, emptySinceMs: since } : placeIn(last, END, nowMs);
    return { file, offset: 0, before, ...(fingerprint === undefined ? {} : { content: fingerprint }) };
  } finally {
    for (const each of held) await each[Symbol.asyncDispose]();
  }
}

/** @param begin where it begins in the first of them. */
async function* linesOf(
  contents: readonly Content[],
  begin: number,
  options: ReadOptions,
): AsyncGenerator<LogPart> {
  for (const [index, content] of contents.entries()) {
    yield* contentLines(content, index === 0 ? begin : 0, options);
    yield { kind: "rotated", lost: null };
  }
}

/** The lines of a rotated file; nothing will be appended to it any more. */
async function* contentLines(
  content: Content,
  offset: number,
  options: ReadOptions,
): AsyncGenerator<LogPart> {
  let from = offset;
  if (content.file !== undefined) {
    for await (const { found, searchedTo } of searchFile(content.file, offset, options)) {
      from = searchedTo;
      if (found !== undefined) yield { kind: "found", content: content.fingerprint, found };
    }
  }
  const splitter = createLineSplitter(from, options.maxLineBytes);
  for await (const piece of content.pieces(from)) {
    if (options.signal.aborted) return;
    for (const lines of splitter.split(piece, options.needle)) {
      await options.turns();
      yield { kind: "lines", content: content.fingerprint, lines };
    }
  }
  const rest = splitter.rest();
  if (rest !== undefined) yield { kind: "lines", content: content.fingerprint, lines: [rest] };
}

async function openFollowing(log: LogFile, { content, offset, emptySinceMs }: Place): Promise<Following> {
  for (let attempt = 1; ; attempt += 1) {
    // The file first: what is rotated after that is known by being among the others.
    const file = await openIfThere(log);
    const fingerprint = await file?.fingerprint();
    const isWanted = ({ beginning }: Content) => content.bytes > 0 && hasFingerprint(beginning, content);
    const listed = await log.predecessors();
    const { contents, isWhole } = await openBackTo(listed, isWanted);
    const isFound = contents[0] !== undefined && isWanted(contents[0]);
    // While files are renamed one after the other, a folder lists some of them twice and others not at all.
    const isSteady =
      isWhole && isSame(listed, await log.predecessors()) && !isAmong(file?.inode, fingerprint, contents);
    if (attempt === ATTEMPTS || isSteady) {
      if (isFound) return { contents, offset, file, fingerprint };
      return { contents: await changedSince(contents, emptySinceMs), offset: 0, file, fingerprint };
    }
    for (const each of contents) await each[Symbol.asyncDispose]();
    await file?.[Symbol.asyncDispose]();
    await delay(RETRY_MS);
  }
}

/** Those that are not empty and were changed since a time; closes the others. */
async function changedSince(
  contents: readonly Content[],
  sinceMs = Number.POSITIVE_INFINITY,
): Promise<Content[]> {
  const isKept = ({ modifiedAtMs, beginning }: Content) =>
    modifiedAtMs >= sinceMs - CLOCK_MS && beginning.length > 0;
  for (const each of contents) if (!isKept(each)) await each[Symbol.asyncDispose]();
  return contents.filter(isKept);
}

function isSame(some: readonly Predecessor[], others: readonly Predecessor[]): boolean {
  const inodes = (list: readonly Predecessor[]) => list.map(({ inode }) => inode).join();
  return inodes(some) === inodes(others);
}

/** Whether the file has been rotated meanwhile: renamed, or copied and not yet emptied. */
function isAmong(
  inode: string | undefined,
  fingerprint: Fingerprint | undefined,
  contents: readonly Content[],
): boolean {
  return contents.some(
    (each) =>
      each.inode === inode ||
      (fingerprint !== undefined && fingerprint.bytes > 0 && hasFingerprint(each.beginning, fingerprint)),
  );
}

/** Opens them from the newest back to the one that is wanted; `isWhole` where none was gone meanwhile. */
async function openBackTo(
  predecessors: readonly Predecessor[],
  isWanted: (content: Content) => boolean,
): Promise<{ contents: Content[]; isWhole: boolean }> {
  const contents: Content[] = [];
  let isWhole = true;
  for (const predecessor of predecessors.toReversed()) {
    try {
      const opened = await openContent(predecessor);
      contents.unshift(opened);
      if (opened.inode !== predecessor.inode) isWhole = false;
      if (isWanted(opened)) break;
    } catch (error) {
      // One that is no gzip, or may not be read, can't be it; one that is gone lies there by another name now.
      if (error instanceof AppError && error.code === "not-found") isWhole = false;
    }
  }
  return { contents, isWhole };
}
