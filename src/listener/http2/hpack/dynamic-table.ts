/** What an entry counts for beside its name and value (RFC 7541 section 4.1). */
export const ENTRY_BYTES = 32;

/** The dynamic table of HPACK (RFC 7541 sections 2.3.2 and 4): the fields that came last, no more than its size allows. */
export class DynamicTable {
  /** A ring of names and values in turn: each place of a field is two of its elements. */
  readonly #ring: string[];
  /** To stay in the ring; the places are a power of two. */
  readonly #mask: number;
  #maxBytes: number;
  #bytes = 0;
  #count = 0;
  /** The place of the newest field. */
  #newest = 0;
  #changes = 0;

  /**
   * @param mostBytes what {@link DynamicTable.resize} will allow at most.
   * @param maxBytes its size to begin with.
   */
  constructor(mostBytes: number, maxBytes: number) {
    const mostFields = Math.max(1, Math.floor(mostBytes / ENTRY_BYTES));
    const places = 2 ** Math.ceil(Math.log2(mostFields));
    this.#ring = new Array<string>(2 * places).fill("");
    this.#mask = places - 1;
    this.#maxBytes = maxBytes;
  }

  /** How often it may have changed: while this stays the same, so does all that stands in the table. */
  get changes(): number {
    return this.#changes;
  }

  /** The name of a field, counted from 0, the newest; undefined where there is none. */
  name(index: number): string | undefined {
    return index < this.#count ? this.#ring[this.#placeOf(index)] : undefined;
  }

  /** The value of a field, like {@link DynamicTable.name}. */
  value(index: number): string | undefined {
    return index < this.#count ? this.#ring[this.#placeOf(index) + 1] : undefined;
  }

  /** Adds a field, and evicts old ones for it; one that is larger than the table empties it (section 4.4). */
  add(name: string, value: string): void {
    this.#changes += 1;
    const bytes = name.length + value.length + ENTRY_BYTES;
    this.#evictDownTo(this.#maxBytes - bytes);
    if (bytes > this.#maxBytes) return;
    this.#newest = (this.#newest + 1) & this.#mask;
    this.#bytes += bytes;
    this.#count += 1;
    const place = this.#placeOf(0);
    this.#ring[place] = name;
    this.#ring[place + 1] = value;
  }

  /** Changes the size, and evicts what is too much for it (section 4.3). */
  resize(maxBytes: number): void {
    this.#changes += 1;
    this.#maxBytes = maxBytes;
    this.#evictDownTo(maxBytes);
  }

  #evictDownTo(bytes: number): void {
    while (this.#bytes > bytes && this.#count > 0) {
      const place = this.#placeOf(this.#count - 1);
      const name = this.#ring[place] ?? "";
      const value = this.#ring[place + 1] ?? "";
      this.#bytes -= name.length + value.length + ENTRY_BYTES;
      this.#count -= 1;
      // Else the ring would hold more text than the size allows.
      this.#ring[place] = "";
      this.#ring[place + 1] = "";
    }
  }

  #placeOf(index: number): number {
    return 2 * ((this.#newest - index) & this.#mask);
  }
}
