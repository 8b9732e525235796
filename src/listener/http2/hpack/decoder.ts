import { DynamicTable, ENTRY_BYTES } from "./dynamic-table.ts";
import { huffmanText } from "./huffman.ts";
import { STATIC_ENTRIES, STATIC_NAMES, STATIC_VALUES } from "./static-table.ts";

/** What is no HPACK: the connection must end with COMPRESSION_ERROR (RFC 9113 section 4.3). */
export class HpackError extends Error {}

/** The fields of a block. */
export interface DecodedBlock {
  /** Names and values in turn (latin1), pseudo-header fields as they came. */
  readonly list: readonly string[];
  /** Whether there were more than the limits allow; then the list is cut off there. */
  readonly isTooLarge: boolean;
}

/** What a decoder accepts. */
export interface HpackLimits {
  /**
   * The SETTINGS_HEADER_TABLE_SIZE that was announced. Below the default of 4,096 the first blocks of a peer, which does
   * not know it yet, may be misread.
   */
  readonly tableBytes: number;
  /** Of one block: name, value and 32 for each field (RFC 7541 section 4.1). */
  readonly listBytes: number;
  /** Of one block. */
  readonly listFields: number;
}

/** The size of the table until a peer changes it (RFC 9113 section 6.5.2). */
const DEFAULT_TABLE_BYTES = 4_096;
/** Of a block that is remembered. */
const MOST_REMEMBERED_BYTES = 4_096;
/** Of an integer, behind its prefix: so it is below 2^29 with its prefix, and the engine's small integers suffice. */
const MOST_INTEGER_BITS = 28;

/** The first bits of a representation (RFC 7541 section 6), as the lowest byte that has them. */
const INDEXED = 0x80;
const WITH_INDEXING = 0x40;
const SIZE_UPDATE = 0x20;
/** The first bit of a text (section 5.2). */
const HUFFMAN = 0x80;

const NO_BYTES: Buffer = Buffer.alloc(0);

/** Reads the header blocks of one connection, in the order in which they came (RFC 7541). */
export class HpackDecoder {
  readonly #limits: HpackLimits;
  readonly #table: DynamicTable;
  /** The block that is being read, and where. */
  #block = NO_BYTES;
  #at = 0;
  #list: string[] = [];
  #listBytes = 0;
  #isTooLarge = false;
  /** What the block before gave; undefined where it changed the table, or was too long to be remembered. */
  #last: DecodedBlock | undefined;
  /** Its bytes. They have memory of their own: what a block stands in belongs to the socket. */
  #lastBytes = NO_BYTES;
  #lastLength = 0;

  constructor(limits: HpackLimits) {
    this.#limits = limits;
    this.#table = new DynamicTable(limits.tableBytes, Math.min(limits.tableBytes, DEFAULT_TABLE_BYTES));
  }

