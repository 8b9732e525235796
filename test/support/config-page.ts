import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { type DashboardPlace, expectAccessible, useDashboard } from "./dashboard.ts";

/** The dashboard's configuration: the files that its tests are about, and what is done with them again and again. */

const SITE_SCHEMA = {
  type: "object",
  properties: {
    site: { type: "object", properties: { background: { enum: ["ivory", "lavender", "linen"] } } },
  },
};
/** A value that would do harm on a page that took it for HTML. */
export const HTML = `<img src=x onerror="document.title='owned'">`;
/** `desk.yaml`. */
export const YAML = `# What the desk does.
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
/** `alias.yaml`, whose layout no form can keep. */
export const ALIASES = "# the head\nbase: &base\n  a: 1\n  b: 2\ntwo: *base\n";
/** What the sidecar takes for a file. */
export const MAX_BYTES = 5_500_000;
/** `large.json`, of 5 MB. */
export const LARGE_JSON = `${JSON.stringify(
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
  await writeFile(join(dir, "typed.conf"), "listen 80;\n");
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
    { path: at("typed.conf"), reload: { kind: "none" } },
    { path: at("watched.yaml"), reload: { kind: "none" }, verify },
    {
      path: at("slow.yaml"),
      reload: { kind: "none" },
      verify: [{ kind: "http", path: "/", timeoutMs: 300_000, stableMs: 290_000 }],
    },
    { path: at("fixed.ini"), validate: { command: ["no-such-program-here", "{file}"] } },
  ]);
}

/** The dashboard of an app with these files. */
export interface ConfigPlace {
  readonly place: DashboardPlace;
  /** What a file holds. */
  read(name: string): Promise<string>;
  /** What the app itself shows of its configuration. */
  about(): Promise<string>;
}

/** Starts it before the tests of a `describe`, and ends it after them. */
export function useConfigFiles(): ConfigPlace {
  const place = useDashboard(async (dir) => {
    await writeFiles(dir);
    return { SIDECAR_CONFIG_FILES: filesOf(dir), SIDECAR_CONFIG_MAX_BYTES: String(MAX_BYTES) };
  });
  return {
    place,
    read: (name) => readFile(join(place.dir, name), "utf8"),
    about: async () => (await fetch(`http://localhost:${place.appPort}/about`)).text(),
  };
}

/** The text that is edited. */
export function editor(page: Page): Locator {
  return page.locator(".cm-content");
}

/** Puts another text into the editor. */
export async function write(page: Page, text: string): Promise<void> {
  await editor(page).click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(text);
  await page.getByText("changed, not saved").waitFor();
}

/** Looks at what would change, and saves it. */
export async function save(page: Page, reason = ""): Promise<void> {
  await page.getByRole("button", { name: "Review and save…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Nothing is written yet.").waitFor();
  if (reason !== "") await dialog.getByLabel("Why?").fill(reason);
  await dialog.getByRole("button", { name: "Save it" }).click();
}

/** Closes the dialog that is open. */
export async function closeDialog(page: Page): Promise<void> {
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

/** Expects of what is seen that all can use it: in light and dark, on a desk and on a phone. */
export async function lookEverywhere(page: Page): Promise<void> {
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
