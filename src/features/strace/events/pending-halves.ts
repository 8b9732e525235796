/** The first half of a call: its thread, when it began, and what was written of it. */
export interface FirstHalf {
  readonly tid: number;
  readonly time: number;
  readonly call: string;
  /** From the name on, without `<unfinished ...>`. */
  readonly text: string;
  /** The whole line. */
  readonly line: string;
}

/** How much may wait for its second half. */
export interface PendingLimits {
  readonly maxHalves: number;
  readonly maxChars: number;
}

/** First halves by thread: each thread has one at most. The oldest are given up where there are too many. */
export class PendingHalves {
  readonly #limits: PendingLimits;
  /** In the order in which they came: that of a Map. */
  readonly #halves = new Map<number, FirstHalf>();
  #chars = 0;

  constructor(limits: PendingLimits) {
    this.#limits = limits;
  }

  /** How many wait. */
  get size(): number {
    return this.#halves.size;
  }

  /** How many characters wait. */
  get chars(): number {
    return this.#chars;
  }

  /** Keeps a half, and gives those that are given up for it: at the most all, itself included. */
  add(half: FirstHalf): FirstHalf[] {
    const givenUp: FirstHalf[] = [];
    const former = this.take(half.tid);
    if (former !== undefined) givenUp.push(former);
    this.#halves.set(half.tid, half);
    this.#chars += half.line.length;
    while (this.#halves.size > this.#limits.maxHalves || this.#chars > this.#limits.maxChars) {
      const [oldest] = this.#halves.keys();
      const dropped = oldest === undefined ? undefined : this.take(oldest);
      if (dropped === undefined) break;
      givenUp.push(dropped);
    }
    return givenUp;
  }

  /** Takes the half of a thread out, if there is one. */
  take(tid: number): FirstHalf | undefined {
    const half = this.#halves.get(tid);
    if (half === undefined) return undefined;
    this.#halves.delete(tid);
    this.#chars -= half.line.length;
    return half;
  }

  /** Takes the half of a thread out if it is of this call. */
  takeOf(tid: number, call: string): FirstHalf | undefined {
    return this.#halves.get(tid)?.call === call ? this.take(tid) : undefined;
  }

  /** Takes all out, the oldest first. */
  takeAll(): FirstHalf[] {
    const all = [...this.#halves.values()];
    this.#halves.clear();
    this.#chars = 0;
    return all;
  }
}
