/** Rows of numbers, one for each slot of time, in a fixed piece of memory. NaN stands for what is not known. */
export interface SampleRing {
  /**
   * Puts the row of a slot in. Slots that were passed over become rows of NaN. A slot that is not after the newest one
   * (the clock was set back) moves all earlier rows back in time: none is lost, and the order stays.
   */
  put(slot: number, row: ArrayLike<number>): void;
  /** The rows from `fromSlot` on, the oldest first; `firstSlot` is the slot of the first of them. */
  read(fromSlot: number): { readonly firstSlot: number; readonly rows: readonly Float64Array[] };
}

/** Makes a ring of `capacity` rows, of `width` numbers each. */
export function createSampleRing(capacity: number, width: number): SampleRing {
  const values = new Float64Array(capacity * width);
  let count = 0;
  let newest = Number.NEGATIVE_INFINITY;
  let end = 0;

  const append = (row: ArrayLike<number> | undefined) => {
    if (row === undefined) values.fill(Number.NaN, end * width, (end + 1) * width);
    else values.set(row, end * width);
    end = (end + 1) % capacity;
    count = Math.min(count + 1, capacity);
  };

  return {
    put(slot, row) {
      const skipped = count === 0 || slot <= newest ? 0 : slot - newest - 1;
      // More than the ring holds makes no difference.
      for (let missing = Math.min(skipped, capacity); missing > 0; missing--) append(undefined);
      append(row);
      newest = slot;
    },
    read(fromSlot) {
      const wanted = Math.max(0, Math.min(count, newest - fromSlot + 1));
      const rows = Array.from({ length: wanted }, (_, index) => {
        const place = (end - wanted + index + capacity) % capacity;
        return values.slice(place * width, (place + 1) * width);
      });
      return { firstSlot: newest - wanted + 1, rows };
    },
  };
}
