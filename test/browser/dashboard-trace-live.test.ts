import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { whyNoBrowser } from "../support/browser.ts";
import { expectClean, pollPage, shoot, useDashboard } from "../support/dashboard.ts";
import { drawingWhile, measuredWell } from "../support/drawing.ts";
import { isMissing } from "../support/needs.ts";
import { poll } from "../support/poll.ts";

/** What is made while one looks, and while one does not: together no more than a page keeps. */
const [SEEN, HELD] = [120_000, 50_000];
/** 60 frames a second leave 16.7 ms for each. */
const FRAME_CPU_MS = 16;
/** On a busy machine some thousand calls a second are all that strace can tell. */
const MINUTES_MS = 300_000;
const stateOf = z.looseObject({ id: z.string(), state: z.string(), events: z.int() });

describe.skipIf(whyNoBrowser() !== undefined || isMissing("ptrace"))("a trace of many calls", () => {
  // On a busy machine strace waits for the CPU at times, and the governor is not to take that for a standstill.
  const place = useDashboard(() => ({
    SIDECAR_TRACES_MAX_DURATION_MS: String(2 * MINUTES_MS),
    SIDECAR_STRACE_MAX_FROZEN_MS: "10000",
    SIDECAR_STRACE_MAX_THROTTLED_PERCENT: "100",
    SIDECAR_STRACE_MAX_LATENCY_MS: "0",
  }));

  const lines = (page: Page) => page.getByRole("region", { name: "System calls" }).getByRole("button");
  const told = async (id: string) =>
    stateOf.parse((await place.sidecar.ask(`/_sidecar/traces/${id}`)).json());
  /** How many events the page says that it has. */
  const count = async (page: Page) => {
    const text = await page.getByText(/^[\d,]+ events(?:$|, |; )/).textContent();
    return Number(/^[\d,]+/.exec(text ?? "")?.[0].replaceAll(",", ""));
  };

  /** A real program under a trace, which makes very many calls when it is told to. */
  async function traceManyCalls() {
    const script =
      "while read calls; do dd if=/dev/zero of=/dev/null bs=1 count=$((calls / 2)) 2>/dev/null; done";
    const child = spawn("sh", ["-c", script], { stdio: ["pipe", "ignore", "ignore"] });
    await once(child, "spawn");
    const answer = await place.sidecar.ask("/_sidecar/traces", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ process: child.pid, duration: (2 * MINUTES_MS) / 1_000 }),
    });
    expect(answer.status, answer.body).toBe(202);
    const { id } = stateOf.parse(answer.json());
    return {
      id,
      call: (calls: number) => child.stdin.write(`${calls}\n`),
      end: async () => {
        const exit = once(child, "exit");
        child.stdin.end();
        await exit;
        const hasEnded = async () => {
          const state = await told(id);
          return state.state === "ended" && state;
        };
        const ended = await poll("the end of the trace", hasEnded, { timeoutMs: MINUTES_MS });
        expect(ended).toMatchObject({ endReason: "process-exited" });
        return ended.events;
      },
    };
  }

  test("is read while it runs: lines come as they are made, a pause holds them, a filter picks some, and none is lost", async () => {
    const { id, call, end } = await traceManyCalls();
    await using watched = await place.open(`#/trace?trace=${id}`);
    const { page } = watched;
    await page.getByText("What it costs the app:").waitFor();
    call(SEEN);
    await pollPage("the first lines", async () => (await count(page)) > 1_000);

    const toTheEnd = page.getByLabel("Keep to the end");
    await toTheEnd.check();
    const live = await measuredWell(
      async () => {
        const before = await told(id);
        const drawn = await drawingWhile(page, "undefined", 2_000);
        const after = await told(id);
        const startedAt = performance.now();
        await pollPage("what was told", async () => (await count(page)) >= after.events);
        return { lines: after.events - before.events, drawn, behindMs: performance.now() - startedAt };
      },
      ({ drawn, behindMs }) => drawn.cpuMsPerFrame < FRAME_CPU_MS && behindMs < 1_500,
    );
    expect(await toTheEnd.isChecked()).toBe(true);
    await shoot(page, "trace-live");
    // biome-ignore lint/suspicious/noConsole: the figures are what one runs this for.
    console.info("lines in two seconds, their drawing, and how far the page was behind:", live);
    // How fast they come is the machine's; what they take of the page is its own.
    expect(live.every((round) => round.lines === 0)).toBe(false);
    expect(Math.min(...live.map(({ drawn }) => drawn.cpuMsPerFrame))).toBeLessThan(FRAME_CPU_MS);
    expect(Math.min(...live.map(({ behindMs }) => behindMs))).toBeLessThan(3_000);
    expect(await lines(page).count()).toBeLessThan(150);

    const all = (what: string, isIt: () => Promise<boolean>) => poll(what, isIt, { timeoutMs: MINUTES_MS });
    await all("all of them", async () => {
      const seen = await count(page);
      return seen > SEEN && seen === (await told(id)).events;
    });
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText(/; \d+ wait at the sidecar: none is lost$/).waitFor();
    const held = await count(page);
    const last = await lines(page).last().textContent();
    call(HELD);
    await page
      .getByText(/; [1-9]\d,\d{3} wait at the sidecar: none is lost$/)
      .waitFor({ timeout: MINUTES_MS });
    expect([await count(page), await lines(page).last().textContent()]).toEqual([held, last]);
    await page.getByRole("button", { name: "Go on" }).click();

    await page.getByLabel("Call", { exact: true }).fill("write");
    await pollPage("only writes", async () => {
      const texts = await lines(page).allTextContents();
      return texts.length > 0 && texts.every((text) => text.includes("write(1</dev/null"));
    });
    await page.getByRole("button", { name: "Show all" }).click();

    const events = await end();
    const isShown = (text: string) => page.getByText(text, { exact: true }).waitFor({ timeout: MINUTES_MS });
    await isShown(`${events.toLocaleString("en")} events`);
    // Each write of the program once, by the page's own filter.
    await page.getByLabel("Path or text").fill("(1</dev/null");
    await page.getByLabel("Call", { exact: true }).fill("write");
    const writes = ((SEEN + HELD) / 2).toLocaleString("en");
    await isShown(`${writes} of ${events.toLocaleString("en")} events`);
    expectClean(watched, place.origin);
  }, 900_000);

  test("is scrolled through when it has ended, without holding the page up", async () => {
    const { id, call, end } = await traceManyCalls();
    call(SEEN);
    const events = await end();
    await using watched = await place.open(`#/trace?trace=${id}`);
    const { page } = watched;
    const startedAt = performance.now();
    await page
      .getByText(`${events.toLocaleString("en")} events`, { exact: true })
      .waitFor({ timeout: MINUTES_MS });
    const loadedMs = Math.round(performance.now() - startedAt);
    const scroll = `(() => {
      const list = document.querySelector(".virtual-list");
      list.scrollTop = (list.scrollTop + 220) % (list.scrollHeight - list.clientHeight);
    })()`;
    const compared = await measuredWell(
      async () => {
        const scrolling = await drawingWhile(page, scroll, 1_500);
        // The same page at rest, with as much work before each frame: so many frames the machine has for it.
        const work = `const end = performance.now() + ${scrolling.cpuMsPerFrame}; while (performance.now() < end);`;
        const resting = await drawingWhile(page, work, 1_500);
        return { scrolling, resting, share: scrolling.framesPerSecond / resting.framesPerSecond };
      },
      ({ scrolling, share }) =>
        share > 0.95 && scrolling.cpuMsPerFrame < FRAME_CPU_MS && scrolling.longestTaskMs < 100,
      10,
    );
    // biome-ignore lint/suspicious/noConsole: the figures are what one runs this for.
    console.info("scrolled, and at rest, and the time to read the trace:", compared, loadedMs);
    expect(Math.min(...compared.map(({ scrolling }) => scrolling.cpuMsPerFrame))).toBeLessThan(FRAME_CPU_MS);
    expect(Math.max(...compared.map(({ share }) => share))).toBeGreaterThan(0.75);
    expect(Math.min(...compared.map(({ scrolling }) => scrolling.longestTaskMs))).toBeLessThan(250);
    expect(await lines(page).count()).toBeLessThan(150);

    await page.getByLabel("Path or text").fill("no line has this");
    await page.getByText("No event passes the filter.").waitFor();
    expectClean(watched, place.origin);
  }, 900_000);
});
