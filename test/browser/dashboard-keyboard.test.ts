import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { whyNoBrowser } from "../support/browser.ts";
import { editor } from "../support/config-page.ts";
import { expectClean, pollPage, useDashboard } from "../support/dashboard.ts";
import { keyboardOf } from "../support/keyboard.ts";
import { isMissing } from "../support/needs.ts";

/** What each view is there for, by who has no mouse. */
describe.skipIf(whyNoBrowser() !== undefined)("by keyboard alone", () => {
  const place = useDashboard(async (dir) => {
    await writeFile(join(dir, "desk.yaml"), "port: 8080\n");
    return {
      SIDECAR_CONFIG_FILES: JSON.stringify([{ path: join(dir, "desk.yaml"), reload: { kind: "none" } }]),
      SIDECAR_STRACE_MAX_FROZEN_MS: "10000",
      SIDECAR_STRACE_MAX_THROTTLED_PERCENT: "100",
      SIDECAR_STRACE_MAX_LATENCY_MS: "0",
      SIDECAR_TRACES_MAX_DURATION_MS: "600000",
    };
  });

  const stage = (page: Page) => page.locator("#stage");
  const dialog = (page: Page) => page.getByRole("dialog");

  test("one skips to the content, goes to another view and is in it, and moves between its tabs", async () => {
    await using watched = await place.open("#/");
    const { page } = watched;
    const keys = keyboardOf(page);
    await page.getByText("(operator)").waitFor();
    await keys.tabTo(page.getByRole("button", { name: "To the content" }));
    await keys.press("Enter");
    await keys.isOn(stage(page));
    await page.getByRole("link", { name: "Tickbird" }).focus();
    await keys.tabTo(page.getByRole("navigation").getByRole("link", { name: "Processes" }));
    await keys.press("Enter");
    await page.getByRole("heading", { name: "Processes", level: 1 }).waitFor();
    await keys.isOn(stage(page));
    expect(await stage(page).getAttribute("aria-label")).toBe("Processes");

    await page.goto(`${place.origin}/_sidecar/#/processes/${place.app.pid}`);
    const tabs = page.getByRole("tab");
    await keys.tabTo(tabs.first());
    const last = (await tabs.count()) - 1;
    for (const [key, index] of [
      ["ArrowRight", 1],
      ["End", last],
      ["ArrowRight", 0],
      ["ArrowLeft", last],
      ["Home", 0],
    ] as const) {
      await keys.press(key);
      await keys.isOn(tabs.nth(index));
      await page.locator("[role=tab][aria-selected=true]:focus").waitFor();
    }
    expectClean(watched, place.origin);
  });

  test("of the overview: one chooses the time of the charts, and follows what it says to where it is told", async () => {
    await using watched = await place.open("#/");
    const { page } = watched;
    const keys = keyboardOf(page);
    const choice = page.getByRole("group", { name: "Charts over" }).getByRole("button").first();
    await keys.tabTo(choice);
    await keys.press("Enter");
    await page.locator("[aria-pressed=true]:focus").waitFor();
    expect(page.url()).toContain("window=5m");
    await keys.tabTo(page.getByRole("link", { name: "The latest requests" }));
    await keys.press("Enter");
    await page.getByRole("heading", { name: "Traffic", level: 1 }).waitFor();
    await keys.isOn(stage(page));
    expectClean(watched, place.origin);
  });

  test("of the processes: one finds a process, opens it, and sends it a signal or not", async () => {
    await using watched = await place.open("#/processes");
    const { page } = watched;
    const keys = keyboardOf(page);
    await keys.tabTo(page.getByLabel("Find"));
    await keys.type(String(place.app.pid));
    await keys.tabTo(page.locator(`.process-row[href="#/processes/${place.app.pid}"]`));
    await keys.press("Enter");
    await page.getByText("the app’s main process").waitFor();
    await keys.isOn(stage(page));

    const send = page.getByRole("button", { name: "Send a signal" });
    await keys.tabTo(send);
    await keys.press("Enter");
    await keys.tabTo(dialog(page).getByRole("radio").first());
    await keys.press("Space");
    await dialog(page)
      .getByRole("button", { name: /^Send SIG/ })
      .waitFor();
    await keys.press("Escape");
    await keys.isOn(send);
    expectClean(watched, place.origin);
  });

  test("of the traffic: one narrows the list, looks at a request, and is back at it afterwards", async () => {
    await place.sidecar.ask("/by-keyboard");
    await using watched = await place.open("#/traffic");
    const { page } = watched;
    const keys = keyboardOf(page);
    await keys.tabTo(page.getByLabel("Text"));
    await keys.type("by-keyboard");
    const row = page.getByRole("link", { name: /GET \/by-keyboard/ });
    await keys.tabTo(row);
    await keys.press("Enter");
    await page.getByRole("dialog", { name: "GET /by-keyboard" }).waitFor();
    await keys.tabTo(dialog(page).getByRole("button", { name: "Close" }));
    await keys.press("Enter");
    await dialog(page).waitFor({ state: "detached" });
    await keys.isOn(row);
    expectClean(watched, place.origin);
  });

  test("of the configuration: one opens a file, changes it, looks at the change, and saves it with a reason", async () => {
    await using watched = await place.open("#/config");
    const { page } = watched;
    const keys = keyboardOf(page);
    await keys.tabTo(page.locator(".config-files").getByRole("link", { name: "desk.yaml" }));
    await keys.press("Enter");
    await editor(page).getByText("8080").waitFor();
    await keys.isOn(stage(page));
    await keys.tabTo(editor(page));
    await keys.press("Control+End");
    await keys.type("open: true\n");
    // Out of the editor again: Tab is not taken for an indentation.
    await keys.press("Shift+Tab");
    await page.locator("button:focus").waitFor();
    await editor(page).focus();
    await keys.press("Control+s");
    await dialog(page).getByText("Nothing is written yet.").waitFor();
    await keys.tabTo(dialog(page).getByLabel("Why?"));
    await keys.type("by keyboard");
    await keys.press("Enter");
    await dialog(page).getByText("Saved. The app is not told").waitFor();
    await keys.isOn(dialog(page).getByRole("button", { name: "Close" }).last());
    await keys.press("Enter");
    await dialog(page).waitFor({ state: "detached" });
    expect(await readFile(join(place.dir, "desk.yaml"), "utf8")).toBe("port: 8080\nopen: true\n");
    await keys.isOn(editor(page));
    expectClean(watched, place.origin);
  });

  test("of the logs: one opens a log, searches it, and looks at a line", async () => {
    await appendFile(join(place.dir, "legacy.log"), `${new Date().toISOString()} INFO pressed by a key\n`);
    await using watched = await place.open("#/logs");
    const { page } = watched;
    const keys = keyboardOf(page);
    await keys.tabTo(page.getByRole("link", { name: "legacy.log" }));
    await keys.press("Enter");
    await page.getByText("following", { exact: true }).waitFor();
    await keys.isOn(stage(page));
    await keys.tabTo(page.getByRole("searchbox"));
    await keys.type("pressed by");
    await keys.press("Enter");
    await page.getByText("1 line", { exact: true }).waitFor();
    await keys.isOn(page.getByRole("searchbox"));
    await keys.tabTo(page.getByRole("button", { name: /^Look at this line/ }));
    await keys.press("Enter");
    await keys.tabTo(page.getByRole("link", { name: "Lines around it" }));
    await keys.press("Enter");
    await page.locator(".log-row.marked").getByText("pressed by a key").waitFor();
    expectClean(watched, place.origin);
  });

  test("of the capabilities and the API: one looks again, and finds a route", async () => {
    await using watched = await place.open("#/capabilities");
    const { page } = watched;
    const keys = keyboardOf(page);
    await page.getByRole("heading", { name: /^strace/ }).waitFor();
    const again = page.getByRole("button", { name: "Look again" });
    await keys.tabTo(again);
    await Promise.all([page.waitForResponse(/\/capabilities$/), keys.press("Enter")]);
    await keys.isOn(again);
    await page.goto(`${place.origin}/_sidecar/#/api`);
    await page.getByRole("row").nth(5).waitFor();
    await keys.tabTo(page.getByRole("searchbox", { name: "Find" }));
    await keys.type("limits of a process");
    await pollPage("one route", async () => (await page.getByRole("row").count()) === 2);
    await keys.tabTo(
      page
        .getByRole("row")
        .getByRole("link", { name: /limits/ })
        .or(page.getByRole("region", { name: "Routes" }))
        .first(),
    );
    expectClean(watched, place.origin);
  });

  describe.skipIf(isMissing("ptrace"))("of a trace", () => {
    test("one starts it, filters its lines, looks at a call, is back at its line, and stops it", async () => {
      await using watched = await place.open("#/trace");
      const { page } = watched;
      const keys = keyboardOf(page);
      const form = page.getByRole("form", { name: "Start a trace" });
      const seconds = form.getByLabel(/^For/);
      await keys.tabTo(seconds);
      await keys.press("Control+a");
      await keys.type("600");
      await keys.press("Enter");
      await page.getByText("What it costs the app:").waitFor();
      await keys.isOn(stage(page));
      await keys.tabTo(page.getByLabel("Path or text"));
      await keys.type("by-keyboard-traced");
      await fetch(`http://localhost:${place.appPort}/by-keyboard-traced`);
      const line = page.getByRole("region", { name: "System calls" }).getByRole("button").first();
      await line.waitFor();
      await keys.tabTo(line);
      const text = await line.textContent();
      await keys.press("Enter");
      await dialog(page).getByRole("heading", { name: "Arguments" }).waitFor();
      await keys.press("Escape");
      await dialog(page).waitFor({ state: "detached" });
      await keys.isOn(line);
      expect(await line.textContent()).toBe(text);
      await page.getByRole("link", { name: "← All traces" }).focus();
      await keys.tabTo(page.getByRole("button", { name: "Stop", exact: true }));
      await keys.press("Enter");
      await page.getByText("It was stopped.").waitFor();
      await keys.isOn(stage(page));
      expectClean(watched, place.origin);
    });
  });
});
