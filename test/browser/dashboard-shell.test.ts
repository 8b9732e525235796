import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
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
import { TOKEN } from "../support/sidecar.ts";

describe.skipIf(whyNoBrowser() !== undefined)("the dashboard's frame", () => {
  const place = useDashboard();

  test("offers an operator every view that there is, and a viewer none that would be refused", async () => {
    for (const { token, hasTraffic } of [
      { token: undefined, hasTraffic: true },
      { token: VIEWER, hasTraffic: false },
    ]) {
      await using watched = await place.open("#/", token === undefined ? {} : { token });
      const { page } = watched;
      const views = page.getByRole("navigation", { name: "Views" });
      await page.getByText(token === undefined ? "(operator)" : "(viewer)").waitFor();
      await views.getByRole("link", { name: "JVM" }).waitFor({ state: "detached" });

      const names = await views.getByRole("link").allTextContents();
      expect(names.includes("Traffic")).toBe(hasTraffic);
      expect(names).toContain("Processes");
      expectClean(watched, place.origin);
    }
  });

  test("weighs less than 60 kB compressed at the first view, and less than 250 kB in all", async () => {
    const assets = fileURLToPath(new URL("../../dist/dashboard/assets/", import.meta.url));
    const sizes = await Promise.all(
      (await readdir(assets)).filter((name) => name.endsWith(".br")).map((name) => stat(join(assets, name))),
    );
    expect(sizes.length).toBeGreaterThan(10);
    expect(sizes.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(250_000);

    await using watched = await place.open("#/");
    const { page } = watched;
    await page.getByRole("heading", { level: 1 }).waitFor();
    const firstView = await page.evaluate<number>(`performance.getEntriesByType("resource")
      .filter(({ name }) => name.includes("/assets/"))
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`);
    expect(firstView).toBeGreaterThan(5_000);
    expect(firstView).toBeLessThan(60_000);
  });

  test("says that the connection is lost, and goes on where it was when it is back", async () => {
    await using watched = await place.open("#/capabilities");
    const { page } = watched;
    await page.getByRole("heading", { name: /^strace/ }).waitFor();

    await page.context().setOffline(true);
    await page.getByRole("button", { name: "Look again" }).click();
    await page.getByText(/The connection to the sidecar was lost at/).waitFor();
    await expectAccessible(page);
    await shoot(page, "connection-lost");
    // What was there is still there to be read.
    expect(await page.getByRole("heading", { name: /^strace/ }).count()).toBe(1);
    await page.context().setOffline(false);
    await page.getByText(/The connection to the sidecar was lost at/).waitFor({ state: "detached" });
    expectPublic(watched, place.origin);
  });

  test("says that the connection is lost where packets just vanish, and goes on when they come again", async () => {
    await using cable = await startCable(place.sidecar.port);
    await using watched = await openDashboard(place.browser, cable.origin, "#/");
    const { page } = watched;
    await page.getByText("(operator)").waitFor();
    const lost = page.getByText(/The connection to the sidecar was lost at/);
    expect(await lost.count()).toBe(0);

    cable.hold();
    await lost.waitFor();
    cable.release();
    await lost.waitFor({ state: "detached" });
    expectPublic(watched, cable.origin);
  });

  test("learns who is signed in as soon as the sidecar can be asked, where the first question was lost", async () => {
    await using watched = await place.open("#/");
    const { page } = watched;
    await page.getByText("(operator)").waitFor();
    let refused = 0;
    await page.route("**/_sidecar/session", async (route) => {
      refused += 1;
      await (refused === 1 ? route.abort() : route.continue());
    });
    await page.goto(`${place.origin}/_sidecar/#/logs`);
    await page.reload();

    await page.getByText("(operator)").waitFor();
    await page.getByRole("link", { name: "legacy.log" }).waitFor();
    expect(refused).toBeGreaterThan(1);
  });

  test("shows the link of the present view on a phone, where the links scroll sideways", async () => {
    await using watched = await place.open("#/capabilities", { viewport: { width: 390, height: 800 } });
    const link = watched.page.getByRole("link", { name: "Capabilities" });
    await pollPage("the link to be in sight", async () => {
      const box = await link.boundingBox();
      return (box !== null && box.x >= 0 && box.x + box.width <= 390) || undefined;
    });
  });

  test("leads to the sign-in when the session has ended, and back to where one was", async () => {
    await using watched = await place.open("#/capabilities");
    const { page } = watched;
    await page.getByRole("heading", { name: /^strace/ }).waitFor();
    await page.context().clearCookies();
    await page.getByRole("button", { name: "Look again" }).click();
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("Token").fill(TOKEN);
    await page.getByRole("button", { name: "Sign in" }).click();

    await page.getByRole("heading", { name: "What works here" }).waitFor();
    expectClean(watched, place.origin);
  });

  test("goes on saying that the session has ended while routes answer that are open to all, until one has signed in again", async () => {
    await using watched = await place.open("#/capabilities");
    const { page } = watched;
    await page.getByRole("heading", { name: /^strace/ }).waitFor();
    const cookies = await page.context().cookies();
    await page.context().clearCookies();
    await page.getByRole("button", { name: "Look again" }).click();
    const ended = page.getByText("Your session has ended.");
    await ended.waitFor();
    // What is open answers the page as anybody else.
    const late = await page.evaluate(`fetch("./readyz").then(({ status }) => status)`);
    expect(late).toBe(200);
    await page.goto(`${place.origin}/_sidecar/#/api`);
    await page.getByRole("heading", { name: "The API" }).waitFor();
    expect(await ended.count()).toBe(1);
    await expectAccessible(page);
    await shoot(page, "session-ended");

    // As if by another tab; who comes back from there looks at this one.
    await page.context().addCookies(cookies);
    await page.evaluate(`dispatchEvent(new Event("focus"))`);
    await ended.waitFor({ state: "detached" });
    await page.getByRole("row").nth(5).waitFor();
    await page.goto(`${place.origin}/_sidecar/#/capabilities`);
    await page.getByRole("heading", { name: /^strace/ }).waitFor();
    expectClean(watched, place.origin);
  });

  test("signs out", async () => {
    await using watched = await place.open("#/");
    await watched.page.getByRole("button", { name: "Sign out" }).click();

    await watched.page.getByRole("heading", { name: "Sign in to the sidecar" }).waitFor();
    expect(await watched.page.context().cookies()).toEqual([]);
  });

  test("lists the API that it is made of, and finds a route", async () => {
    await using watched = await place.open("#/api");
    const { page } = watched;
    await page.getByRole("searchbox", { name: "Find" }).fill("opentelemetry or strace");
    await page.getByText("No route has this").waitFor();
    await page.getByRole("searchbox", { name: "Find" }).fill("limits of a process");

    await pollPage("the one route", async () => {
      const [, ...rows] = await page.getByRole("row").allTextContents();
      return rows.length === 1 && rows.every((row) => row.includes("GET /processes/{pid}/limits"));
    });
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [1280, 390]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 800 });
        await expectAccessible(page);
        await shoot(page, `api-${colorScheme}-${width}`);
      }
    }
    expectClean(watched, place.origin);
  });

  test("is accessible in light and in dark, on a phone too", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [1280, 390]) {
        await using watched = await place.open("#/capabilities", {
          colorScheme,
          viewport: { width, height: 800 },
        });
        await watched.page.getByRole("heading", { name: /^strace/ }).waitFor();

        await expectAccessible(watched.page);
        expectClean(watched, place.origin);
        await shoot(watched.page, `capabilities-${colorScheme}-${width}`);
      }
    }
  });
});
