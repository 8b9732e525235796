import { poll } from "./poll.ts";

/** Waits so long, where time itself is what is tested. */
export async function passes(forMs: number): Promise<void> {
  const untilMs = performance.now() + forMs;
  await poll("time to pass", () => performance.now() > untilMs, { timeoutMs: forMs + 5_000 });
}
