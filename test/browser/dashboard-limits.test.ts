import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { whyNoBrowser } from "../support/browser.ts";
import { expectAccessible, expectClean, openDashboard, shoot, useDashboard } from "../support/dashboard.ts";
import { isMissing } from "../support/needs.ts";
import { startSidecarProcess } from "../support/sidecar.ts";

/** As a container of its own is: with a PID namespace that has nothing in it but the sidecar. */
const APART = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
/** As a container is whose user is another one than the app's. */
const OTHER_USER = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

const SHARE_PIDS = 'pid: "service:core"';
const NOT_SHARED = "it does not share the PID namespace of the app.";
const NOT_OPEN = /processes can't be looked into, so it can't be said which of them listens on/;
const NOT_THERE = /No visible process listens on [\d.:]+: the app is not running yet/;

/** What a view has to say: the words, and the line that mends it. */
interface Saying {
  readonly place: string;
  readonly words: string | RegExp;
  /** Undefined where there is nothing to mend, as all is still to be seen. */
  readonly remedy?: string;
  /** What must be done before it says so. */
  readonly click?: string;
}

describe.skipIf(whyNoBrowser() !== undefined || isMissing("namespaces"))(
  "the dashboard at its limits",
  () => {
    const place = useDashboard();

    /** A sidecar in front of the same app that sees or may less. */
    const startBeside = async (starter: readonly string[], env: Record<string, string> = {}) => {
      const sidecar = await startSidecarProcess(
        place.appPort,
        {
          SIDECAR_CONFIG_FILES: join(place.dir, "legacy.ini"),
          SIDECAR_CONFIG_RELOAD: "{kind: signal, signal: SIGHUP}",
          SIDECAR_LOGS_FILES: join(place.dir, "legacy.log"),
          ...env,
        },
        starter,
      );
      return {
        origin: `https://localhost:${sidecar.port}`,
        [Symbol.asyncDispose]: sidecar[Symbol.asyncDispose],
      };
    };

    const openAt = (origin: string) =>
      openDashboard(place.browser, origin, "#/", {
        permissions: ["clipboard-read", "clipboard-write"],
        viewport: { width: 1280, height: 1000 },
      });

    const expectSaid = async (page: Page, origin: string, saying: Saying, name: string) => {
      await page.goto(`${origin}/_sidecar/#/${saying.place}`);
      const main = page.getByRole("main");
      if (saying.click !== undefined) await main.getByRole("button", { name: saying.click }).click();
      const said = main.getByText(saying.words).first().waitFor();
      await said.catch(async (cause) => {
        throw new Error(`#/${saying.place} says: ${await main.textContent()}`, { cause });
      });
      if (saying.remedy !== undefined) {
        await main.locator(".remedy").filter({ hasText: saying.remedy }).first().waitFor();
        expect(await main.getByRole("button", { name: "Copy the remedy" }).count()).toBeGreaterThan(0);
      }
      await expectAccessible(page);
      await shoot(page, `limits-${name}-${saying.place.replaceAll(/\W/g, "-")}`);
    };

    test("a sidecar that can't see the app's processes says so in each view, with the line that mends it", async () => {
      await using beside = await startBeside(APART);
      const { origin } = beside;
      await using watched = await openAt(origin);
      const { page } = watched;
      const cured = { words: NOT_SHARED, remedy: SHARE_PIDS };
      for (const saying of [
        { place: "", ...cured },
        { place: "processes", ...cured },
        { place: `processes/${place.app.pid}`, words: "No such process.", remedy: "GET processes" },
        { place: "trace", ...cured, click: "Start the trace" },
        { place: "jvm", ...cured },
        { place: "capabilities", ...cured },
        { place: "logs", ...cured },
        { place: "logs/legacy.log", words: /tickbird-health/ },
        { place: "traffic", words: "Nothing has been forwarded yet." },
        { place: "config/legacy.ini", words: "The parcel desk of Rhino Freight." },
      ]) {
        await expectSaid(page, origin, saying, "apart");
      }
      expectClean(watched, origin);
    });

    test("what does not work comes first in the capabilities, and the line that mends it is copied", async () => {
      await using beside = await startBeside(APART, { SIDECAR_STRACE_ENABLED: "false" });
      const { origin } = beside;
      await using watched = await openAt(origin);
      const { page } = watched;
      await page.goto(`${origin}/_sidecar/#/capabilities`);
      const first = page.getByRole("main").locator("section").first();
      await first.getByRole("heading", { name: /does not work$/ }).waitFor();
      const said = await page.getByRole("main").getByRole("heading", { level: 2 }).allTextContents();
      const ranks = said.map((text) =>
        ["does not work", "works in part", "works"].findIndex((end) => text.endsWith(end)),
      );
      expect(ranks).toEqual(ranks.toSorted((one, other) => one - other));
      expect(ranks[0]).toBe(0);
      expect(ranks.at(-1)).toBe(2);

      const remedy = await first.locator(".remedy code").first().textContent();
      expect(remedy).toContain(SHARE_PIDS);
      await first.getByRole("button", { name: "Copy the remedy" }).first().click();
      await first.getByText("Copied").first().waitFor();
      expect(await page.evaluate("navigator.clipboard.readText()")).toBe(remedy);
      expectClean(watched, origin);
    });

    test("a sidecar of another user says what it may not read or write, and the line that mends it", async () => {
      const certs = join(place.dir, "certs");
      await mkdir(certs);
      await chmod(certs, 0o777);
      await chmod(place.dir, 0o755);
      await chmod(join(place.dir, "legacy.log"), 0o600);
      await chmod(join(place.dir, "legacy.ini"), 0o644);
      await using beside = await startBeside(OTHER_USER, { SIDECAR_CERTS_DIR: certs, HOME: certs });
      const { origin } = beside;
      await using watched = await openAt(origin);
      const { page } = watched;
      const cured = { words: NOT_OPEN, remedy: "cap_add: [SYS_PTRACE, DAC_READ_SEARCH]" };
      const log = {
        words: /legacy\.log can't be read: it belongs to user 0/,
        remedy: "cap_add: [DAC_READ_SEARCH]",
      };
      const file = {
        words: /legacy\.ini can't be replaced in its folder by this user/,
        remedy: 'user: "0:0"',
      };
      const pid = place.app.pid;
      for (const saying of [
        { place: "", ...cured },
        { place: "processes", ...cured },
        {
          place: `processes/${pid}`,
          words: /without the capability SYS_PTRACE/,
          remedy: "cap_add: [SYS_PTRACE]",
        },
        {
          place: `processes/${pid}?tab=files`,
          words: "Its files can’t be read here.",
          remedy: "cap_add: [SYS_PTRACE]",
        },
        { place: `processes/${pid}?tab=env`, words: "Its environment can’t be read here." },
        { place: "trace", ...cured, click: "Start the trace" },
        { place: "jvm", ...cured },
        { place: "logs", ...log },
        { place: "logs/legacy.log", ...log },
        { place: "config", ...file },
        { place: "config/legacy.ini", ...file },
        { place: "capabilities", ...log },
      ]) {
        await expectSaid(page, origin, saying, "other-user");
      }
      expectClean(watched, origin);
    });

    test("while the app is down each view says so, and what is left of it is still to be seen", async () => {
      await place.app.stop("SIGKILL");
      const { origin } = place;
      await using watched = await openAt(origin);
      const { page } = watched;
      const cured = { words: NOT_THERE, remedy: "SIDECAR_CORE_PROCESS=" };
      for (const saying of [
        { place: "", words: "The app can't be reached", remedy: "Start the app, or set SIDECAR_CORE_URL" },
        { place: "processes", ...cured },
        { place: "trace", ...cured, click: "Start the trace" },
        { place: "jvm", ...cured },
        { place: "capabilities", ...cured },
        { place: "logs", ...cured },
        { place: "logs/legacy.log", words: /tickbird-health/ },
        { place: "config/legacy.ini", words: "The parcel desk of Rhino Freight." },
      ]) {
        await expectSaid(page, origin, saying, "down");
      }
      // One cause is told once: that its process is gone, too, is no second finding.
      await page.goto(`${origin}/_sidecar/#/`);
      await page.getByText("The app can't be reached").waitFor();
      expect(await page.getByText("The app's process is not visible").count()).toBe(0);
      expectClean(watched, origin);
    });
  },
);
