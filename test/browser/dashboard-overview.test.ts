import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { bytes, count, short } from "../../src/dashboard/ui/format.ts";
import { whyNoBrowser } from "../support/browser.ts";
import {
  expectAccessible,
  expectClean,
  openDashboard,
  pollPage,
  shoot,
  useDashboard,
  VIEWER,
} from "../support/dashboard.ts";
import { runServer, said } from "../support/server-process.ts";
import { startSidecarProcess } from "../support/sidecar.ts";

const APP = fileURLToPath(new URL("../../examples/legacy-app/server.mjs", import.meta.url));

/** As long as the kernel lets a name be. */
const HTML = "<img src=//x>";
const NAMED = `data:text/javascript,process.title=${encodeURIComponent(JSON.stringify(HTML))}`;

const limitFigure = z.looseObject({ value: z.number() }).nullable();
const resourceFigures = z.looseObject({
  cpu: z.looseObject({ limitCpus: limitFigure }).nullable(),
  memory: z.looseObject({ effectiveLimitBytes: limitFigure }).nullable(),
  pressure: z.looseObject({ cpu: z.unknown() }).nullable(),
});
const openFigures = z.looseObject({ openFiles: z.int(), openFilesLimit: z.int() });

describe.skipIf(whyNoBrowser() !== undefined)("the overview", () => {
  const place = useDashboard();

  const request = (path: string) => place.sidecar.ask(path, { token: null });

  test("tells how the app is, with the last hour in charts, accessible in light and in dark, on a phone too", async () => {
    for (const [colorScheme, width] of [
      ["light", 1280],
      ["dark", 390],
    ] as const) {
      // For each look: what is told of the last minute is soon of another one.
      await Promise.all(
        Array.from({ length: 30 }, (_, index) => request(index % 3 === 0 ? "/nowhere" : "/about")),
      );
      await using watched = await place.open("#/", { colorScheme, viewport: { width, height: 800 } });
      const { page } = watched;
      await page.getByText(`as process ${place.app.pid}`).waitFor();
      // Ten for each look.
      await page
        .getByText("of the client (4xx)")
        .filter({ hasText: /^(?:1\d|20) / })
        .waitFor();
      await page
        .getByRole("img", { name: /^Latency: of a hundred answers, 95 began within [\d.,]+ / })
        .waitFor();
      await page.getByRole("row", { name: /core-http .*The app answered 200/ }).waitFor();
      await expectFigures(page);

      await expectAccessible(page);
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
      expectClean(watched, place.origin);
      await shoot(page, `overview-${colorScheme}-${width}`);
    }
  });

  /** The cards have the figures that the API has, or say why there is none. */
  const expectFigures = async (page: Page) => {
    const told = async (title: string, text: string | RegExp) =>
      page.getByRole("region", { name: title }).getByText(text).first().waitFor();
    await told("Latency of the app, p95", /^p50 [\d.,]+ (?:µs|ms|s), p99 [\d.,]+ (?:µs|ms|s)/);
    const { cpu, memory, pressure } = resourceFigures.parse(
      (await place.sidecar.ask("/_sidecar/resources")).json(),
    );
    await told("CPU", cpu === null ? "–" : /^(?:[\d.,]+ CPU|–)$/);
    const cpus = cpu?.limitCpus?.value;
    await told("CPU", cpus === undefined ? /./ : ` % of ${short(cpus)}`);
    const most = memory?.effectiveLimitBytes?.value;
    await told("Memory", most === undefined ? /./ : ` % of ${bytes(most)}, `);
    const shares = page.getByRole("region", { name: "Pressure" }).getByRole("row", { name: /a CPU/ });
    if (pressure?.cpu == null) await told("Pressure", "–");
    else
      await pollPage("three shares of pressure", async () => {
        const texts = await shares.getByRole("cell").allTextContents();
        return texts.length === 3 && texts.every((text) => /^[\d.,]+ %$/.test(text));
      });
    const path = `/_sidecar/processes/${place.app.pid}`;
    await pollPage("as many open files as the API tells", async () => {
      const { openFiles, openFilesLimit } = openFigures.parse((await place.sidecar.ask(path)).json());
      const text = await page.getByRole("region", { name: "Open files" }).textContent();
      return (
        text?.startsWith(`Open files${count(openFiles)}`) &&
        text.includes(`of ${count(openFilesLimit)}, its limit`)
      );
    });
  };

  test("asks nothing that a viewer may not, and leads nowhere that a viewer can't go", async () => {
    await using watched = await place.open("#/", { token: VIEWER });
    const { page } = watched;
    const refused: string[] = [];
    page.on("response", (response) => void (response.status() === 403 && refused.push(response.url())));
    await page.getByText("(viewer)").waitFor();
    await page.getByText(`as process ${place.app.pid}`).waitFor();
    await page.getByRole("img", { name: /^Requests by the second/ }).waitFor();

    expect(await page.getByRole("link", { name: /The latest/ }).count()).toBe(0);
    expect(refused).toEqual([]);
    expectClean(watched, place.origin);
  });

  test("says that the connection is lost, and afterwards asks for just what it has missed", async () => {
    await using watched = await place.open("#/?window=5m");
    const { page } = watched;
    await page.getByRole("img", { name: /^Requests by the second/ }).waitFor();
    await page.context().setOffline(true);
    await page.getByText("The connection to the sidecar was lost").waitFor();
    const lostAt = performance.now();
    await pollPage("some seconds to pass", () => performance.now() - lostAt > 3_000);
    const missing = page.waitForRequest((each) => {
      const seconds = /\/traffic\/history\?window=(\d+)s$/.exec(each.url())?.[1];
      return seconds !== undefined && Number(seconds) >= 5;
    });
    await page.context().setOffline(false);

    await missing;
    await page.getByText("The connection to the sidecar was lost").waitFor({ state: "detached" });
    await pollPage("nothing wrong any more", async () => (await page.getByRole("alert").count()) === 0);
    expect([...watched.hosts]).toEqual([new URL(place.origin).host]);
  });

  test("says why a history is refused, and does not take silence for health", async () => {
    await using watched = await place.open("#/capabilities");
    const { page } = watched;
    await page.route("**/_sidecar/traffic/history?*", (route) =>
      route.fulfill({
        ...{ status: 403, contentType: "application/problem+json" },
        body: JSON.stringify({ title: "Not allowed", detail: "This token may not.", remedy: "role: viewer" }),
      }),
    );
    await page.goto(`${place.origin}/_sidecar/#/`);
    const alert = page.getByRole("alert");
    await alert.getByText("Not allowed. This token may not.").waitFor();
    await alert.getByText("role: viewer").waitFor();
    await page.getByText("Not known: how the app serves its requests. This token may not.").waitFor();
    expect(await page.getByText("All is well").count()).toBe(0);
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await alert.waitFor({ state: "detached" });
    expectClean(watched, place.origin);
  });

  test("does not say that all is well where it does not look, but what it does not know and what switches that on", async () => {
    await using blind = await startSidecarProcess(place.appPort, {
      SIDECAR_HEALTH_ENABLED: "false",
      SIDECAR_TRAFFIC_ENABLED: "false",
    });
    const origin = `https://localhost:${blind.port}`;
    await using watched = await openDashboard(place.browser, origin, "#/", { colorScheme: "dark" });
    const { page } = watched;
    await page.getByText("Not watched: whether the app answers. SIDECAR_HEALTH_ENABLED=true").waitFor();
    await page
      .getByText("Not watched: how the app serves its requests. SIDECAR_TRAFFIC_ENABLED=true")
      .waitFor();
    expect(await page.getByText("All is well").count()).toBe(0);
    expect(await page.getByText("Every check passes").count()).toBe(0);
    await expectAccessible(page);
    await shoot(page, "overview-blind");
    expectClean(watched, origin);
  });

  test("says first that the app is down and what to do, and that it is back when it is", async () => {
    await using watched = await place.open("#/");
    const { page } = watched;
    await page.getByText(`as process ${place.app.pid}`).waitFor();
    await place.app.stop("SIGKILL");
    await request("/about");

    const finding = page.getByRole("listitem").filter({ hasText: "The app can't be reached" });
    await finding.getByText("What to do:").waitFor();
    await page.getByRole("heading", { level: 1, name: /wrong/ }).waitFor();
    await page.getByText("Not ready: an orchestrator keeps traffic away.").waitFor();
    await page.getByText("The app failed one request in the last minute").waitFor();
    await expectAccessible(page);
    await shoot(page, "overview-down");

    // A name that would do harm on a page that took it for HTML.
    await using again = runServer(process.execPath, ["--import", NAMED, APP], {
      cwd: place.dir,
      env: {
        LEGACY_PORT: String(place.appPort),
        LEGACY_CONFIG: join(place.dir, "legacy.ini"),
        LEGACY_LOG: join(place.dir, "legacy.log"),
      },
    });
    await said(again, /localhost:(\d+)/);
    await finding.waitFor({ state: "detached" });
    await page.getByText("Ready: traffic may come.").waitFor();
    await page.getByText(`as process ${again.pid}`).waitFor();
    await page.getByRole("link", { name: HTML, exact: true }).waitFor();
    expect(await page.locator("main img").count()).toBe(0);
    expectClean(watched, place.origin);
  });
});
