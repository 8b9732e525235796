/** One of what was seen most often. */
export interface TopEntry {
  readonly key: string;
  count: number;
  /** By how much `count` may be too high, since others had to make room for it. */
  overcount: number;
  totalNs: number;
}

/** What is seen most often, of any number of things, in a table of a fixed size. */
export interface TopTable {
  add(key: string, durationNs: number): void;
  /** The first so many, by count. */
  top(limit: number): TopEntry[];
}

/**
 * Makes an empty one, which counts by Space-Saving (Metwally, Agrawal, El Abbadi, 2005): what comes when it is full takes
 * the place of the rarest and inherits its count, so that whatever makes up more than a share of 1/`size` is in it.
 */
export function createTopTable(size: number): TopTable {
  const entries = new Map<string, TopEntry>();

  const makeRoom = (): number => {
    let rarest: TopEntry | undefined;
    for (const entry of entries.values()) {
      if (rarest === undefined || entry.count < rarest.count) rarest = entry;
    }
    if (rarest === undefined) return 0;
    entries.delete(rarest.key);
    return rarest.count;
  };

  return {
    add(key, durationNs) {
      const known = entries.get(key);
      if (known !== undefined) {
        known.count += 1;
        known.totalNs += durationNs;
        return;
      }
      const inherited = entries.size >= size ? makeRoom() : 0;
      entries.set(key, { key, count: inherited + 1, overcount: inherited, totalNs: durationNs });
    },
    top: (limit) => [...entries.values()].toSorted((a, b) => b.count - a.count).slice(0, limit),
  };
}
