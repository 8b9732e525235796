/**
 * Shares the event loop between long work and everybody else: whoever works in steps awaits it before each, and gets on at
 * once, or in a later turn of the loop where the work of this turn has taken long enough.
 */
export type Turns = () => Promise<void> | undefined;

/** What all that work takes of a turn, together: whoever waits for the loop hardly notices. */
const BUDGET_MS = 1;

/** Makes one, for all work that is to share: of those that wait, one gets on in each turn, in their order. */
export function createTurns(budgetMs = BUDGET_MS): Turns {
  const waiting: (() => void)[] = [];
  let beganAtMs = Number.NEGATIVE_INFINITY;
  const next = () => {
    beganAtMs = performance.now();
    waiting.shift()?.();
    if (waiting.length > 0) setImmediate(next);
  };
  return () => {
    if (waiting.length === 0 && performance.now() - beganAtMs < budgetMs) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(next);
    return promise;
  };
}
