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

/** What drawing takes for three seconds, while something is done before each frame. */
export async function drawingWhile(page: Page, action: string): Promise<Drawn> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const cpuSeconds = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN;
  };
  const before = await cpuSeconds();
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
        if (tookMs > 3000) {
          tasks.push(...observer.takeRecords());
          observer.disconnect();
          resolve([frames, tookMs, Math.max(0, ...tasks.map(({ duration }) => duration))]);
        }
        else requestAnimationFrame(next);
      };
      requestAnimationFrame(next);
    })`),
  );
  const cpuMsPerFrame = ((await cpuSeconds()) - before) * (1_000 / frames);
  await session.detach();
  return { framesPerSecond: (frames / tookMs) * 1_000, cpuMsPerFrame, longestTaskMs };
}
