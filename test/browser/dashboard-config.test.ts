import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { whyNoBrowser } from "../support/browser.ts";
import { closeDialog, editor, MAX_BYTES, save, useConfigFiles, write } from "../support/config-page.ts";
import { expectAccessible, expectClean, openDashboard, shoot, VIEWER } from "../support/dashboard.ts";
import { startSidecarProcess, TOKEN } from "../support/sidecar.ts";

describe.skipIf(whyNoBrowser() !== undefined)("the dashboard's configuration", () => {
  const { place, read } = useConfigFiles();

  test("without the sidecar nothing of a text is lost, and it is saved when the sidecar is back", async () => {
    await using watched = await place.open("#/config/watched.yaml");
    const { page } = watched;
    await editor(page).getByText("good").waitFor();
    await write(page, "mode: good\n# kept\n");
    await page.context().setOffline(true);
    await page.getByRole("button", { name: "Review and save…" }).click();
    await page.getByText("Not saved; nothing was changed.").waitFor();
    await editor(page).getByText("# kept").waitFor();
    await page.context().setOffline(false);
    await page.locator(".banner p").waitFor({ state: "detached" });
    await save(page);
    await page.getByText("Saved, and the app was seen to take it.").waitFor();
    await closeDialog(page);
    expect(await read("watched.yaml")).toBe("mode: good\n# kept\n");
  });

  test("a draft outlives a look at another view", async () => {
    await using watched = await place.open("#/config/watched.yaml");
    const { page } = watched;
    await editor(page).getByText("good").waitFor();
    await write(page, "mode: good\n# a draft\n");
    await page.getByRole("tab", { name: "Form" }).click();
    await page.getByText("There are changes of the text that are not saved.").waitFor();
    await page.getByRole("link", { name: "All files" }).click();
    await page.locator(".config-files").getByRole("link", { name: "watched.yaml" }).click();
    await editor(page).getByText("# a draft").waitFor();
    await page.getByText("changed, not saved").waitFor();
    expectClean(watched, place.origin);
  });

  test("a draft that was discarded does not come back, though one was asked before whether to leave", async () => {
    await using watched = await place.open("#/config/watched.yaml");
    const { page } = watched;
    await editor(page).getByText("good").waitFor();
    await write(page, "mode: good\n# given up\n");
    // As where one begins to load the page anew, is asked, and stays.
    await page.evaluate("dispatchEvent(new Event('beforeunload', { cancelable: true }))");
    await page.getByRole("button", { name: "Discard" }).click();
    await page.getByText("No changes").waitFor();
    await page.reload();
    await editor(page).getByText("good").waitFor();
    await page.getByText("No changes").waitFor();
    expect(await editor(page).getByText("# given up").count()).toBe(0);
    expectClean(watched, place.origin);
  });

  test("a draft outlives the end of the session: signed in again, one goes on", async () => {
    await using watched = await place.open("#/config/desk.yaml");
    const { page } = watched;
    await editor(page).getByText("port").waitFor();
    const text = (await read("desk.yaml")).replace(/password: .*/, "password: ******");
    await write(page, `${text}# unsaved\n`);
    await page.context().clearCookies();
    await page.getByText("Your session has ended.").waitFor();
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("Token").fill(TOKEN);
    expect(await page.evaluate("Object.values(sessionStorage).join()")).toContain("# unsaved");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("changed, not saved").waitFor();
    await editor(page).getByText("# unsaved").waitFor();
    expect(await page.evaluate("Object.values(sessionStorage).join()")).not.toContain("# unsaved");
    await page.getByRole("button", { name: "Discard" }).click();
    await page.getByText("No changes").waitFor();
    expect(await editor(page).getByText("# unsaved").count()).toBe(0);
    expect([...watched.hosts]).toEqual([new URL(place.origin).host]);
  });

  test("files that are broken, fixed, plain, large or too large each say what can be done", async () => {
    await using watched = await place.open("#/config/broken.json");
    const { page } = watched;
    await page.getByText("its secrets can't be found and masked").waitFor();
    await page.getByRole("button", { name: "Show secrets" }).click();
    await editor(page).getByText('"a": 1').waitFor();
    await page.getByRole("button", { name: /^Line \d/ }).click();
    await shoot(page, "config-broken");
    await page.getByRole("tab", { name: "Form" }).click();
    await page.getByText("There is no form for it until that is mended").waitFor();
    await page.getByRole("tab", { name: "Text" }).click();
    await editor(page).getByText('"a": 1').waitFor();
    await write(page, '{ "a": 1 }\n');
    await save(page);
    await page.getByText("Saved. The app is not told").waitFor();
    await closeDialog(page);
    expect(await read("broken.json")).toBe('{ "a": 1 }\n');

    await page.goto(`${place.origin}/_sidecar/#/config/fixed.ini`);
    await page.getByText("It can't be changed here.").waitFor();
    await editor(page).waitFor();
    expect(await page.getByRole("button", { name: "Review and save…" }).count()).toBe(0);

    await page.goto(`${place.origin}/_sidecar/#/config/plain.conf?tab=form`);
    await page.getByText("Plain text has no keys").waitFor();

    await page.goto(`${place.origin}/_sidecar/#/config/many.json?tab=form`);
    await page.getByText("The file is too large for a form").waitFor();

    await page.goto(`${place.origin}/_sidecar/#/config/no-such.ini`);
    await page.getByText("SIDECAR_CONFIG_FILES=/path/of/no-such.ini").waitFor();

    await page.goto(`${place.origin}/_sidecar/#/config/larger.txt`);
    await page.getByText(`SIDECAR_CONFIG_MAX_BYTES=${MAX_BYTES + 1}`).waitFor();

    expectClean(watched, place.origin);
  });

  test("where no file is named, the setting that names one is there to be copied", async () => {
    await using sidecar = await startSidecarProcess(place.appPort);
    await using watched = await openDashboard(place.browser, `https://localhost:${sidecar.port}`, "#/");
    const { page } = watched;
    await page.getByRole("link", { name: "Config" }).click();
    await page.getByText("No configuration file is named yet.").waitFor();
    await page.getByText("SIDECAR_CONFIG_FILES=/path/of/app.ini").waitFor();
    expectClean(watched, `https://localhost:${sidecar.port}`);
  });

  test("a viewer sees the files masked, and is offered nothing that would be refused", async () => {
    await using watched = await place.open("#/config/legacy.ini", { token: VIEWER });
    const { page } = watched;
    await editor(page).getByText("******").waitFor();
    expect(await page.getByText("tusk-and-horn-1998").count()).toBe(0);
    await editor(page).click();
    await page.keyboard.insertText("typed");
    expect(await editor(page).textContent()).not.toContain("typed");
    for (const [tab, seen] of [
      ["Form", page.getByLabel("greeting", { exact: true })],
      ["History", page.getByRole("region", { name: "Versions", exact: true })],
      ["Text", editor(page)],
    ] as const) {
      await page.getByRole("tab", { name: tab }).click();
      await page.getByRole("tabpanel", { name: tab }).waitFor();
      await seen.waitFor();
      const names = await page.getByRole("tabpanel").getByRole("button").allTextContents();
      expect(names.filter((name) => /save|restore|secret|add|remove/i.test(name))).toEqual([]);
    }
    await page.getByRole("tab", { name: "Form" }).click();
    expect(await page.getByLabel("greeting", { exact: true }).isDisabled()).toBe(true);
    expectClean(watched, place.origin);
  });

  for (const colorScheme of ["light", "dark"] as const) {
    test(`is accessible in ${colorScheme}, on a phone too`, async () => {
      for (const width of [1280, 390]) {
        await using watched = await place.open("#/config", { colorScheme, viewport: { width, height: 800 } });
        await lookAtAll(watched.page, `${colorScheme}-${width}`);
        expectClean(watched, place.origin);
      }
    });
  }
});

