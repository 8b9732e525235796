import { STATIC_ENTRIES, STATIC_NAMES, STATIC_VALUES } from "./static-table.ts";

/**
 * Writes fields as HPACK (RFC 7541) that needs no dynamic table, and so no state: as text, each char of which is a byte
 * (latin1), for the caller to join with what else is sent.
 */

/** How a literal field begins (section 6.2), with four bits left for the index of its name. */
const WITHOUT_INDEXING = 0x00;
const NEVER_INDEXED = 0x10;
const INDEX_BITS = 4;
/** Of the length of a text (section 5.2), behind the bit for Huffman, which is not used here. */
const LENGTH_BITS = 7;

/** Secrets: proxies behind us must not put them into a table either, where guesses could be tried (section 7.1.3). */
const SECRETS: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "proxy-authorization",
  "set-cookie",
]);

const STATUS = ":status";
const STATUS_INDEX = STATIC_NAMES.indexOf(STATUS);
/** How long a status is as text. */
const STATUS_LENGTH = 3;

/** The lengths that fit in one byte, written. */
const LENGTHS: readonly string[] = Array.from({ length: 127 }, (_, length) => String.fromCharCode(length));

/** How a field of this name begins, up to its value: for the names of the static table. */
const STATIC_BEGINNINGS: ReadonlyMap<string, string> = new Map(
  STATIC_NAMES.flatMap((name) => {
    if (name === undefined) return [];
    return [[name, integer(firstByte(name), INDEX_BITS, STATIC_NAMES.indexOf(name))] as const];
  }),
);

/** The same for other names. Those of most apps are few; where there are more than this, it begins anew. */
const otherBeginnings = new Map<string, string>();
const MOST_OTHERS = 512;
/** Longer names are not kept. */
const MOST_NAME_LENGTH = 64;

const STATUS_FIELDS: ReadonlyMap<number, string> = new Map(
  Array.from({ length: STATIC_ENTRIES + 1 }, (_, index) => index)
    .filter((index) => STATIC_NAMES[index] === STATUS)
    .map((index) => [Number(STATIC_VALUES[index]), String.fromCharCode(0x80 | index)]),
);
const STATUS_BEGINNING = integer(WITHOUT_INDEXING, INDEX_BITS, STATUS_INDEX) + lengthOf(STATUS_LENGTH);

/** The `:status` field (RFC 9113 section 8.3.2) of an answer with this status, from 100 to 999. */
export function statusField(status: number): string {
  return STATUS_FIELDS.get(status) ?? STATUS_BEGINNING + status;
}

/**
 * A field (RFC 7541 section 6.2.2), or one that is never to be indexed (section 6.2.3) where it is a secret.
 * @param lowerName in lower case, and like the value latin1: nothing is checked here.
 */
export function field(lowerName: string, value: string): string {
  return (STATIC_BEGINNINGS.get(lowerName) ?? beginningOf(lowerName)) + lengthOf(value.length) + value;
}

function beginningOf(lowerName: string): string {
  const known = otherBeginnings.get(lowerName);
  if (known !== undefined) return known;
  const beginning = integer(firstByte(lowerName), INDEX_BITS, 0) + lengthOf(lowerName.length) + lowerName;
  if (lowerName.length > MOST_NAME_LENGTH) return beginning;
  if (otherBeginnings.size >= MOST_OTHERS) otherBeginnings.clear();
  otherBeginnings.set(lowerName, beginning);
  return beginning;
}

function firstByte(lowerName: string): number {
  return SECRETS.has(lowerName) ? NEVER_INDEXED : WITHOUT_INDEXING;
}

function lengthOf(length: number): string {
  return LENGTHS[length] ?? integer(0, LENGTH_BITS, length);
}

/** An integer (section 5.1) in the last bits of a byte, and behind it where they do not suffice. */
function integer(firstBits: number, prefixBits: number, value: number): string {
  const most = (1 << prefixBits) - 1;
  if (value < most) return String.fromCharCode(firstBits | value);
  let text = String.fromCharCode(firstBits | most);
  let rest = value - most;
  for (; rest >= 0x80; rest >>= 7) text += String.fromCharCode((rest & 0x7f) | 0x80);
  return text + String.fromCharCode(rest);
}
