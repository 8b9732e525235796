import { useRef } from "preact/hooks";
import type { JvmDetail } from "./jvm-types.ts";

/** What a JVM was at a moment. */
export interface Sample {
  /** Since 1970. */
  readonly second: number;
  readonly usedBytes: number | null;
  readonly committedBytes: number | null;
  readonly gcSeconds: number | null;
  readonly threads: number | null;
}

/** Half an hour of one in two seconds. */
const MAX_SAMPLES = 900;

/** What the figures were while the page was open: the sidecar keeps no history of them. */
export function useSamples(detail: JvmDetail | undefined, at: Date | undefined): readonly Sample[] {
  const samples = useRef<readonly Sample[]>([]);
  const second = (at?.getTime() ?? 0) / 1_000;
  const figures = detail?.figures ?? undefined;
  if (figures !== undefined && samples.current.at(-1)?.second !== second) {
    const { memory, gc, threads } = figures;
    const { usedBytes, committedBytes } = memory.heap;
    const sample = { second, usedBytes, committedBytes, gcSeconds: gc.timeSeconds, threads: threads.live };
    samples.current = [...samples.current.slice(1 - MAX_SAMPLES), sample];
  }
  return samples.current;
}

/** Of the time since the sample before each, how much was spent in collections; null for the first. */
export function gcShares(samples: readonly Sample[]): readonly (number | null)[] {
  return samples.map(({ second, gcSeconds }, index) => {
    const before = samples[index - 1];
    if (before === undefined || before.gcSeconds === null || gcSeconds === null) return null;
    return Math.max(0, gcSeconds - before.gcSeconds) / (second - before.second);
  });
}
