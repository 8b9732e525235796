import { appendFile, copyFile, rename, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { whyNoBrowser } from "../support/browser.ts";
import { startCable } from "../support/cable.ts";
import {
  expectAccessible,
  expectClean,
  expectPublic,
  openDashboard,
  pollPage,
  shoot,
  useDashboard,
  VIEWER,
} from "../support/dashboard.ts";
import { startSidecarProcess } from "../support/sidecar.ts";

const COUNT = 3_000;
const timeOf = (index: number) => new Date(Date.UTC(2026, 10, 28, 20) + index * 1_000).toISOString();
const lineOf = (index: number) =>
  `${timeOf(index)} ${index % 50 === 0 ? "ERROR" : index % 7 === 0 ? "WARN" : "INFO"} line ${index} of the desk\n`;
const SCRIPT = "<img src=x onerror=alert(1)><script>document.title='run'</script>";
const RED = "\u001b[31mred\u001b[0m \u001b]0;title\u0007";

/** The lines that are drawn, from the first to the last. */
const drawn = (page: Page) => page.locator(".log-row .log-text").allTextContents();
const lastDrawn = (page: Page, text: string) =>
  pollPage(
    `the last line to be ${text}`,
    async () => (await drawn(page)).at(-1)?.includes(text) || undefined,
  );
/** Every line that the page has, by scrolling through it. */
async function allLines(page: Page): Promise<readonly string[]> {
  const list = page.getByRole("region", { name: "Lines of the log" });
  const seen: string[] = [];
  await list.evaluate((element) => element.scrollTo(0, 0));
  for (;;) {
    // A frame, so that what is seen now is drawn.
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 20)))");
    const lines = await drawn(page);
    const known = lines.indexOf(seen.at(-1) ?? "");
    seen.push(...lines.slice(known + 1));
    const isOver = await list.evaluate((element) => {
      const isAtEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - 2;
      element.scrollBy(0, element.clientHeight);
      return isAtEnd;
    });
    if (isOver) return seen;
  }
}

