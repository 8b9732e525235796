/** How the parts of a process are asked for. */

/** What a part is told. */
export interface PartProps {
  readonly pid: number;
  /** It has ended: nothing more will come. */
  readonly isGone: boolean;
  readonly find: string;
}

const LOOK_EVERY_MS = 3_000;

/** What is asked of a part; what does not change is asked for once. */
export function askingOf({ pid, isGone }: PartProps, isLive = true) {
  return { params: { pid }, ...(isLive && !isGone ? { everyMs: LOOK_EVERY_MS } : {}) };
}
