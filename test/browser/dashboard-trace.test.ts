import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { PATIENCE_MS, whyNoBrowser } from "../support/browser.ts";
import {
  expectAccessible,
  expectClean,
  pollPage,
  shoot,
  useDashboard,
  VIEWER,
} from "../support/dashboard.ts";
import { isMissing } from "../support/needs.ts";
import { poll } from "../support/poll.ts";

/** Text that would do harm on a page that took it for HTML. */
const HTML = "<img/src=x/onerror=document.title='run'>";
/** What Node.js waits in. */
const WAITS = /epoll_p?wait/;
/** What each tab tells of a trace of the app. */
const SEEN = {
  ...{
    lines: WAITS,
    summary: WAITS,
    slowest: WAITS,
    time: WAITS,
    touched: /legacy\.log/,
    requests: /GET \/about/,
  },
} as const;

/** Longer than any test here takes: what is stopped by its time is not stopped by the test. */
const LONG_S = 600;

const listed = z.looseObject({ traces: z.array(z.looseObject({ id: z.string(), events: z.int() })) });
const readEvent = z.looseObject({ type: z.string() });
const chromeFile = z.looseObject({ traceEvents: z.array(z.looseObject({ ph: z.string() })) });
const pointsOf = z.looseObject({
  points: z.array(z.looseObject({ requestsPerSecond: z.number().nullable(), p50Ms: z.number().nullable() })),
});
const idOf = z.looseObject({ id: z.string() });

