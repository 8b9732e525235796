import { describe, expect, test } from "vitest";
import { z } from "zod";
import { whyNoBrowser } from "../support/browser.ts";
import { expectAccessible, expectClean, pollPage, shoot, useDashboard } from "../support/dashboard.ts";

/** One that was ended early may have the beginning of a request, and not its answer. */
const callsSchema = z.object({
  events: z.array(z.looseObject({ call: z.string().optional(), touches: z.string().optional() })),
});

describe.skipIf(whyNoBrowser() !== undefined)("the traffic", () => {
  const place = useDashboard();

  const request = (path: string, id: string) =>
    place.sidecar.ask(path, { token: null, headers: { "X-Request-Id": id } });

  /** A slow request and a trace that has its calls: on a busy machine a trace may be ended early, to spare the app. */
  const tracedRequest = () => {
    let tries = 0;
    return pollPage("a request with its calls", async () => {
      tries += 1;
      const id = `slow-${tries}`;
      const started = await place.sidecar.ask("/_sidecar/traces", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ process: place.app.pid, duration: 60 }),
      });
      if (started.status !== 202) return false;
      const trace = `/_sidecar/traces/${started.json()["id"]}`;
      await request("/slow?ms=2000", id);
      // Ended, it has all that it will have.
      await place.sidecar.ask(`${trace}/stop`, { method: "POST" });
      const answer = await place.sidecar.ask(`${trace}/events?request=${id}`);
      const { events } = callsSchema.parse(answer.json());
      return events.some(({ call, touches }) => call === "write" && touches === "connection") && id;
    });
  };

  test("shows a request as soon as it is over, with whom it waited for, and hides what is filtered out", async () => {
    await using watched = await place.open("#/traffic");
    const { page } = watched;
    await page.getByText("Nothing has been forwarded yet.").waitFor();
    await page.getByText("No request has been answered since the sidecar started").waitFor();
    await request("/about?secret", "live-1");
    const row = page.getByRole("link", { name: /200 GET \/about/ });
    await row.getByText(/^(?:app|client|sidecar) \d+ %$/).waitFor();
    expect(await page.getByText("secret").count()).toBe(0);
    await request("/nowhere", "live-2");
    const refused = page.getByRole("link", { name: /404 GET \/nowhere .*refused by the app/ });
    await refused.waitFor();

    await page.getByLabel("Status").selectOption("4xx");
    await row.waitFor({ state: "detached" });
    await page.getByText("1 of 2 requests, the newest first.").waitFor();
    expect(page.url()).toContain("status=4xx");
    await page.getByLabel("Text").fill("live-1");
    await page.getByText("None of the latest requests is like that.").waitFor();
    await page.getByRole("button", { name: "Show all" }).click();
    await refused.waitFor();
    expectClean(watched, place.origin);
  });

  test("stands still when it is paused, and has everything when it goes on", async () => {
    await using watched = await place.open("#/traffic");
    const { page } = watched;
    await page.getByRole("link", { name: /404 GET \/nowhere/ }).waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await request("/headers", "paused-1");
    await page.getByText("Paused. 1 more has come.").waitFor();
    expect(await page.getByRole("link", { name: /GET \/headers/ }).count()).toBe(0);
    await page.getByRole("button", { name: "Go on" }).click();
    const row = page.getByRole("link", { name: /GET \/headers/ });
    await row.waitFor();

    // Who is at a row with the keyboard does not lose it under the fingers.
    await row.focus();
    await request("/clock", "held-1");
    await page.getByText("Held while you are on the list. 1 more has come.").waitFor();
    await page.getByRole("button", { name: "Pause" }).focus();
    await page.getByRole("link", { name: /GET \/clock/ }).waitFor();
    expectClean(watched, place.origin);
  });

  test("tells of one request everything: whose fault it is that it was slow, its system calls, and its log lines", async () => {
    const id = await tracedRequest();
    await using watched = await place.open("#/traffic");
    const { page } = watched;
    await page
      .getByRole("link", { name: /200 GET \/slow .*app (?:[5-9]\d|100) % .*the app was slow/ })
      .first()
      .click();
    const dialog = page.getByRole("dialog", { name: "GET /slow" });
    await dialog.getByText(/The app took [\d.]+ s of the [\d.]+ s\./).waitFor();
    await dialog.getByText(id).first().waitFor();
    await dialog
      .getByRole("row", { name: /write.* its connection$/ })
      .first()
      .waitFor();
    for (const href of [
      `[href="#/trace?request=${id}"]`,
      `[href="#/logs/legacy.log?grep=${id}"]`,
      '[href^="#/logs/legacy.log?since=2"][href*="&until=2"]',
    ]) {
      await dialog.locator(href).first().waitFor();
    }
    await expectAccessible(page);
    await shoot(page, "traffic-request");
    await using phone = await place.open(`#/traffic?request=${id}`, {
      ...{ colorScheme: "dark", viewport: { width: 390, height: 800 } },
    });
    await phone.page.getByRole("dialog", { name: "GET /slow" }).getByText("The app's side.").waitFor();
    await expectAccessible(phone.page);
    expect(await phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await shoot(phone.page, "traffic-request-dark-390");
    expect(page.url()).toContain(`request=${id}`);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expectClean(watched, place.origin);
  });

  test("tells of the request that was chosen, where another one came under the same id", async () => {
    await request("/nowhere/first-try", "tried-twice");
    await request("/clock", "tried-twice");
    await using watched = await place.open("#/traffic");
    const { page } = watched;
    await page.getByRole("link", { name: /404 GET \/nowhere\/first-try/ }).click();
    const dialog = page.getByRole("dialog", { name: "GET /nowhere/first-try" });
    await dialog.getByText("tried-twice").first().waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(page.url()).not.toContain("began");
    expectClean(watched, place.origin);
  });

  test("a link to a request that is kept no more says so, and how to keep more", async () => {
    await using watched = await place.open("#/traffic?request=long-gone");
    const dialog = watched.page.getByRole("dialog");
    await dialog.getByText("None of the latest requests that are over has this id.").waitFor();
    await dialog.getByText("SIDECAR_TRAFFIC_RECENT").waitFor();
  });

  test("misses nothing and doubles nothing when the connection is lost and regained", async () => {
    await using watched = await place.open("#/traffic?path=/about");
    const { page } = watched;
    await page.getByRole("link", { name: /GET \/about/ }).waitFor();
    await page.context().setOffline(true);
    await page.getByText("The connection to the sidecar was lost").waitFor();
    for (const id of ["away-1", "away-2", "away-3"]) await request("/about", id);
    await page.context().setOffline(false);

    const count = () => page.getByRole("link", { name: /GET \/about/ }).count();
    await pollPage("those of the meantime", async () => (await count()) === 4);
    await page.getByText("The connection to the sidecar was lost").waitFor({ state: "detached" });
    await request("/about", "back-1");
    await pollPage("one more", async () => (await count()) === 5);
    await pollPage("nothing wrong any more", async () => (await page.getByRole("alert").count()) === 0);
    expect([...watched.hosts]).toEqual([new URL(place.origin).host]);
  });

  test("text that is HTML is shown and not run, a thousand requests do not freeze it, and it fits a phone", async () => {
    await using busy = await place.open("#/traffic");
    const forwarded = await busy.page.evaluate(async () => {
      const statuses = Array.from(
        { length: 600 },
        async (_, index) => (await fetch(`/page/${index}`)).status,
      );
      return (await Promise.all(statuses)).filter((status) => status === 404).length;
    });
    expect(forwarded).toBe(600);
    await request("/<script>document.title='run'</script>", "html-1");
    for (const [colorScheme, width] of [
      ["light", 1280],
      ["dark", 390],
    ] as const) {
      await using watched = await place.open("#/traffic", { colorScheme, viewport: { width, height: 800 } });
      const { page } = watched;
      await page.getByRole("link", { name: /404 GET \/<script>/ }).waitFor();
      expect(await page.title()).toBe("Traffic · Tickbird");
      expect(await page.getByRole("link").count()).toBeLessThan(150);
      await expectAccessible(page);
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
      await shoot(page, `traffic-${colorScheme}-${width}`);
      expectClean(watched, place.origin);
    }
  });

  test("an error is told with whose fault it was", async () => {
    await using watched = await place.open("#/traffic?status=failed");
    const { page } = watched;
    await page.getByText("None of the latest requests is like that.").waitFor();
    await place.app.stop("SIGKILL");
    await request("/about", "down-1");
    await page.getByRole("link", { name: /503 GET \/about .*the app could not be reached/ }).click();
    const dialog = page.getByRole("dialog", { name: "GET /about" });
    await dialog.getByText("The app's side.").waitFor();
    await dialog.getByText("It never got one").waitFor();
    await page.getByText(/Without a whole answer of the app: \d+ by the app/).waitFor();
    expectClean(watched, place.origin);
  });
});
