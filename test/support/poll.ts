import { setTimeout as delay } from "node:timers/promises";

/**
 * Asks again and again until `probe` gives something other than undefined or false, and gives that.
 * What it throws counts as "not yet". Fails with the last answer after `timeoutMs`.
 */
export async function poll<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  { timeoutMs = 10_000, intervalMs = 20 } = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  while (performance.now() < deadline) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    await delay(intervalMs);
  }
  throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: last });
}