describe.skipIf(whyNoBrowser() !== undefined || isMissing("ptrace"))("the view of traces", () => {
  // On a busy machine strace waits for the CPU at times, and the governor is not to take that for a standstill.
  const place = useDashboard(() => ({
    SIDECAR_STRACE_MAX_FROZEN_MS: "5000",
    SIDECAR_STRACE_MAX_THROTTLED_PERCENT: "100",
    SIDECAR_STRACE_MAX_LATENCY_MS: "0",
    SIDECAR_TRACES_MAX_DURATION_MS: String(LONG_S * 1_000),
  }));
  // A process has one tracer: what a test leaves would keep the next one from tracing.
  afterEach(async () => {
    const { traces } = listed.parse((await place.sidecar.ask("/_sidecar/traces")).json());
    for (const { id } of traces) await place.sidecar.ask(`/_sidecar/traces/${id}`, { method: "DELETE" });
  });

  const lines = (page: Page) => page.getByRole("region", { name: "System calls" }).getByRole("button");
  const logged = async (path: string) => {
    const log = await readFile(join(place.dir, "legacy.log"), "utf8");
    return log.split(`"GET ${path} HTTP/`).length - 1;
  };
  /** Asks the app, past the sidecar, whose own requests are in the lists of the page; until the app has written it down. */
  const askApp = async (path: string) => {
    const before = await logged(path);
    const asked = request({ host: "127.0.0.1", port: place.appPort, path }).end();
    const [answer] = await once(asked, "response");
    answer.resume();
    await once(answer, "end");
    const isLogged = async () => (await logged(path)) > before;
    await poll("it is in the app's log", isLogged, { timeoutMs: PATIENCE_MS });
  };
  const startTrace = async (body: Record<string, unknown>): Promise<string> => {
    const answer = await place.sidecar.ask("/_sidecar/traces", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(answer.status, answer.body).toBe(202);
    return idOf.parse(answer.json()).id;
  };
  const stopTrace = (id: string) => place.sidecar.ask(`/_sidecar/traces/${id}/stop`, { method: "POST" });

  test("is started from a process, shows its calls as they come, filtered, summed up and to take home, and is stopped", async () => {
    await using watched = await place.open(`#/processes/${place.app.pid}`);
    const { page } = watched;
    await page.getByRole("link", { name: "Trace its system calls" }).click();
    const form = page.getByRole("form", { name: "Start a trace" });
    await form.getByLabel(/^For/).fill(String(LONG_S));
    await form.getByRole("button", { name: "Start the trace" }).click();
    await page.getByText("What it costs the app:").waitFor();

    await lines(page).nth(20).waitFor();
    expect(await page.getByLabel("Keep to the end").isChecked()).toBe(true);
    await shoot(page, "trace-running");
    await page.getByLabel("Call", { exact: true }).fill("write, writev");
    await page.getByLabel("Path or text").fill("onerror");
    await askApp(`/${HTML}`);
    await pollPage("only writes to the log are left", async () => {
      const texts = await lines(page).allTextContents();
      return texts.length > 0 && texts.every((text) => /writev?\(\d+<.*legacy\.log>/.test(text));
    });
    expect(page.url()).toContain("text=onerror");

    await lines(page).first().click();
    const dialog = page.getByRole("dialog");
    const manual = dialog.getByRole("link", { name: /Manual page writev?\(2\)/ });
    expect(await manual.getAttribute("href")).toMatch(
      /^https:\/\/man7\.org\/linux\/man-pages\/man2\/writev?\.2\.html$/,
    );
    expect(await manual.getAttribute("rel")).toBe("noreferrer");
    expect(await dialog.textContent()).toContain(HTML);
    await shoot(page, "trace-call");
    await dialog.getByRole("button", { name: "Close" }).click();
    expect(await page.title()).toBe("Trace · Tickbird");

    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByText("It was stopped.").waitFor();
    await page.getByRole("tab", { name: "Summary" }).click();
    await page.getByRole("region", { name: "Calls" }).getByRole("button", { name: WAITS }).waitFor();
    await shoot(page, "trace-summary");
    await page.getByRole("tab", { name: "Slowest" }).click();
    await page.getByRole("region", { name: "Slowest calls" }).getByRole("button").first().waitFor();
    await page.getByRole("tab", { name: "Files and peers" }).click();
    await page
      .getByRole("region", { name: "Files" })
      .getByText(/legacy\.log/)
      .waitFor();
    await page.getByRole("tab", { name: "Time line" }).click();
    await page.getByRole("button", { name: /^epoll_p?wait: \d+ calls/ }).click();
    await pollPage("its lines", async () => WAITS.test((await lines(page).first().textContent()) ?? ""));

    const takeHome = async (name: string) => {
      const download = page.waitForEvent("download");
      await page.getByRole("link", { name }).click();
      return gunzipSync(await readFile(await (await download).path())).toString();
    };
    expect(await takeHome("strace text")).toContain("<img/src=x/onerror");
    const { traces } = listed.parse((await place.sidecar.ask("/_sidecar/traces")).json());
    const events = (await takeHome("JSON, an event a line")).trimEnd().split("\n");
    expect(events.map((line) => readEvent.parse(JSON.parse(line)))).toHaveLength(traces[0]?.events ?? 0);
    expect(events.filter((line) => line.includes("<img/src=x/onerror")).length).toBeGreaterThan(0);
    const { traceEvents } = chromeFile.parse(JSON.parse(await takeHome("JSON for Perfetto")));
    expect(traceEvents.filter(({ ph }) => ph === "X").length).toBeGreaterThan(20);
    expectClean(watched, place.origin);
  });

  test("shows the calls of one request: by the trace's list, and by a link with the request's id", async () => {
    const id = await startTrace({ process: "main", duration: LONG_S });
    await place.sidecar.ask("/about", { headers: { "X-Request-Id": "seen-by-trace" } });
    await stopTrace(id);
    await place.sidecar.ask("/about", { headers: { "X-Request-Id": "not-traced" } });
    await using watched = await place.open(`#/trace?trace=${id}&tab=requests`);
    const { page } = watched;
    await page.getByRole("link", { name: "GET /about" }).click();
    const calls = page.getByRole("region", { name: "Calls of the request" }).getByRole("button");
    await calls.filter({ hasText: "GET /about" }).first().waitFor();
    await expectAccessible(page);
    await shoot(page, "trace-request");

    await page.goto(`${place.origin}/_sidecar/#/trace?request=seen-by-trace`);
    await page.getByRole("link", { name: /^Its calls in the trace of/ }).click();
    await calls.filter({ hasText: "GET /about" }).first().waitFor();
    await page.goto(`${place.origin}/_sidecar/#/trace?request=not-traced`);
    await page.getByText("No trace ran while it was under way").waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Start the trace" }).waitFor();
    expectClean(watched, place.origin);
  });

  test("neither loses nor doubles a line when the connection breaks off, or is paused", async () => {
    const id = await startTrace({ process: "main", duration: LONG_S, syscalls: ["write", "writev"] });
    await using watched = await place.open(`#/trace?trace=${id}&text=Resumed`);
    const { page } = watched;
    const seen = async () => {
      const texts = await lines(page).allTextContents();
      return texts.flatMap((text) => /legacy\.log.*(Resumed-\d+)/.exec(text)?.[1] ?? []);
    };
    await askApp("/Resumed-1");
    await pollPage("the first", async () => (await seen()).length === 1);

    await page.context().setOffline(true);
    await page.getByText("The connection to the sidecar was lost").waitFor();
    await askApp("/Resumed-2");
    await page.context().setOffline(false);
    await pollPage("the second", async () => (await seen()).length === 2);

    await page.getByRole("button", { name: "Pause" }).click();
    await askApp("/Resumed-3");
    await page.getByText(/[1-9]\d* wait at the sidecar/).waitFor();
    expect(await seen()).toEqual(["Resumed-1", "Resumed-2"]);
    await page.getByRole("button", { name: "Go on" }).click();
    await pollPage("the third", async () => (await seen()).length === 3);
    expect(await seen()).toEqual(["Resumed-1", "Resumed-2", "Resumed-3"]);
    await stopTrace(id);
  });

  test("shows only what its filters let through: by call, error, duration and thread, each from the page itself", async () => {
    const script = `
      const { openSync } = require("node:fs");
      process.stdin.once("data", () => {
        for (let round = 0; round < 5; round += 1) try { openSync("/not/there/" + round) } catch {}
        try { openSync("/etc/hostname/below") } catch {}
        setTimeout(() => process.exit(), 4_000);
      });`;
    const child = spawn(process.execPath, ["-e", script], { stdio: ["pipe", "ignore", "ignore"] });
    await once(child, "spawn");
    await pollPage("it waits for its input", async () =>
      /epoll|ep_poll/.test(await readFile(`/proc/${child.pid}/wchan`, "utf8").catch(() => "")),
    );
    const id = await startTrace({ process: child.pid, duration: LONG_S });
    child.stdin.end("go");
    await once(child, "exit");
    await using watched = await place.open(`#/trace?trace=${id}`);
    const { page } = watched;
    const filter = page.getByRole("search", { name: "Filter of the lines" });
    const shown = (what: string, isRight: (texts: readonly string[]) => boolean) =>
      pollPage(what, async () => {
        const texts = await lines(page).allTextContents();
        return texts.length > 0 && isRight(texts);
      });
    await filter.getByLabel("Path or text").fill("exited with 0");
    await shown("its end", (texts) => texts.every((text) => text.includes("+++ exited with 0 +++")));
    await filter.getByLabel("Error").selectOption("ENOENT");
    await filter.getByLabel("Path or text").fill("/NOT/there");
    await shown(
      "those that are not there",
      (texts) =>
        texts.length === 5 && texts.every((text) => /openat?.*"\/not\/there\/\d".*ENOENT/.test(text)),
    );
    await filter.getByLabel("Path or text").fill("");
    await filter.getByLabel("Error").selectOption("ENOTDIR");
    await shown(
      "the one",
      (texts) => texts.length === 1 && texts.every((text) => text.includes("/etc/hostname/below")),
    );
    await filter.getByRole("button", { name: "Show all" }).click();

    // On a busy machine any call may take as long as strace has to wait for a CPU.
    await filter.getByLabel("At least, ms").fill("3500");
    await shown("the waits", (texts) => texts.every((text) => WAITS.test(text) || text.includes("futex")));
    await filter.getByLabel("At least, ms").fill("");
    await filter.getByLabel("Thread").fill(String(child.pid));
    await shown("its main thread", (texts) => texts.every((text) => text.includes(` ${child.pid} `)));
    expect(new URL(page.url()).hash).toBe(`#/trace?trace=${id}&tid=${child.pid}`);
    await filter.getByLabel("Call", { exact: true }).fill("openat");
    await shown("what it opened", (texts) => texts.length === 6);
    expectClean(watched, place.origin);
  });

  test("leads from a call to the log lines of its time, and from a log line to the calls of its time", async () => {
    const id = await startTrace({ process: "main", duration: LONG_S, syscalls: ["write", "writev"] });
    await askApp("/told-by-both");
    await stopTrace(id);
    await using watched = await place.open(`#/trace?trace=${id}&text=told-by-both`);
    const { page } = watched;
    await lines(page).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("legacy.log", { exact: true }).waitFor();
    await dialog.getByRole("link", { name: "the lines of its time" }).click();
    const logged = page.getByRole("region", { name: "Lines of the log" });
    await logged.getByText("GET /told-by-both").waitFor();
    expect(await page.getByRole("dialog").count()).toBe(0);

    await page
      .getByRole("listitem")
      .filter({ hasText: "/told-by-both" })
      .getByRole("button", { name: /^Look at this line/ })
      .click();
    await page.getByRole("link", { name: "The system calls of its time" }).click();
    await lines(page).filter({ hasText: "told-by-both" }).first().waitFor();
    expect(page.url()).toMatch(/#\/trace\?trace=[^&]+&at=\d+/);
    expectClean(watched, place.origin);
  });

  test("shows what it costs the app's clients: how long the app took before, and takes since it began", async () => {
    const asked = async (rounds: number) => {
      for (let round = 0; round < rounds; round += 1) await place.sidecar.ask("/about");
    };
    // The history has whole seconds: that of the requests has to be over before the trace begins.
    await pollPage("a second of the history with these requests", async () => {
      await asked(5);
      const answer = await place.sidecar.ask("/_sidecar/traffic/history?window=5m");
      // Not the last: what lies across the beginning of the trace counts for neither side.
      const { points } = pointsOf.parse(answer.json());
      // Nor one at whose very end they were answered: they may be counted in it, and their times in the next.
      return points
        .slice(-20, -2)
        .some(({ requestsPerSecond, p50Ms }) => (requestsPerSecond ?? 0) > 0 && p50Ms !== null);
    });
    const id = await startTrace({ process: "main", duration: LONG_S });
    await using watched = await place.open(`#/trace?trace=${id}`);
    const { page } = watched;
    const table = page.getByRole("region", { name: "How long the app takes to answer" });
    const cells = async (row: RegExp) =>
      (await table.getByRole("row", { name: row }).getByRole("cell").allTextContents()).map((text) =>
        text.trim(),
      );
    await pollPage("the figures before and during the trace", async () => {
      await asked(5);
      const [before, during] = [await cells(/^60 s before/), await cells(/Since it began/)];
      return [before, during].every(
        ([, half, most, requests]) =>
          /^[\d.]+ (µs|ms|s)$/.test(half ?? "") && /^[\d.]+ (µs|ms|s)$/.test(most ?? "") && requests !== "0",
      );
    });
    const cost = page.getByRole("note");
    await cost
      .getByText(
        /Half of the app’s answers take up to [\d.]+ (?:µs|ms|s) since the trace began, against [\d.]+ /,
      )
      .waitFor();
    await cost.getByText(/It answers [\d.]+ requests a second, against [\d.]+\./).waitFor();
    const said = await cost.textContent();
    await pollPage("the figures to go with the time", async () => {
      await asked(3);
      return (await cost.textContent()) !== said;
    });
    expect(await page.getByLabel("Keep to the end").isChecked()).toBe(true);
    await page.setViewportSize({ width: 1200, height: 860 });
    await shoot(page, "trace-latency");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await table.getByText("While it ran").waitFor();
    await cost.getByText(/^What it cost the app: Half of the app’s answers took up to /).waitFor();
    expectClean(watched, place.origin);
  });

  test("explains the governor's stop in words, and leaves the app running", async () => {
    const id = await startTrace({ process: "main", duration: LONG_S });
    await using watched = await place.open(`#/trace?trace=${id}`);
    const { page } = watched;
    await page.getByText("What it costs the app:").waitFor();
    // What the governor is for: strace stands still, and the app waits for it.
    const strace = await pollPage("strace", () => straceOf(place.app.pid));
    process.kill(strace, "SIGSTOP");
    await Promise.all([
      askApp("/about"),
      page.getByText("Ended to spare the app:").waitFor(),
      page.getByText("strace stood still while the app waited for it").waitFor(),
    ]);
    await page.getByText("strace.maxFrozenMs").waitFor();
    await expectAccessible(page);
    await shoot(page, "trace-governor");
    expectClean(watched, place.origin);
  });

  test("ends well when the process does, and says what to do about one that is not there", async () => {
    const child = spawn("sleep", ["600"], { stdio: "ignore" });
    await once(child, "spawn");
    const id = await startTrace({ process: child.pid });
    await using watched = await place.open(`#/trace?trace=${id}`);
    const { page } = watched;
    await page.getByText("What it costs the app:").waitFor();
    child.kill("SIGTERM");
    await page.getByText("The process has ended, and the trace with it.").waitFor();

    await page.goto(`${place.origin}/_sidecar/#/trace?pid=4194303`);
    await page.getByRole("button", { name: "Start the trace" }).click();
    await page.getByRole("alert").getByText("4194303").first().waitFor();
    await page.goto(`${place.origin}/_sidecar/#/trace`);
    const form = page.getByRole("form", { name: "Start a trace" });
    // What it is called depends on how many processes the machine has.
    await form.getByRole("combobox", { name: /^Process/ }).selectOption("typed");
    await form.getByLabel("Pid", { exact: true }).fill("4194302");
    await form.getByRole("button", { name: "Start the trace" }).click();
    await page.getByRole("alert").getByText("4194302").first().waitFor();
    await page.goto(`${place.origin}/_sidecar/#/trace?trace=no-such-trace`);
    await page.getByRole("alert").first().waitFor();
    expectClean(watched, place.origin);
  });

  test("offers a viewer nothing that the sidecar refuses, says why, and the sidecar does refuse it", async () => {
    await using watched = await place.open("#/trace", { token: VIEWER });
    const { page } = watched;
    await page.getByText("only operators may").waitFor();
    expect(await page.getByRole("button", { name: "Start the trace" }).count()).toBe(0);
    const status = await page.evaluate(
      `fetch("./traces", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" }).then(({ status }) => status)`,
    );
    expect(status).toBe(403);
    expectClean(watched, place.origin);
  });

  test.each([
    {
      colorScheme: "light",
      width: 1280,
      tabs: ["lines", "summary", "slowest", "touched", "time", "requests"],
    },
    { colorScheme: "light", width: 390, tabs: ["lines"] },
    { colorScheme: "dark", width: 1280, tabs: ["lines"] },
    { colorScheme: "dark", width: 390, tabs: ["lines", "summary", "slowest", "touched", "time", "requests"] },
  ] as const)("is accessible, $colorScheme and $width pixels wide", async ({ colorScheme, width, tabs }) => {
    const id = await startTrace({ process: "main", duration: LONG_S });
    for (let round = 0; round < 5; round += 1) await askApp(`/round-${round}`);
    await place.sidecar.ask("/about", { headers: { "X-Request-Id": `seen-${colorScheme}-${width}` } });
    await stopTrace(id);
    await using watched = await place.open("#/trace", { colorScheme, viewport: { width, height: 800 } });
    const { page } = watched;
    await page.getByRole("region", { name: "Traces that run and that are kept" }).waitFor();
    await page.locator("summary", { hasText: "More: single calls" }).click();
    await expectAccessible(page);
    await shoot(page, `traces-${colorScheme}-${width}`);
    for (const tab of tabs) {
      await page.goto(`${place.origin}/_sidecar/#/trace?trace=${id}&tab=${tab}`);
      await page.getByRole("tabpanel").getByText(SEEN[tab]).first().waitFor();
      await expectAccessible(page);
      await shoot(page, `trace-${tab}-${colorScheme}-${width}`);
    }
    await page.goto(`${place.origin}/_sidecar/#/trace?trace=${id}&calls=write,writev`);
    await lines(page).filter({ hasText: "legacy.log" }).first().click();
    await page.getByRole("dialog").getByRole("link", { name: "the lines of its time" }).waitFor();
    await expectAccessible(page);
    await shoot(page, `trace-dialog-${colorScheme}-${width}`);
    await page.keyboard.press("Escape");
    const overflow = await page.evaluate(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
    expect(overflow).toBeLessThanOrEqual(0);
    expectClean(watched, place.origin);
  });

  /** The strace that traces a process. */
  async function straceOf(pid: number): Promise<number | undefined> {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const tracer = Number(/^TracerPid:\s*(\d+)/m.exec(status)?.[1] ?? 0);
    return tracer === 0 ? undefined : tracer;
  }
});
