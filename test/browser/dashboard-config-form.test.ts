import { describe, expect, test } from "vitest";
import { whyNoBrowser } from "../support/browser.ts";
import { ALIASES, closeDialog, lookEverywhere, save, useConfigFiles, YAML } from "../support/config-page.ts";
import { expectClean, pollPage, shoot } from "../support/dashboard.ts";

describe.skipIf(whyNoBrowser() !== undefined)("the dashboard's configuration, as a form", () => {
  const { place, read, about } = useConfigFiles();

  test("as a form, an invalid value is refused at its field before anything is written, and a valid one reaches the app", async () => {
    await using watched = await place.open("#/config/legacy.ini?tab=form");
    const { page } = watched;
    const before = await read("legacy.ini");
    const background = page.getByLabel("background", { exact: true });
    await background.fill("tartan");
    await page.getByRole("button", { name: "Review and save…" }).click();
    await page.getByRole("alert").getByText("/site/background").first().waitFor();
    await page.locator(".config-field", { has: background }).getByText("It must be one of").waitFor();
    expect(await read("legacy.ini")).toBe(before);
    await background.fill("linen");
    await save(page, "by form");
    await page.getByText("Saved, and the app was told to read it.").waitFor();
    await closeDialog(page);
    expect(await read("legacy.ini")).toBe(before.replace("ivory", "linen"));
    await pollPage("the app shows it", async () => (await about()).includes("linen"));
    expectClean(watched, place.origin);
  });

  test("as a form, values keep their types, keys come and go, and what is not touched stays to the byte", async () => {
    await using watched = await place.open("#/config/desk.yaml?tab=form");
    const { page } = watched;
    await page.getByLabel("port", { exact: true }).fill("many");
    await page.getByText("1 not a number").waitFor();
    expect(await page.getByRole("button", { name: "Review and save…" }).isDisabled()).toBe(true);
    await page.getByLabel("port", { exact: true }).fill("9090");
    await page.getByLabel("open", { exact: true }).uncheck();
    await page.getByText("a number too large to be shown exactly here").waitFor();
    await page.getByRole("button", { name: "Remove 2." }).click();
    await page.getByRole("button", { name: "Add a key to db" }).click();
    await page.getByLabel("Key", { exact: true }).fill("host");
    await page.getByLabel("Value", { exact: true }).fill("db.example.com");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await shoot(page, "config-form-changed");
    await save(page);
    await page.getByText("Saved. The app is not told").waitFor();
    await closeDialog(page);
    expect(await read("desk.yaml")).toBe(
      YAML.replace("8080", "9090")
        .replace("open: true", "open: false")
        .replace("  - two\n", "")
        .replace("very-secret\n", "very-secret\n  host: db.example.com\n"),
    );
    await page.getByText("No changes").waitFor();
    await page.getByLabel("password", { exact: true }).fill("another-secret");
    await save(page);
    await page.getByText("Saved. The app is not told").waitFor();
    await closeDialog(page);
    expect(await read("desk.yaml")).toContain("password: another-secret");
    expectClean(watched, place.origin);
  });

  test("nothing can be put in before what was saved has been read again: it would be lost", async () => {
    await using watched = await place.open("#/config/legacy.ini?tab=form");
    const { page } = watched;
    const background = page.getByLabel("background", { exact: true });
    const isDisabled = () => background.isDisabled();
    await background.fill("lavender");
    const late = Promise.withResolvers<void>();
    await page.route("**/_sidecar/config/legacy.ini", async (route) => {
      if (route.request().method() === "GET") await late.promise;
      // Whoever asked may be gone.
      await route.continue().catch(() => undefined);
    });
    await save(page);
    await page.getByText("Saved, and the app was told to read it.").waitFor();
    await closeDialog(page);
    expect(await isDisabled()).toBe(true);
    late.resolve();
    await pollPage("the field can be changed", async () => !(await isDisabled()));
    expect(await background.inputValue()).toBe("lavender");
    await page.getByText("No changes").waitFor();
    expectClean(watched, place.origin);
  });

  test("a change that is still being watched can be given up", async () => {
    await using watched = await place.open("#/config/slow.yaml?tab=form");
    const { page } = watched;
    await page.getByLabel("a", { exact: true }).fill("2");
    await save(page, "to be given up");
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Written. The app is being watched.").waitFor();
    expect(await read("slow.yaml")).toBe("a: 2\n");
    await closeDialog(page);
    const running = page.getByRole("region", { name: "The change that is under way" });
    await running.getByRole("button", { name: /^Give it up/ }).waitFor();
    await lookEverywhere(page);
    await running.getByRole("button", { name: /^Give it up/ }).click();
    await running.getByText("It is put back. Now the app is watched, whether it is well again.").waitFor();
    await running.getByText("The previous content is back in place.").waitFor();
    await running.getByRole("button", { name: "Hide this" }).click();
    expect(await read("slow.yaml")).toBe("a: 1\n");
    await pollPage(
      "the form shows what is there",
      async () => (await page.getByLabel("a", { exact: true }).inputValue()) === "1",
    );
    expectClean(watched, place.origin);
  });

  test("what would cost comments and layout is refused first, and shown before it is done", async () => {
    await using watched = await place.open("#/config/alias.yaml?tab=form");
    const { page } = watched;
    await page.getByLabel("a", { exact: true }).last().fill("5");
    await page.getByRole("button", { name: "Review and save…" }).click();
    await page.getByText("Not saved; nothing was changed.").waitFor();
    await page.getByRole("button", { name: /without its comments and layout/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("# the head").waitFor();
    expect(await read("alias.yaml")).toBe(ALIASES);
    await dialog.getByRole("button", { name: "Save it" }).click();
    await dialog.getByText("Saved. The app is not told").waitFor();
    expect(await read("alias.yaml")).not.toContain("# the head");
    expectClean(watched, place.origin);
  });

  test("on a phone, a field that gets the focus is never below the bar", async () => {
    await using watched = await place.open("#/config/desk.yaml?tab=form", {
      viewport: { width: 390, height: 400 },
    });
    const { page } = watched;
    await page.getByLabel("password", { exact: true }).focus();
    for (let step = 0; step < 12; step++) {
      await page.keyboard.press("Shift+Tab");
      const covered = await page.evaluate(`(() => {
        const bar = document.querySelector(".config-form-bar"), at = document.activeElement;
        if (bar.contains(at) || !at.closest(".config-group, .config-field")) return null;
        return at.getBoundingClientRect().top - bar.getBoundingClientRect().bottom;
      })()`);
      if (covered !== null) expect(covered).toBeGreaterThanOrEqual(0);
    }
  });
});