/** Goes through the view, and expects of each part that all can use it, and that it is no wider than the screen. */
async function lookAtAll(page: Page, how: string): Promise<void> {
  const look = async (name: string) => {
    await expectAccessible(page);
    const hasRoom = await page.evaluate("document.documentElement.scrollWidth <= innerWidth");
    expect([name, how, hasRoom]).toEqual([name, how, true]);
    await shoot(page, `config-${name}-${how}`);
  };
  await page.locator(".config-files").getByRole("link", { name: "desk.yaml" }).waitFor();
  await page.getByText("Latest changes").waitFor();
  await look("list");
  await page.locator(".config-files").getByRole("link", { name: "desk.yaml" }).click();
  await editor(page).getByText("port").waitFor();
  await look("text");
  await page.getByRole("tab", { name: "Form" }).click();
  await page.getByLabel("port", { exact: true }).fill("7070");
  await page.getByRole("button", { name: "Add a key to db" }).click();
  await look("form");
  await page.getByRole("button", { name: "Review and save…" }).click();
  await page.getByText("Nothing is written yet.").waitFor();
  await look("review");
  await page.getByRole("button", { name: "Not yet" }).click();
  await page.getByRole("button", { name: "Discard" }).click();
  await page.getByRole("tab", { name: "History" }).click();
  await page.getByText("there when the sidecar first looked").waitFor();
  await look("history");
}
