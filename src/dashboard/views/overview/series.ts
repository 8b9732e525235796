/** The points of histories as charts want them. Pure. */

/** A point of a history. */
export interface Point {
  readonly time: string;
}

/** How many of the newest seconds are kept beside the window that was asked for. */
export const MAX_TAIL = 300;

/** Adds seconds that came later; what is known already is not doubled. */
export function appendTail<P extends Point>(tail: readonly P[], more: readonly P[]): readonly P[] {
  const newest = tail.at(-1)?.time ?? "";
  // Times are ISO 8601 in UTC, all of one length: they compare as texts.
  const later = more.filter(({ time }) => time > newest);
  return later.length === 0 ? tail : [...tail, ...later].slice(-MAX_TAIL);
}

/** The coarse points of a window, and from where the single seconds begin, those. */
export function joined<P extends Point>(
  base: readonly P[],
  tail: readonly P[],
  stepSeconds: number,
): readonly P[] {
  const first = tail[0]?.time;
  if (first === undefined) return base;
  const from = Date.parse(first);
  return [...base.filter(({ time }) => Date.parse(time) + stepSeconds * 1_000 <= from), ...tail];
}

/** Points as columns: times in seconds, and the points themselves, null where there is a gap. */
export interface Course<P> {
  readonly seconds: readonly number[];
  readonly points: readonly (P | null)[];
}

/**
 * Lays points out over the whole window: it begins where the window does, and where nothing is known for longer than a
 * step there is a gap, not a line across it.
 */
export function courseOf<P extends Point>(
  points: readonly P[],
  stepSeconds: number,
  windowSeconds: number,
): Course<P> {
  const last = points.at(-1);
  if (last === undefined) return { seconds: [], points: [] };
  const start = secondOf(last) - windowSeconds;
  const seconds: number[] = [start];
  const laid: (P | null)[] = [null];
  for (const point of points) {
    const second = secondOf(point);
    if (second <= start) continue;
    const before = seconds.at(-1) ?? second;
    if (second - before > stepSeconds * 2.5 && before > start) {
      seconds.push(before + 1);
      laid.push(null);
    }
    seconds.push(second);
    laid.push(point);
  }
  return { seconds, points: laid };
}

/** One column of a course. */
export function columnOf<P>(
  course: Course<P>,
  read: (point: P) => number | null,
): readonly (number | null)[] {
  return course.points.map((point) => (point === null ? null : read(point)));
}

function secondOf({ time }: Point): number {
  return Date.parse(time) / 1_000;
}