describe.skipIf(whyNoBrowser() !== undefined)("the view of logs", () => {
  const path = (name: string) => join(place.dir, name);
  const place = useDashboard(async (dir) => {
    const lines = Array.from({ length: COUNT }, (_, index) => lineOf(index)).join("");
    await writeFile(join(dir, "desk.log"), lines);
    await writeFile(join(dir, "turned.log"), lineOf(0));
    await writeFile(join(dir, "emptied.log"), lineOf(0));
    const long = `${timeOf(1)} ERROR ${"x".repeat(10_000_000)}`;
    await writeFile(
      join(dir, "strange.log"),
      `${timeOf(0)} INFO ${SCRIPT}\n${long}\n${timeOf(2)} WARN ${RED}\n`,
    );
    return {
      SIDECAR_LOGS_FILES: [
        "desk.log",
        "turned.log",
        "emptied.log",
        "strange.log",
        "wide.log",
        "named.log",
        "large.log",
        "cut.log",
        "held.log",
        "gone.log",
      ]
        .map((name) => join(dir, name))
        .join(","),
      // So that what is followed has to be taken up again and again.
      SIDECAR_LOGS_FOLLOW_MS: "1500",
      SIDECAR_LOGS_FORWARD: `[{to: loki, url: "http://127.0.0.1:9/loki/api/v1/push", files: [desk.log]}]`,
    };
  });

  test("lists the logs, what keeps one from being read, and how far they are forwarded", async () => {
    await using watched = await place.open("#/logs");
    const { page } = watched;
    await page.getByText(/^There is no file .*gone\.log/).waitFor();
    const [first] = await page.getByRole("list", { name: "The log files" }).getByRole("listitem").all();
    expect(await first?.textContent()).toMatch(/^\w+\.log can’t be readThere is no file/);
    await page.getByRole("heading", { name: /desk\.log to loki/ }).waitFor();
    await page.getByRole("link", { name: "desk.log" }).click();
    await lastDrawn(page, `line ${COUNT - 1} `);
    expect(page.url()).toContain("#/logs/desk.log");
    expectClean(watched, place.origin);
  });

  test.each([
    ["a rename", "turned.log", (file: string) => rename(file, `${file}.1`)],
    [
      "copytruncate",
      "emptied.log",
      async (file: string) => {
        await copyFile(file, `${file}.1`);
        await truncate(file);
      },
    ],
  ])("follows a log through %s and a lost connection, with every line once", async (_, name, rotate) => {
    await using watched = await place.open(`#/logs/${name}`);
    const { page } = watched;
    await page.getByText("following", { exact: true }).waitFor();
    let written = 1;
    const write = async (count: number) => {
      for (const end = written + count; written < end; written += 1)
        await appendFile(path(name), lineOf(written));
    };
    await write(100);
    await lastDrawn(page, "line 100 ");
    await rotate(path(name));
    await write(100);
    await lastDrawn(page, "line 200 ");
    await page.context().setOffline(true);
    await page.getByText("connection lost", { exact: true }).waitFor();
    await page.getByText(/The connection to the sidecar was lost/).waitFor();
    await write(100);
    await rotate(path(name));
    await write(100);
    await page.context().setOffline(false);
    await lastDrawn(page, "line 400 ");
    await page.getByText("following", { exact: true }).waitFor();

    const numbers = (await allLines(page)).map((line) => Number(/ line (\d+) /.exec(line)?.[1]));
    expect(numbers).toEqual(Array.from({ length: 401 }, (_line, index) => index));
    expectPublic(watched, place.origin);
  });

  test("loses no line, and has none twice, however often the connection breaks in the middle of them", async () => {
    await writeFile(path("cut.log"), lineOf(0));
    await using cable = await startCable(place.sidecar.port);
    await using watched = await openDashboard(place.browser, cable.origin, "#/logs/cut.log");
    const { page } = watched;
    await page.getByText("following", { exact: true }).waitFor();
    let written = 1;
    for (let round = 0; round < 5; round += 1) {
      for (const end = written + 100; written < end; written += 1) {
        await appendFile(path("cut.log"), lineOf(written));
        if (written % 50 === 20) cable.cut();
      }
      await lastDrawn(page, `line ${written - 1} `);
    }
    const numbers = (await allLines(page)).map((line) => Number(/ line (\d+) /.exec(line)?.[1]));
    expect(numbers).toEqual(Array.from({ length: written }, (_line, index) => index));
    expect(cable.cuts).toBeGreaterThan(0);
    expectPublic(watched, cable.origin);
  });

  test("pauses, and goes on where it was", async () => {
    await using watched = await place.open("#/logs/desk.log?tail=1000");
    const { page } = watched;
    await page.getByText("following", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("paused", { exact: true }).waitFor();
    await appendFile(path("desk.log"), `${timeOf(COUNT)} INFO while it was paused\n`);
    expect(await page.getByText("1,000 lines", { exact: true }).count()).toBe(1);
    await page.getByRole("button", { name: "Go on" }).click();
    await lastDrawn(page, "while it was paused");
    await page.getByText("1,001 lines", { exact: true }).waitFor();
    expectClean(watched, place.origin);
  });

  test("finds lines by text, expression, level and time, and leads to those around one", async () => {
    await using watched = await place.open("#/logs/desk.log");
    const { page } = watched;
    const box = page.getByRole("searchbox");
    await box.fill("line 777 ");
    await box.press("Enter");
    await page.getByText("1 line", { exact: true }).waitFor();
    await lastDrawn(page, "line 777 ");
    expect(await drawn(page)).toEqual([expect.stringContaining("line 777 of the desk")]);
    expect(await page.locator("mark").allTextContents()).toEqual(["line 777 "]);
    expect(page.url()).toContain("grep=line+777");

    await page.getByRole("button", { name: /^Look at this line/ }).click();
    await page.getByRole("link", { name: "Lines around it" }).click();
    await page.getByText("10 lines", { exact: true }).waitFor();
    await lastDrawn(page, "line 781 ");
    expect((await drawn(page)).map((line) => / line (\d+) /.exec(line)?.[1])).toEqual(
      Array.from({ length: 10 }, (_, index) => String(772 + index)),
    );
    expect(await page.locator(".log-row.marked").textContent()).toContain("line 777");

    await page.goto(`${place.origin}/_sidecar/#/logs/desk.log?regex=line%201%5Cd%2B0%20&level=error`);
    await page.getByText("22 lines", { exact: true }).waitFor();
    await lastDrawn(page, "line 1950 ");
    expect(await page.locator(".log-level").allTextContents()).toContain("ERROR");
    await box.fill("(");
    await box.press("Enter");
    await page.getByRole("alert").getByText(/regex/).first().waitFor();
    await box.fill("nowhere");
    await box.press("Enter");
    await page.getByText("No line is like that.").waitFor();
    await page.getByRole("button", { name: "Show all lines" }).click();
    await page.getByText("1,000 lines", { exact: true }).waitFor();
    expectClean(watched, place.origin);
  });

  test("finds lines between two times; what one types elsewhere in the filter stays, and the focus with it", async () => {
    await using watched = await place.open("#/logs/desk.log");
    const { page } = watched;
    await page.getByText(/following/).waitFor();
    const box = page.getByRole("searchbox");
    await box.fill("line");
    await page.getByLabel("From").fill(timeOf(10));
    await page.getByLabel("To", { exact: true }).fill(timeOf(30));
    await page.getByLabel("To", { exact: true }).press("Enter");
    await page.getByText("20 lines", { exact: true }).waitFor();
    await lastDrawn(page, "line 29 ");
    const indexes = (await drawn(page)).map((line) => Number(/ line (\d+) /.exec(line)?.[1]));
    expect(indexes).toEqual(Array.from({ length: 20 }, (_, index) => index + 10));
    await page.locator("[name=until]:focus").waitFor();

    await box.fill("line 2");
    await page.getByRole("button", { name: "Wrap lines" }).press("Enter");
    await page.getByRole("button", { name: "Do not wrap" }).waitFor();
    expect(await box.inputValue()).toBe("line 2");
    await page.getByLabel("How much").selectOption({ label: "the last hour" });
    await page.waitForURL(/since=1h/);
    await pollPage("the fields to follow", async () => (await page.getByLabel("From").inputValue()) === "1h");
    expect(await page.getByLabel("To", { exact: true }).inputValue()).toBe("");
    expectClean(watched, place.origin);
  });

  test("gives levels colours of their own, beside the word", async () => {
    await using watched = await place.open(`#/logs/desk.log?since=${timeOf(48)}&until=${timeOf(52)}`);
    const { page } = watched;
    await page.getByText("4 lines", { exact: true }).waitFor();
    await lastDrawn(page, "line 51 ");
    const rows = await page.locator(".log-row").evaluateAll((all) =>
      all.map((row) => ({
        word: row.querySelector(".log-level")?.textContent ?? "",
        edge: getComputedStyle(row).borderLeftColor,
        ground: getComputedStyle(row).backgroundColor,
      })),
    );
    expect(rows.map(({ word }) => word)).toEqual(["INFO", "WARN", "ERROR", "INFO"]);
    expect(new Set(rows.map(({ edge }) => edge)).size).toBe(3);
    expect(new Set(rows.map(({ ground }) => ground)).size).toBe(3);
  });

  test("holds still under the focus while lines come, by keyboard alone, and follows the end again when told to", async () => {
    await writeFile(path("held.log"), Array.from({ length: 200 }, (_, index) => lineOf(index)).join(""));
    await using watched = await place.open("#/logs/held.log");
    const { page } = watched;
    await lastDrawn(page, "line 199 ");
    const list = page.getByRole("region", { name: "Lines of the log" });
    const row = list.getByRole("listitem").last();
    expect(await row.getAttribute("aria-setsize")).toBe("200");
    expect(await row.getAttribute("aria-posinset")).toBe("200");
    // Another size is nobody's wish to see something else.
    await page.setViewportSize({ width: 1280, height: 500 });
    await page.setViewportSize({ width: 1280, height: 900 });
    await appendFile(path("held.log"), lineOf(200));
    await lastDrawn(page, "line 200 ");
    expect(await page.getByRole("button", { name: "To the latest" }).count()).toBe(0);

    await list.focus();
    await page.keyboard.press("Tab");
    const focused = page.locator(".log-row:has(:focus) .log-text");
    const text = (await focused.textContent()) ?? "";
    expect(text).toMatch(/ line \d+ of the desk/);
    const more = Array.from({ length: 300 }, (_, index) => lineOf(index + 201)).join("");
    await appendFile(path("held.log"), more);
    await page.getByText("501 lines", { exact: true }).waitFor();
    expect(await focused.textContent()).toBe(text);
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Lines around it" }).waitFor();
    expect(await page.locator(".log-row.marked .log-text").textContent()).toBe(text);

    await list.evaluate((element) => element.scrollTo(0, 0));
    await page.getByText(" line 0 of").waitFor();
    expect(await page.locator(":focus").getAttribute("aria-label")).toBe("Lines of the log");
    await page.getByRole("button", { name: "To the latest" }).press("Enter");
    await lastDrawn(page, "line 500 ");
    expectClean(watched, place.origin);
  });

  test("shows what is HTML, script or a terminal's code, and runs nothing; a line of 10 MB is cut, and to be had whole", async () => {
    await using watched = await place.open("#/logs/strange.log");
    const { page } = watched;
    await page.getByText("3 lines", { exact: true }).waitFor();
    await lastDrawn(page, "red");
    const [script, long, red] = await drawn(page);
    expect(script).toContain(SCRIPT);
    expect(await page.title()).toBe("Logs · Tickbird");
    expect(long?.length).toBeLessThan(3_000);
    expect(long).toContain("the line is longer");
    expect(red).toMatch(/WARN red ␛\]0;title␇$/);

    await page.getByRole("button", { name: /^Look at this line.*ERROR/ }).click();
    await page.getByText("The line is 9.54 MiB long").waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download it whole" }).click(),
    ]);
    let bytes = 0;
    for await (const chunk of await download.createReadStream()) bytes += Buffer.from(chunk).length;
    expect(bytes).toBe(`${timeOf(1)} ERROR `.length + 10_000_000);
    expectClean(watched, place.origin);
  });

  test("wraps long lines, so that all of a line is seen", async () => {
    await writeFile(path("wide.log"), `${timeOf(0)} INFO ${"word ".repeat(100)}the end 日本語\n`);
    await using watched = await place.open("#/logs/wide.log", { viewport: { width: 390, height: 800 } });
    const { page } = watched;
    await page.getByText("1 line", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Wrap lines" }).click();
    await pollPage("several rows", async () => (await drawn(page)).length > 5 || undefined);
    expect((await drawn(page)).join("")).toContain("word the end 日本語");
    const widths = await page
      .locator(".log-text")
      .evaluateAll((texts) => texts.map((text) => text.getBoundingClientRect().right));
    expect(Math.max(...widths)).toBeLessThan(390);
    expectClean(watched, place.origin);
  });

  test("tells a viewer who may read logs, and does not offer them", async () => {
    await using watched = await place.open("#/logs/desk.log", { token: VIEWER });
    const { page } = watched;
    await page.getByText(/You are signed in as a viewer/).waitFor();
    expect(
      await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "Logs" }).count(),
    ).toBe(0);
    expectClean(watched, place.origin);
  });

  test("leads from a line to the request that it names", async () => {
    const id = "order-4711-of-the-night";
    await place.sidecar.ask("/about", { headers: { "X-Request-Id": id } });
    await appendFile(path("named.log"), `${timeOf(0)} INFO done with ${id}\n`);
    await using watched = await place.open("#/logs/named.log");
    const { page } = watched;
    await page.getByRole("button", { name: /^Look at this line/ }).click();
    await page.getByRole("link", { name: "Its request: GET /about 200" }).click();
    await page.getByRole("dialog", { name: "GET /about" }).getByText(id, { exact: true }).waitFor();
    expectClean(watched, place.origin);
  });

  test("holds 100,000 lines, and draws those that are seen", async () => {
    const lines = Array.from({ length: 100_000 }, (_, index) => lineOf(index)).join("");
    await writeFile(path("large.log"), lines);
    await using watched = await place.open("#/logs/large.log?tail=100000");
    const { page } = watched;
    await page.getByText("100,000 lines", { exact: true }).waitFor();
    await lastDrawn(page, "line 99999 ");
    await page.getByRole("button", { name: "Wrap lines" }).click();
    const list = page.getByRole("region", { name: "Lines of the log" });
    await list.evaluate((element) => element.scrollTo(0, element.scrollHeight / 2));
    await page
      .getByText(/ line (49|50)\d{3} of/)
      .first()
      .waitFor();
    expect((await drawn(page)).length).toBeLessThan(100);
    await list.focus();
    await page.keyboard.press("Home");
    await page.getByText(" line 0 of").waitFor();
    await page.getByRole("button", { name: "To the latest" }).click();
    await lastDrawn(page, "line 99999 ");
    expectClean(watched, place.origin);
  });

  test("says which setting names a log where none is, and shows the only one to whom a link leads to a time", async () => {
    for (const { files, until } of [
      { files: "[]", until: "SIDECAR_LOGS_FILES=core:/path/of/app.log" },
      { files: path("desk.log"), until: "5 lines" },
    ]) {
      await using sidecar = await startSidecarProcess(place.appPort, { SIDECAR_LOGS_FILES: files });
      const origin = `https://localhost:${sidecar.port}`;
      const fragment = `#/logs?since=${timeOf(10)}&until=${timeOf(15)}`;
      await using watched = await openDashboard(place.browser, origin, fragment);
      await watched.page.getByText(until, { exact: true }).waitFor();
      expectClean(watched, origin);
    }
  });

  test("is accessible in light and in dark, on a phone too", async () => {
    for (const { colorScheme, width } of [
      { colorScheme: "light", width: 1280 },
      { colorScheme: "dark", width: 390 },
    ] as const) {
      await using watched = await place.open("#/logs", { colorScheme, viewport: { width, height: 800 } });
      const { page } = watched;
      await page.getByRole("heading", { name: /desk\.log to loki/ }).waitFor();
      await expectAccessible(page);
      await shoot(page, `logs-${colorScheme}-${width}`);
      await page.goto(`${place.origin}/_sidecar/#/logs/desk.log?grep=line`);
      await page.getByText("following", { exact: true }).waitFor();
      await page
        .getByRole("button", { name: /^Look at this line/ })
        .nth(3)
        .click();
      await page.getByRole("link", { name: "Lines around it" }).waitFor();
      for (const scheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        await expectAccessible(page);
        await shoot(page, `log-${scheme}-${width}`);
      }
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
      expectClean(watched, place.origin);
    }
  });
});
