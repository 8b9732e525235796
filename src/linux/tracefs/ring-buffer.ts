import { EventFormatError, parseFields } from "./event-format.ts";

/**
 * The pages of the kernel's ring buffer, as `trace_pipe_raw` gives them (kernel: include/linux/ring_buffer.h,
 * `events/header_page`, `events/header_event`). Pure: bytes in, events out; whatever the bytes are, it ends.
 */

/** How a page is laid out. */
export interface PageLayout {
  /** Where the events begin. */
  readonly dataOffset: number;
  readonly commitOffset: number;
  readonly commitBytes: 4 | 8;
  /** The size of a page, its head included. */
  readonly pageBytes: number;
}

/** What a page says beside its events. */
export interface PageEnd {
  /** How many events were overwritten before this page was read; null where that is not told, 0 where none were. */
  readonly lostBefore: number | null;
  /** Whether the page is not what the layout says: what could be read of it has been handed on. */
  readonly isBroken: boolean;
}

/**
 * Takes an event: when it happened, in nanoseconds after `baseNs`, and where in `words` it is (in steps of 32 bits).
 * The words are overwritten afterwards.
 */
export type OnRawEvent = (timeNs: number, words: Int32Array, at: number, length: number) => void;

const MAX_PAGE_BYTES = 1_048_576;
const COMMIT_MASK = 0x07ff_ffff;
const MISSED_EVENTS = 0x8000_0000;
const MISSED_STORED = 0x4000_0000;
const TYPE_BITS = 5;
const TYPE_MASK = 31;
const PADDING = 29;
const TIME_EXTEND = 30;
const TIME_STAMP = 31;
/** A time extend holds what does not fit into the 27 bits of a delta. */
const EXTEND_SCALE = 2 ** 27;

/**
 * Reads `events/header_page`.
 * @throws {EventFormatError} where it is not understood.
 */
export function parsePageLayout(text: string): PageLayout {
  const fields = parseFields(text);
  const [timestamp, commit, data] = ["timestamp", "commit", "data"].map((name) => fields.get(name));
  const commitBytes = commit?.sizeBytes;
  if (timestamp?.offset !== 0 || timestamp.sizeBytes !== 8 || commit === undefined || data === undefined)
    throw new EventFormatError("the head of a page of the ring buffer is not understood");
  if ((commitBytes !== 4 && commitBytes !== 8) || commit.offset % 4 !== 0 || data.offset % 4 !== 0)
    throw new EventFormatError("the head of a page of the ring buffer is not understood");
  const pageBytes = data.offset + data.sizeBytes;
  if (pageBytes > MAX_PAGE_BYTES || pageBytes % 4 !== 0 || data.sizeBytes < 16)
    throw new EventFormatError("the pages of the ring buffer have an unlikely size");
  return { dataOffset: data.offset, commitOffset: commit.offset, commitBytes, pageBytes };
}

/** Makes what reads pages of a layout; `baseNs` is taken off their times, so that these are exact as numbers. */
export function createPageReader(
  layout: PageLayout,
  baseNs: bigint,
): (page: Buffer, bytes: number, onEvent: OnRawEvent) => PageEnd {
  const dataAt = layout.dataOffset / 4;
  const commitAt = layout.commitOffset / 4;
  return (page, bytes, onEvent) => {
    if (bytes < layout.dataOffset) return { lostBefore: 0, isBroken: true };
    const words = new Int32Array(page.buffer, page.byteOffset, Math.floor(page.length / 4));
    const commit = (words[commitAt] ?? 0) >>> 0;
    const length = commit & COMMIT_MASK;
    const end = dataAt + Math.floor(length / 4);
    const isTooLong = layout.dataOffset + length > bytes;
    const lastWord = isTooLong ? Math.floor(bytes / 4) : end;
    const startNs = Number(page.readBigUInt64LE(0) - baseNs);
    const isWhole = readEvents(words, { at: dataAt, timeNs: startNs }, lastWord, baseNs, onEvent);
    return { lostBefore: lostIn(page, layout, commit, length), isBroken: isTooLong || !isWhole };
  };
}

/** Where a reading is. */
interface Place {
  /** In words; negative where what is there is no event. */
  at: number;
  timeNs: number;
}

const BROKEN = -1;

/** False where the events don't fill what they should. */
function readEvents(
  words: Int32Array,
  from: Place,
  end: number,
  baseNs: bigint,
  onEvent: OnRawEvent,
): boolean {
  const place = { ...from };
  while (place.at >= 0 && place.at < end) {
    const head = words[place.at] ?? 0;
    const array = place.at + 1 < end ? (words[place.at + 1] ?? 0) >>> 0 : 0;
    // Nothing more comes on this page.
    if (head === PADDING) return true;
    if ((head & TYPE_MASK) >= PADDING) pass(place, head, array, baseNs);
    else take(place, head, array, words, end, onEvent);
  }
  return place.at === end;
}

/** What is no event of a tracepoint: time, or room that was given up. */
function pass(place: Place, head: number, array: number, baseNs: bigint): void {
  const delta = head >>> TYPE_BITS;
  const type = head & TYPE_MASK;
  if (type === TIME_STAMP) place.timeNs = absoluteNs(array, delta, baseNs);
  else place.timeNs += type === TIME_EXTEND ? array * EXTEND_SCALE + delta : delta;
  place.at += type === PADDING ? wordsOf(array) : 2;
}

function take(
  place: Place,
  head: number,
  array: number,
  words: Int32Array,
  end: number,
  onEvent: OnRawEvent,
): void {
  const type = head & TYPE_MASK;
  place.timeNs += head >>> TYPE_BITS;
  const dataAt = type === 0 ? place.at + 2 : place.at + 1;
  const next = type === 0 ? place.at + wordsOf(array) : dataAt + type;
  if (next > end || next <= dataAt) place.at = BROKEN;
  else {
    onEvent(place.timeNs, words, dataAt, next - dataAt);
    place.at = next;
  }
}

/** What a long event or a padding takes: its head, and `bytes`, in which the word that says so is counted. At least two. */
function wordsOf(bytes: number): number {
  return 1 + Math.max(1, Math.ceil(bytes / 4));
}

function absoluteNs(array: number, delta: number, baseNs: bigint): number {
  return Number(BigInt(array) * BigInt(EXTEND_SCALE) + BigInt(delta) - baseNs);
}

/** The count stands behind the events, where there was room for it. */
function lostIn(page: Buffer, layout: PageLayout, commit: number, length: number): number | null {
  if ((commit & MISSED_EVENTS) === 0) return 0;
  const at = layout.dataOffset + length;
  if ((commit & MISSED_STORED) === 0 || at + layout.commitBytes > page.length) return null;
  const count = layout.commitBytes === 8 ? Number(page.readBigUInt64LE(at)) : page.readUInt32LE(at);
  return Number.isSafeInteger(count) ? count : null;
}
