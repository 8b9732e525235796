import type { Page } from "playwright-core";
import { z } from "zod";

/** How smoothly a page is drawn. */

/** What the drawing of a page took. */
export interface Drawn {
  readonly framesPerSecond: number;
  /** CPU time of the page's main thread: that others want the CPU, too, is not in it. */
  readonly cpuMsPerFrame: number;
  /** How long the page stood still at the most, by the browser's own account of tasks beyond 50 ms; 0 where there were none. */
  readonly longestTaskMs: number;
}

/** What drawing takes for so long, while something is done before each frame. */
export async function drawingWhile(page: Page, action: string, forMs = 3_000): Promise<Drawn> {
  await using cpu = await pageCpu(page);
  const before = await cpu.ms();
  const [frames, tookMs, longestTaskMs] = z.tuple([z.number(), z.number(), z.number()]).parse(
    await page.evaluate(`new Promise((resolve) => {
      let frames = 0;
      const tasks = [];
      const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries()));
      observer.observe({ entryTypes: ["longtask"] });
      const startedAt = performance.now();
      const next = () => {
        ${action};
        frames += 1;
        const tookMs = performance.now() - startedAt;
        if (tookMs > ${forMs}) {
          tasks.push(...observer.takeRecords());
          observer.disconnect();
          resolve([frames, tookMs, Math.max(0, ...tasks.map(({ duration }) => duration))]);
        }
        else requestAnimationFrame(next);
      };
      requestAnimationFrame(next);
    })`),
  );
  const cpuMsPerFrame = ((await cpu.ms()) - before) / frames;
  return { framesPerSecond: (frames / tookMs) * 1_000, cpuMsPerFrame, longestTaskMs };
}

/** The CPU time that the page's main thread has taken so far. */
export async function pageCpu(page: Page): Promise<{ ms(): Promise<number> } & AsyncDisposable> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  return {
    async ms() {
      const { metrics } = await session.send("Performance.getMetrics");
      return (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN) * 1_000;
    },
    [Symbol.asyncDispose]: () => session.detach(),
  };
}

/**
 * Measures until it is good, but not more than so often, and gives all rounds: others may take the CPU away for a while,
 * but what is the page's own fault comes every time.
 */
export async function measuredWell<T>(
  measure: () => Promise<T>,
  isGood: (measured: T) => boolean,
  rounds = 6,
): Promise<readonly T[]> {
  const measured: T[] = [];
  do measured.push(await measure());
  while (measured.length < rounds && !measured.slice(-1).some(isGood));
  return measured;
}
