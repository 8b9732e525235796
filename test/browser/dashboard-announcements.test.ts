import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { whyNoBrowser } from "../support/browser.ts";
import { editor, write } from "../support/config-page.ts";
import { pollPage, useDashboard } from "../support/dashboard.ts";
import { type Hearing, listenTo } from "../support/hearing.ts";
import { isMissing } from "../support/needs.ts";

const SITE = {
  type: "object",
  properties: { site: { type: "object", properties: { title: { minLength: 5 } } } },
};
/** A process that nobody else has. */
const SEEN_AS = randomUUID();
/** What the overview says first may change by itself on a busy machine: that is what it is for. */
const VERDICT = /^[✓?!✗] /;

describe.skipIf(whyNoBrowser() !== undefined)("who hears the dashboard", () => {
  const place = useDashboard(async (dir) => {
    await writeFile(join(dir, "site.yaml"), "site:\n  title: Rhino Freight\n");
    return {
      SIDECAR_CONFIG_FILES: JSON.stringify([
        { path: join(dir, "site.yaml"), schema: SITE, reload: { kind: "none" } },
      ]),
      SIDECAR_STRACE_MAX_FROZEN_MS: "3000",
      SIDECAR_STRACE_MAX_THROTTLED_PERCENT: "100",
      SIDECAR_STRACE_MAX_LATENCY_MS: "0",
      SIDECAR_TRACES_MAX_DURATION_MS: "600000",
    };
  });

  /** Waits until just these were said, and nothing between them. */
  const isTold = async (hearing: Hearing, texts: readonly RegExp[]) => {
    await pollPage(`${texts.length} texts`, async () => (await hearing.texts()).length >= texts.length).catch(
      () => undefined,
    );
    expect(await hearing.texts()).toEqual(texts.map((text) => expect.stringMatching(text)));
  };

  test("is told that the connection is lost, and that it is back, each once", async () => {
    await using watched = await place.open("#/capabilities");
    const { page } = watched;
    await page.getByRole("heading", { name: /^strace/ }).waitFor();
    const hearing = await listenTo(page);
    await page.context().setOffline(true);
    await page.getByRole("button", { name: "Look again" }).click();
    await isTold(hearing, [/^The connection to the sidecar was lost at /]);
    await page.context().setOffline(false);
    await isTold(hearing, [
      /^The connection to the sidecar was lost/,
      /^The connection to the sidecar is back\.$/,
    ]);
  });

  test("is told that the session has ended", async () => {
    await using watched = await place.open("#/api");
    const { page } = watched;
    await page.getByRole("row").nth(5).waitFor();
    const hearing = await listenTo(page);
    await page.context().clearCookies();
    await pollPage("it is told", async () =>
      (await hearing.texts()).some((text) => text.startsWith("Your session has ended.")),
    );
  });

  test("is told that a change was refused, and why, and that one was saved", async () => {
    await using watched = await place.open("#/config/site.yaml");
    const { page } = watched;
    await editor(page).getByText("Rhino").waitFor();
    const hearing = await listenTo(page);
    await write(page, "site:\n  title: Rh\n");
    await page.keyboard.press("Control+s");
    await isTold(hearing, [/^changed, not saved$/, /^Not saved; nothing was changed\..*\/site\/title/]);
    await write(page, "site:\n  title: Rhino & Co\n");
    await page.keyboard.press("Control+s");
    await page.getByRole("dialog").getByRole("button", { name: "Save it" }).click();
    await pollPage("it is told", async () =>
      (await hearing.texts()).includes("Saved. The app is not told: no reload is set up for this file."),
    );
    expect(await readFile(join(place.dir, "site.yaml"), "utf8")).toContain("Rhino & Co");
  });

  test("hears nothing of what changes by itself: requests, processes, figures, lines of a log", async () => {
    await using watched = await place.open("#/");
    const { page } = watched;
    const asked = (path: string) =>
      page.waitForResponse((answer) => new URL(answer.url()).pathname.endsWith(path));
    for (const { view, happens } of [
      {
        view: "",
        happens: async () => {
          for (let round = 0; round < 3; round += 1) await asked("/traffic/history");
        },
      },
      {
        view: `processes?scope=all&find=${SEEN_AS}`,
        happens: async () => {
          const child = spawn("sleep", ["600"], { argv0: SEEN_AS, stdio: "ignore" });
          await once(child, "spawn");
          await page.locator(`.process-row[href="#/processes/${child.pid}"]`).waitFor();
          child.kill("SIGKILL");
          await page.locator(`.process-row[href="#/processes/${child.pid}"]`).waitFor({ state: "detached" });
        },
      },
      {
        view: `processes/${place.app.pid}?tab=threads`,
        happens: async () => {
          for (let round = 0; round < 3; round += 1) await asked(`/processes/${place.app.pid}`);
        },
      },
      {
        view: "traffic",
        happens: async () => {
          for (let index = 0; index < 5; index += 1) await place.sidecar.ask(`/quiet-${index}`);
          await page.getByRole("link", { name: /GET \/quiet-4/ }).waitFor();
        },
      },
      {
        view: "logs/legacy.log",
        happens: async () => {
          for (let index = 0; index < 50; index += 1)
            await appendFile(join(place.dir, "legacy.log"), `INFO quiet ${index}\n`);
          await page.getByText("INFO quiet 49").waitFor();
        },
      },
    ]) {
      await page.goto(`${place.origin}/_sidecar/#/${view}`);
      await settled(page);
      const hearing = await listenTo(page);
      await happens();
      expect([view, (await hearing.texts()).filter((text) => !VERDICT.test(text))]).toEqual([view, []]);
    }
  });

  describe.skipIf(isMissing("ptrace"))("of a trace", () => {
    test("is told that it runs and why it ended, and of its lines nothing, but what a filter finds", async () => {
      await using watched = await place.open("#/trace");
      const { page } = watched;
      const form = page.getByRole("form", { name: "Start a trace" });
      await form.getByLabel(/^For/).fill("600");
      const hearing = await listenTo(page);
      await form.getByRole("button", { name: "Start the trace" }).click();
      const lines = page.getByRole("region", { name: "System calls" }).getByRole("button");
      await pollPage("lines", async () => {
        await fetch(`http://localhost:${place.appPort}/about`);
        return (await lines.count()) > 5;
      });
      await isTold(hearing, [/^The trace of \S+ runs\.$/]);
      await page.getByLabel("Call", { exact: true }).fill("no_such_call");
      await isTold(hearing, [/runs\.$/, /^0 of [\d,]+ events$/]);
      await page.getByRole("button", { name: "Show all" }).click();
      await lines.nth(5).waitFor();
      await page.getByRole("button", { name: "Stop", exact: true }).click();
      await isTold(hearing, [/runs\.$/, /^0 of [\d,]+ events$/, /^It was stopped\./]);
    });

    test("is told that the governor has ended it, and what to do", async () => {
      await using watched = await place.open("#/trace");
      const { page } = watched;
      const hearing = await listenTo(page);
      await page.getByRole("button", { name: "Start the trace" }).click();
      await isTold(hearing, [/^The trace of \S+ runs\.$/]);
      const strace = await pollPage("strace", async () => {
        const status = await readFile(`/proc/${place.app.pid}/status`, "utf8");
        return Number(/^TracerPid:\s*(\d+)/m.exec(status)?.[1] ?? 0) || undefined;
      });
      process.kill(strace, "SIGSTOP");
      await Promise.all([
        fetch(`http://localhost:${place.appPort}/about`),
        isTold(hearing, [/runs\.$/, /^Ended to spare the app: .*strace stood still.*strace\.maxFrozenMs/]),
      ]);
    });
  });

  /** Waits until nothing on the page is awaited any more. */
  async function settled(page: Page): Promise<void> {
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    await pollPage("all of it to be there", async () => (await page.locator(".waiting").count()) === 0);
  }
});