  /**
   * Reads a block. Of one that repeats the block before, and had no effect on the dynamic table, the very same object is
   * returned again.
   *
   * A block beyond the limits is read to its end all the same: those that follow refer to what it adds to the table.
   * @throws {HpackError} and is of no use after that.
   */
  decode(block: Buffer): DecodedBlock {
    const last = this.#last;
    if (last !== undefined && this.#isRepeated(block)) return last;
    this.#last = undefined;
    const { changes } = this.#table;
    const decoded = this.#read(block);
    if (this.#table.changes === changes && block.length <= MOST_REMEMBERED_BYTES)
      this.#remember(block, decoded);
    return decoded;
  }

  #read(block: Buffer): DecodedBlock {
    this.#block = block;
    this.#at = 0;
    this.#list = [];
    this.#listBytes = 0;
    this.#isTooLarge = false;
    this.#readSizeUpdates();
    while (this.#at < block.length) this.#readField();
    const decoded = { list: this.#list, isTooLarge: this.#isTooLarge };
    this.#block = NO_BYTES;
    this.#list = [];
    return decoded;
  }

  /** Size updates stand at the beginning of a block only (section 4.2). */
  #readSizeUpdates(): void {
    while (((this.#block[this.#at] ?? 0) & 0xe0) === SIZE_UPDATE) {
      const bytes = this.#integer(5);
      if (bytes > this.#limits.tableBytes) throw new HpackError("a table size above the one announced");
      this.#table.resize(bytes);
    }
  }

  #readField(): void {
    const first = this.#block[this.#at] ?? 0;
    if (first >= INDEXED) {
      const index = this.#integer(7);
      this.#keep(this.#nameAt(index), this.#valueAt(index));
    } else if (first >= WITH_INDEXING) {
      const name = this.#name(6);
      const value = this.#text();
      this.#table.add(name, value);
      this.#keep(name, value);
    } else if (first >= SIZE_UPDATE) {
      throw new HpackError("a table size update behind a field");
    } else {
      // Without indexing, or never to be indexed: we forward nothing as HPACK, and so treat both alike.
      const name = this.#name(4);
      this.#keep(name, this.#text());
    }
  }

  #keep(name: string, value: string): void {
    // Counts on beyond a limit, so that a short field does not get in behind one that was too long.
    this.#listBytes += name.length + value.length + ENTRY_BYTES;
    if (this.#listBytes > this.#limits.listBytes || this.#list.length >= 2 * this.#limits.listFields) {
      this.#isTooLarge = true;
    } else {
      this.#list.push(name, value);
    }
  }

  /** The name of a literal: by its index, or as text where that is 0 (section 6.2). */
  #name(prefixBits: number): string {
    const index = this.#integer(prefixBits);
    return index === 0 ? this.#text() : this.#nameAt(index);
  }

  #nameAt(index: number): string {
    const isStatic = index <= STATIC_ENTRIES;
    const name = isStatic ? STATIC_NAMES[index] : this.#table.name(index - STATIC_ENTRIES - 1);
    if (name === undefined) throw new HpackError(`no field has the index ${index}`);
    return name;
  }

  #valueAt(index: number): string {
    const isStatic = index <= STATIC_ENTRIES;
    const value = isStatic ? STATIC_VALUES[index] : this.#table.value(index - STATIC_ENTRIES - 1);
    if (value === undefined) throw new HpackError(`no field has the index ${index}`);
    return value;
  }

  /** An integer that begins in the last bits of a byte (section 5.1). */
  #integer(prefixBits: number): number {
    const most = (1 << prefixBits) - 1;
    let value = this.#nextByte() & most;
    if (value < most) return value;
    for (let shift = 0; shift < MOST_INTEGER_BITS; shift += 7) {
      const byte = this.#nextByte();
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new HpackError("an integer is too long");
  }

  /** A text (section 5.2). */
  #text(): string {
    const isHuffman = (this.#block[this.#at] ?? 0) >= HUFFMAN;
    const length = this.#integer(7);
    const from = this.#at;
    const to = from + length;
    if (to > this.#block.length) throw new HpackError("a text is longer than its block");
    this.#at = to;
    if (!isHuffman) return this.#block.toString("latin1", from, to);
    const text = huffmanText(this.#block, from, to);
    if (text === undefined) throw new HpackError("a text is no Huffman code");
    return text;
  }

  #nextByte(): number {
    const byte = this.#block[this.#at];
    if (byte === undefined) throw new HpackError("a block is cut off");
    this.#at += 1;
    return byte;
  }

  #remember(block: Buffer, decoded: DecodedBlock): void {
    const { length } = block;
    if (length > this.#lastBytes.length) {
      const room = Math.min(2 * length, MOST_REMEMBERED_BYTES);
      this.#lastBytes = Buffer.allocUnsafeSlow(room);
    }
    block.copy(this.#lastBytes);
    this.#lastLength = length;
    this.#last = decoded;
  }

  #isRepeated(block: Buffer): boolean {
    return block.length === this.#lastLength && block.compare(this.#lastBytes, 0, block.length) === 0;
  }
}
