/** What the governor and the main thread tell each other of a trace, in memory that both see: neither waits for the other. */

/** Why the governor ends a trace. */
export const VERDICTS = [
  "core-frozen",
  "storage-full",
  "byte-limit",
  "time-limit",
  "sidecar-throttled",
  "cpu-budget",
  "governor-failed",
  "core-slow",
  "core-throttled",
] as const;
/** Why the governor ends a trace. */
export type Verdict = (typeof VERDICTS)[number];

const WORDS = 2;
const VERDICT_AT = 0;
const PHASE_AT = 1;
const NONE = 0;
const ATTACHED = 1;
const OVER = 2;

/** The memory of one trace. */
export interface TraceSlot {
  readonly memory: SharedArrayBuffer;
  verdict(): Verdict | undefined;
  /** Sets the verdict; the first one stays. */
  decide(verdict: Verdict): void;
  isAttached(): boolean;
  markAttached(): void;
  /** Whether nobody waits for a verdict any more. */
  isOver(): boolean;
  markOver(): void;
}

/** The slot in a memory; a new one where none is given. */
export function traceSlot(memory = new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT)): TraceSlot {
  const words = new Int32Array(memory);
  return {
    memory,
    verdict: () => VERDICTS[Atomics.load(words, VERDICT_AT) - 1],
    decide: (verdict) => void Atomics.compareExchange(words, VERDICT_AT, NONE, VERDICTS.indexOf(verdict) + 1),
    isAttached: () => Atomics.load(words, PHASE_AT) !== NONE,
    markAttached: () => void Atomics.compareExchange(words, PHASE_AT, NONE, ATTACHED),
    isOver: () => Atomics.load(words, PHASE_AT) === OVER,
    markOver: () => void Atomics.store(words, PHASE_AT, OVER),
  };
}
