import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { whyNoBrowser } from "../support/browser.ts";
import {
  closeDialog,
  editor,
  HTML,
  LARGE_JSON,
  lookEverywhere,
  save,
  useConfigFiles,
  write,
} from "../support/config-page.ts";
import { expectClean, pollPage, shoot } from "../support/dashboard.ts";

/** So long a busy machine may take for 5 MB. */
const LARGE_MS = 200_000;

describe.skipIf(whyNoBrowser() !== undefined)("the dashboard's configuration, as text", () => {
  const { place, read, about } = useConfigFiles();

  test("as text, an invalid value is refused with its line before anything is written, and a valid one reaches the app", async () => {
    await using watched = await place.open("#/config/legacy.ini");
    const { page } = watched;
    const before = await read("legacy.ini");
    await editor(page).getByText("ivory").waitFor();
    // The password is masked, here too, and the mask that is sent back leaves it alone.
    const shown = before.replace("tusk-and-horn-1998", "******");
    await write(page, shown.replace("ivory", "tartan"));
    await page.keyboard.press("Control+s");
    const refusal = page.getByRole("alert");
    await refusal.getByText("Not saved; nothing was changed.").waitFor();
    await refusal.getByRole("button", { name: "Line 7, column 14" }).click();
    expect(await page.locator(".cm-problem").textContent()).toContain("tartan");
    await lookEverywhere(page);
    await shoot(page, "config-refused");
    expect(await read("legacy.ini")).toBe(before);

    await write(page, shown.replace("ivory", "lavender"));
    await save(page, "a calmer desk");
    await page.getByText("Saved, and the app was told to read it.").waitFor();
    await shoot(page, "config-saved");
    await closeDialog(page);
    await page.getByText("No changes").waitFor();
    expect(await read("legacy.ini")).toBe(before.replace("ivory", "lavender"));
    await pollPage("the app shows it", async () => (await about()).includes("lavender"));
    expectClean(watched, place.origin);
  });

  test("the history says who changed what and why, compares two versions, and puts one in place again", async () => {
    await using watched = await place.open("#/config/legacy.ini?tab=history");
    const { page } = watched;
    await page.getByText("“a calmer desk”").waitFor();
    const compared = page.getByRole("region", { name: "Compare two versions" });
    await compared.getByText("background = lavender").waitFor();
    await compared.getByText("background = ivory").waitFor();
    await shoot(page, "config-history");

    await page.getByRole("button", { name: "Restore version 1" }).click();
    const dialog = page.getByRole("dialog", { name: "Restore version 1 of legacy.ini" });
    await dialog.getByText("Nothing is written yet.").waitFor();
    await dialog.getByRole("button", { name: "Restore it" }).click();
    await dialog.getByText("Restored, and the app was told to read it.").waitFor();
    await closeDialog(page);
    await page.getByText("version 1 restored").waitFor();
    expect(await read("legacy.ini")).toContain("background = ivory");
    await pollPage("the app shows it", async () => (await about()).includes("ivory"));

    await compared.getByLabel("From version", { exact: true }).selectOption("1");
    await compared.getByLabel("To version", { exact: true }).selectOption("2");
    await compared.getByText("background = lavender").waitFor();
    expect(page.url()).toMatch(/from=1/);
    expectClean(watched, place.origin);
  });

  test("HTML in a value is shown and never run", async () => {
    await using watched = await place.open("#/config/desk.yaml");
    const { page } = watched;
    await editor(page).getByText("<img src=x").waitFor();
    // A key and a comment have colours of their own.
    const colours = await page.evaluate<string[]>(`["port", "# What the desk does."].map((text) => {
      const tokens = [...document.querySelectorAll(".cm-line span")];
      return getComputedStyle(tokens.find(({ textContent }) => textContent === text)).color;
    }).concat(getComputedStyle(document.querySelector(".cm-line")).color)`);
    expect(new Set(colours).size).toBe(3);
    await page.getByRole("tab", { name: "Form" }).click();
    expect(await page.getByLabel("sign", { exact: true }).inputValue()).toBe(HTML);
    await page.getByLabel("sign", { exact: true }).fill(`${HTML}<script>document.title="owned"</script>`);
    await page.getByRole("button", { name: "Review and save…" }).click();
    await page.getByRole("dialog").getByText("<script>").waitFor();
    expect(await page.title()).not.toContain("owned");
    expect(await page.locator("img").count()).toBe(0);
    expectClean(watched, place.origin);
  });

  test("a change that somebody else was quicker than shows what they did, and keeps one's own text to choose", async () => {
    await using watched = await place.open("#/config/plain.conf");
    const { page } = watched;
    await editor(page).getByText("listen 80;").waitFor();
    await write(page, "listen 81;\nname x;\n");
    await writeFile(join(place.dir, "plain.conf"), "listen 80;\r\nname theirs;\r\n");
    await page.getByRole("button", { name: "Review and save…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Somebody else changed the file").waitFor();
    await dialog.getByText("written by another program").waitFor();
    await dialog.getByText("name theirs;").waitFor();
    await lookEverywhere(page);
    await shoot(page, "config-conflict");
    await dialog.getByRole("button", { name: "Back to my text" }).click();
    await editor(page).getByText("listen 81;").waitFor();

    await page.getByRole("button", { name: "Review and save…" }).click();
    await dialog.getByRole("button", { name: "See mine against theirs, then save over" }).click();
    await dialog.getByText("Nothing is written yet.").waitFor();
    await dialog.getByRole("button", { name: "Save it" }).click();
    await dialog.getByText("Saved. The app is not told").waitFor();
    await closeDialog(page);
    await page.getByText("No changes").waitFor();
    // What was pasted with line feeds has the line ends of the file.
    expect(await read("plain.conf")).toBe("listen 81;\r\nname x;\r\n");

    await write(page, "listen 82;\n");
    await writeFile(join(place.dir, "plain.conf"), "listen 83;\r\n");
    await page.getByRole("button", { name: "Review and save…" }).click();
    await dialog.getByRole("button", { name: "Drop mine, take theirs" }).click();
    await editor(page).getByText("listen 83;").waitFor();
    await page.getByText("No changes").waitFor();
    await page.getByRole("tab", { name: "History" }).click();
    await page.getByRole("tab", { name: "Text" }).click();
    await editor(page).getByText("listen 83;").waitFor();
    expect(await read("plain.conf")).toBe("listen 83;\r\n");
    expectClean(watched, place.origin);
  });

  test("what is typed before what was saved has been read again is kept, and saved in its turn", async () => {
    await using watched = await place.open("#/config/typed.conf");
    const { page } = watched;
    await editor(page).getByText("listen 80;").waitFor();
    await write(page, "listen 81;\n");
    const late = Promise.withResolvers<void>();
    await page.route("**/_sidecar/config/typed.conf", async (route) => {
      if (route.request().method() === "GET") await late.promise;
      // Whoever asked may be gone.
      await route.continue().catch(() => undefined);
    });
    await save(page);
    await page.getByText("Saved. The app is not told").waitFor();
    await closeDialog(page);
    await write(page, "listen 82;\n");
    const read81 = page.waitForResponse("**/_sidecar/config/typed.conf");
    late.resolve();
    await read81;
    await save(page);
    await page.getByText("Saved. The app is not told").waitFor();
    expect(await read("typed.conf")).toBe("listen 82;\n");
    await closeDialog(page);
    await page.getByText("No changes").waitFor();
    await editor(page).getByText("listen 82;").waitFor();
  });

  test("what the app does not take is put back, step by step before one's eyes, and one's text is kept", async () => {
    await using watched = await place.open("#/config/watched.yaml");
    const { page } = watched;
    await editor(page).getByText("good").waitFor();
    await write(page, "mode: bad\n");
    await save(page);
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Watching whether the app takes it").waitFor();
    await dialog.getByText("The app did not take it. The previous content is back in place.").waitFor();
    await dialog.getByText("The previous content is put back").waitFor();
    await shoot(page, "config-rolled-back");
    await closeDialog(page);
    expect(await read("watched.yaml")).toBe("mode: good\n");
    await editor(page).getByText("mode: bad").waitFor();
    await page.getByRole("button", { name: "Discard" }).click();
    await editor(page).getByText("mode: good").waitFor();
    expectClean(watched, place.origin);
  });

  test("a late answer about a text that was dropped says nothing any more", async () => {
    await using watched = await place.open("#/config/watched.yaml");
    const { page } = watched;
    await editor(page).getByText("mode").waitFor();
    const late = Promise.withResolvers<void>();
    let asked = 0;
    await page.route("**/config/watched.yaml?dryRun=true", async (route) => {
      asked += 1;
      if (asked > 1) return await route.continue();
      await late.promise;
      // Whoever asked may be gone.
      return await route.continue().catch(() => undefined);
    });
    await write(page, "mode: good\n# dropped\n");
    await page.getByRole("button", { name: "Review and save…" }).click();
    await page.getByRole("button", { name: "Checking…" }).waitFor();
    await page.getByRole("button", { name: "Discard" }).click();
    await page.getByText("No changes").waitFor();
    await write(page, "mode: good\n# meant\n");
    await page.getByRole("button", { name: "Review and save…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("# meant").waitFor();
    late.resolve();
    await dialog.getByRole("button", { name: "Save it" }).click();
    await dialog.getByText("Saved, and the app was seen to take it.").waitFor();
    await closeDialog(page);
    expect(await read("watched.yaml")).toBe("mode: good\n# meant\n");
    expect([asked, await dialog.count()]).toEqual([2, 0]);
  });

  test("what is written for a file that is not there yet stays, also where it comes meanwhile", async () => {
    await using watched = await place.open("#/config/new.yaml");
    const { page } = watched;
    await editor(page).click();
    await page.keyboard.insertText("mine: 1\n");
    await page.getByRole("link", { name: "All files" }).click();
    await page.getByRole("link", { name: "new.yaml" }).click();
    await editor(page).getByText("mine").waitFor();
    await writeFile(join(place.dir, "new.yaml"), "theirs: 1\n");
    await page.getByText("Somebody else has created the file meanwhile.").waitFor();
    await editor(page).getByText("mine").waitFor();
    await page.getByRole("button", { name: "Review and create…" }).click();
    await page.getByRole("dialog").getByText("nothing of it is lost").waitFor();
    await closeDialog(page);
    await editor(page).getByText("mine").waitFor();
    await page.getByRole("button", { name: "Discard" }).click();
    await editor(page).getByText("theirs").waitFor();
    await rm(join(place.dir, "new.yaml"));
    await page.getByText("it is not there yet").waitFor();
    expectClean(watched, place.origin);
  });

  test("a file that the settings name and that is not there is created", async () => {
    await using watched = await place.open("#/config");
    const { page } = watched;
    await page.getByText("not there yet").waitFor();
    await page.getByRole("link", { name: "new.yaml" }).click();
    await editor(page).click();
    await page.keyboard.insertText("a: [1\n");
    await page.getByRole("button", { name: "Review and create…" }).click();
    await page.getByText("Not saved; nothing was changed.").waitFor();
    await page.keyboard.press("Escape");
    await editor(page).click();
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText("a: 1\n");
    await page.getByRole("button", { name: "Review and create…" }).click();
    const dialog = page.getByRole("dialog", { name: "Create new.yaml" });
    await dialog.getByRole("button", { name: "Save it" }).click();
    await dialog.getByText("Created. The app is not told").waitFor();
    await closeDialog(page);
    expect(await read("new.yaml")).toBe("a: 1\n");
    await page.getByRole("tab", { name: "Form" }).waitFor();
    expectClean(watched, place.origin);
  });

  test("a file of 5 MB can be edited, without colours", async () => {
    await using watched = await place.open("#/config/large.txt");
    const { page } = watched;
    await page.getByText("it is shown without colours").waitFor({ timeout: LARGE_MS });
    await editor(page).click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.insertText("first\n");
    await save(page);
    await page.getByText("Saved. The app is not told").waitFor();
    await closeDialog(page);
    expect((await read("large.txt")).startsWith("first\na line")).toBe(true);
    expectClean(watched, place.origin);
  });

  test("a file of 5 MB of JSON can be edited as text, and says why it has no form", async () => {
    await using watched = await place.open("#/config/large.json");
    const { page } = watched;
    expect(LARGE_JSON.length).toBeGreaterThan(5_000_000);
    await page.getByText("it is shown without colours").waitFor({ timeout: LARGE_MS });
    await page.getByRole("tab", { name: "Form" }).click();
    await page.getByText("The file is too large for a form").waitFor();
    await page.getByRole("tab", { name: "Text" }).click();
    await editor(page).click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.insertText(" ");
    await page.getByRole("button", { name: "Review and save…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Nothing is written yet.").waitFor({ timeout: LARGE_MS });
    await dialog.getByRole("button", { name: "Save it" }).click();
    await dialog.getByText("Saved. The app is not told").waitFor({ timeout: LARGE_MS });
    await closeDialog(page);
    expect(await read("large.json")).toBe(` ${LARGE_JSON}`);
    expectClean(watched, place.origin);
  }, 600_000);
});
