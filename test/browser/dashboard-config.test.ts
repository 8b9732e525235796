import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPage, whyNoBrowser } from "../support/browser.ts";
import {
  type DashboardPlace,
  expectAccessible,
  expectClean,
  shoot,
  startDashboard,
  VIEWER,
} from "../support/dashboard.ts";
import { poll } from "../support/poll.ts";
import { startSidecarProcess, TOKEN } from "../support/sidecar.ts";

const SITE_SCHEMA = {
  type: "object",
  properties: {
    site: { type: "object", properties: { background: { enum: ["ivory", "lavender", "linen"] } } },
  },
};
const HTML = `<img src=x onerror="document.title='owned'">`;
const YAML = `# What the desk does.
port: 8080
open: true
limits: # of a day
  parcels: 12345678901234567890
  ratio: 0.5
names:
  - one
  - two
  - three
sign: ${JSON.stringify(HTML)}
db:
  password: very-secret
`;
const ALIASES = "# the head\nbase: &base\n  a: 1\n  b: 2\ntwo: *base\n";
const MAX_BYTES = 5_500_000;
const LARGE_JSON = `${JSON.stringify(
  Array.from({ length: 60_000 }, (_, id) => ({ id, name: `parcel ${id}`, note: "x".repeat(40) })),
  null,
  0,
).replaceAll("},{", "},\n{")}\n`;

/** Writes the files that the tests are about, and gives what the settings say of them. */
async function writeFiles(dir: string): Promise<void> {
  await writeFile(join(dir, "desk.yaml"), YAML);
  await writeFile(join(dir, "watched.yaml"), "mode: good\n");
  await writeFile(join(dir, "broken.json"), '{\n  "a": 1,\n  "b": \n}\n');
  await writeFile(join(dir, "plain.conf"), "listen 80;\r\nname x;\r\n");
  await writeFile(join(dir, "fixed.ini"), "a = 1\n");
  await writeFile(join(dir, "alias.yaml"), ALIASES);
  await writeFile(join(dir, "slow.yaml"), "a: 1\n");
  await writeFile(join(dir, "many.json"), JSON.stringify(Array.from({ length: 2_000 }, (_, index) => index)));
  await writeFile(join(dir, "large.txt"), "a line of a large file\n".repeat(220_000));
  await writeFile(join(dir, "large.json"), LARGE_JSON);
  await writeFile(join(dir, "larger.txt"), "x".repeat(MAX_BYTES + 1));
}

function filesOf(dir: string): string {
  const at = (name: string) => join(dir, name);
  const verify = [
    { kind: "command", command: ["grep", "-q", "mode: good", at("watched.yaml")], timeoutMs: 1_000 },
  ];
  return JSON.stringify([
    { path: at("legacy.ini"), schema: SITE_SCHEMA },
    ...["desk.yaml", "alias.yaml", "many.json", "broken.json", "large.txt", "large.json", "larger.txt"].map(
      (name) => ({
        path: at(name),
        reload: { kind: "none" },
      }),
    ),
    { path: at("plain.conf"), reload: { kind: "none" } },
    { path: at("new.yaml"), reload: { kind: "none" } },
    { path: at("watched.yaml"), reload: { kind: "none" }, verify },
    {
      path: at("slow.yaml"),
      reload: { kind: "none" },
      verify: [{ kind: "http", path: "/", timeoutMs: 60_000, stableMs: 55_000 }],
    },
    { path: at("fixed.ini"), validate: { command: ["no-such-program-here", "{file}"] } },
  ]);
}

function editor(page: Page) {
  return page.locator(".cm-content");
}

/** Puts another text into the editor. */
async function write(page: Page, text: string): Promise<void> {
  await editor(page).click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(text);
  await page.getByText("changed, not saved").waitFor();
}

/** Looks at what would change, and saves it. */
async function save(page: Page, reason = ""): Promise<void> {
  await page.getByRole("button", { name: "Review and save…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Nothing is written yet.").waitFor();
  if (reason !== "") await dialog.getByLabel("Why?").fill(reason);
  await dialog.getByRole("button", { name: "Save it" }).click();
}

async function closeDialog(page: Page): Promise<void> {
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

describe.skipIf(whyNoBrowser() !== undefined)("the dashboard's configuration", () => {
  let place: DashboardPlace;
  beforeAll(async () => {
    place = await startDashboard((dir) => ({
      SIDECAR_CONFIG_FILES: filesOf(dir),
      SIDECAR_CONFIG_MAX_BYTES: String(MAX_BYTES),
    }));
    await writeFiles(place.dir);
  }, 60_000);
  afterAll(() => place[Symbol.asyncDispose]());

  const read = (name: string) => readFile(join(place.dir, name), "utf8");
  /** What the app itself shows of its configuration. */
  const about = async () => (await fetch(`http://localhost:${place.appPort}/about`)).text();

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
    await poll("the app shows it", async () => (await about()).includes("lavender"));
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
    await poll("the app shows it", async () => (await about()).includes("ivory"));

    await compared.getByLabel("From version", { exact: true }).selectOption("1");
    await compared.getByLabel("To version", { exact: true }).selectOption("2");
    await compared.getByText("background = lavender").waitFor();
    expect(page.url()).toMatch(/from=1/);
    expectClean(watched, place.origin);
  });

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
    await poll("the app shows it", async () => (await about()).includes("linen"));
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
    await poll(
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

  test("a file of 5 MB can be edited, without colours", async () => {
    await using watched = await place.open("#/config/large.txt");
    const { page } = watched;
    await page.getByText("it is shown without colours").waitFor();
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
    await page.getByText("it is shown without colours").waitFor({ timeout: 60_000 });
    await page.getByRole("tab", { name: "Form" }).click();
    await page.getByText("The file is too large for a form").waitFor();
    await page.getByRole("tab", { name: "Text" }).click();
    await editor(page).click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.insertText(" ");
    await page.getByRole("button", { name: "Review and save…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Nothing is written yet.").waitFor({ timeout: 60_000 });
    await dialog.getByRole("button", { name: "Save it" }).click();
    await dialog.getByText("Saved. The app is not told").waitFor({ timeout: 60_000 });
    await closeDialog(page);
    expect(await read("large.json")).toBe(` ${LARGE_JSON}`);
    expectClean(watched, place.origin);
  }, 120_000);

  test("where no file is named, the setting that names one is there to be copied", async () => {
    await using sidecar = await startSidecarProcess(place.appPort);
    await using watched = await openPage(place.browser);
    const { page } = watched;
    await page.goto(`https://localhost:${sidecar.port}/_sidecar/#token=${TOKEN}`);
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
    for (const tab of ["Form", "History", "Text"]) {
      await page.getByRole("tab", { name: tab }).click();
      await page.getByRole("tabpanel", { name: tab }).waitFor();
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

/** Expects of what is seen that all can use it: in light and dark, on a desk and on a phone. */
async function lookEverywhere(page: Page): Promise<void> {
  const before = page.viewportSize();
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 });
      await expectAccessible(page);
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    }
  }
  await page.emulateMedia({ colorScheme: null });
  if (before !== null) await page.setViewportSize(before);
}

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
