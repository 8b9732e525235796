import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { z } from "zod";
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
import { pageCpu } from "../support/drawing.ts";
import { startSidecarProcess } from "../support/sidecar.ts";

/** A name that would do harm on a page that took it for HTML. */
const HTML = "<img src=x onerror=document.title='run'>";
const THOUSANDS = 10_000;

const listed = z.looseObject({
  processes: z.array(z.looseObject({ pid: z.int(), parentPid: z.int(), isMain: z.boolean() })),
});

/** A process that waits, under this name, until it is disposed of. */
async function startWaiting(argv0: string, env: Record<string, string> = {}) {
  const child = spawn("sleep", ["600"], { argv0, stdio: "ignore", env: { ...process.env, ...env } });
  await once(child, "spawn");
  const ended = once(child, "exit");
  return {
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

describe.skipIf(whyNoBrowser() !== undefined)("the view of processes", () => {
  const place = useDashboard();

  const appPid = () => place.app.pid;

  test("lists the app's processes first and those of others when asked, and finds one by any of its words", async () => {
    await using waiting = await startWaiting(HTML);
    await using watched = await place.open("#/processes");
    const { page } = watched;
    const rows = page.getByRole("region", { name: "Processes" }).getByRole("link");
    // A number alone may be in another one, or in a command line.
    const rowOf = (pid: number) => page.locator(`.process-row[href="#/processes/${pid}"]`);
    await rowOf(appPid()).waitFor();
    expect(await rowOf(process.pid).count()).toBe(0);

    await page.getByLabel("Those of others, too").check();
    await page.getByLabel("Find").fill(`${waiting.pid} onerror`);
    await pollPage("one is left", async () => (await rows.count()) === 1);
    expect(await rows.textContent()).toContain(HTML);
    expect(page.url()).toContain("find=");
    expect(await page.title()).toBe("Processes · Tickbird");
    // Words of a language are somewhere in the long command lines of a busy machine.
    await page.getByLabel("Find").fill(randomUUID());
    await page.getByText("No process is like that").waitFor();
    expectClean(watched, place.origin);
  });

  test("shows all there is to know of one: threads, files, sockets, limits, a masked environment, memory, what it runs on", async () => {
    await using watched = await place.open(`#/processes/${appPid()}`);
    const { page } = watched;
    await page.getByText("Node.js", { exact: false }).first().waitFor();
    await page.getByText("the app’s main process").waitFor();
    const see = async (tab: string, table: string, text: RegExp) => {
      await page.getByRole("tab", { name: tab }).click();
      const region = page.getByRole("region", { name: table });
      await region.getByText(text).first().waitFor();
    };
    await see("Threads", "Threads", /sleeping|running/);
    await see("Files", "Open files", /legacy\.log/);
    await see("Sockets", "Sockets", /listen/i);
    await see("Limits", "Limits", /open files/);
    await see("Environment", "Environment", /LEGACY_PORT/);
    await page.getByLabel("Find").fill("LEGACY_CONFIG");
    await page
      .getByText(/^1 of \d+$/)
      .first()
      .waitFor();
    await see("Memory", "Mappings", /anonymous/);
    expect(page.url()).toContain(`#/processes/${appPid()}?tab=memory`);
    expectClean(watched, place.origin);
  });

  test("hides the secrets of an environment, and shows the rest of it as it is, were it HTML", async () => {
    await using waiting = await startWaiting("sleep", { SHOP_PASSWORD: "heron-4711", SHOP_TITLE: HTML });
    await using watched = await place.open(`#/processes/${waiting.pid}?tab=env&find=SHOP_`);
    const { page } = watched;
    await page.getByRole("row", { name: "SHOP_PASSWORD masked" }).waitFor();
    await page.getByRole("row", { name: `SHOP_TITLE ${HTML}` }).waitFor();
    expect(await page.content()).not.toContain("heron-4711");
    expect(await page.title()).toBe("Processes · Tickbird");
    await expectAccessible(page);
    expectClean(watched, place.origin);
  });

  test("sends a signal after a second look, and offers a viewer none", async () => {
    await using watched = await place.open(`#/processes/${appPid()}`);
    const { page } = watched;
    await page.getByRole("button", { name: "Send a signal" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("radio", { name: /SIGHUP/ }).check();
    expect(await dialog.getByRole("radio", { name: /SIGKILL/ }).count()).toBe(0);
    await expectAccessible(page);
    await dialog.getByRole("button", { name: `Send SIGHUP to ${appPid()}` }).click();
    await dialog.getByText("SIGHUP was sent. The process handles it.").waitFor();
    await pollPage("the log says so", () =>
      place.sidecar
        .log()
        .some(
          ({ audit, pid, signal }) => audit === "processes.signal" && pid === appPid() && signal === "SIGHUP",
        ),
    );
    expectClean(watched, place.origin);

    await using phone = await place.open(`#/processes/${appPid()}`, {
      ...{ colorScheme: "dark", viewport: { width: 390, height: 800 } },
    });
    await phone.page.getByRole("button", { name: "Send a signal" }).click();
    await phone.page
      .getByRole("dialog")
      .getByRole("radio", { name: /SIGHUP/ })
      .check();
    await expectAccessible(phone.page);
    expect(await phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await shoot(phone.page, "process-signal-dark-390");

    await using viewing = await place.open(`#/processes/${appPid()}`, { token: VIEWER });
    await viewing.page.getByText("the app’s main process").waitFor();
    await viewing.page.getByText("(viewer)").waitFor();
    expect(await viewing.page.getByRole("button", { name: "Send a signal" }).count()).toBe(0);
    expect(await viewing.page.getByRole("link", { name: "Trace its system calls" }).count()).toBe(0);
    expectClean(viewing, place.origin);
  });

  test("says that a process has ended while one looks at it, and keeps what was known; one that never was is told with what to do", async () => {
    const waiting = await startWaiting("sleep");
    await using watched = await place.open(`#/processes/${waiting.pid}`);
    const { page } = watched;
    await page.getByText("Resident", { exact: false }).or(page.getByText("resident;")).first().waitFor();
    await waiting[Symbol.asyncDispose]();
    await page.getByText(`Process ${waiting.pid} has ended.`).waitFor();
    await page.getByRole("heading", { name: "sleep" }).waitFor();

    await page.goto(`${place.origin}/_sidecar/#/processes/4194303`);
    await page.getByRole("alert").getByText("GET processes").waitFor();
    expectClean(watched, place.origin);
  });

  test("says what mends it where the app's processes can't be seen", async () => {
    // Nothing listens on this port: the app's main process is not found.
    await using alone = await startSidecarProcess(9);
    const origin = `https://localhost:${alone.port}`;
    await using watched = await openDashboard(place.browser, origin, "#/processes");
    const { page } = watched;
    const note = page.getByRole("note");
    await note.getByText("The app’s own processes can’t be told apart.").waitFor();
    await note.getByRole("button", { name: "Copy the remedy" }).waitFor();
    expectClean(watched, origin);
  });

  test("stays quick with ten thousand processes", async () => {
    await using watched = await place.open("#/capabilities");
    const { page } = watched;
    // As many as this are too many to start: what the sidecar answers is made as long.
    await page.route("**/_sidecar/processes?*", async (route) => {
      const answer = listed.parse(await (await route.fetch()).json());
      const [first] = answer.processes.filter(({ isMain }) => isMain);
      const more = Array.from({ length: THOUSANDS }, (_, index) => ({
        ...first,
        ...{ isMain: false, pid: 5_000_000 + index, parentPid: first?.pid ?? 0 },
      }));
      await route.fulfill({ json: { ...answer, processes: [...answer.processes, ...more] } });
    });
    await page.goto(`${place.origin}/_sidecar/#/processes`);
    await page.getByText(/10,\d{3} of 10,\d{3}/).waitFor();
    expect(await page.locator("a.process-row").count()).toBeLessThan(120);
    await using cpu = await pageCpu(page);
    const before = await cpu.ms();
    await page.getByLabel("Find").fill("5009999");
    await page.getByRole("link", { name: /5009999/ }).waitFor();
    expect((await cpu.ms()) - before).toBeLessThan(1_500);
    await page.unrouteAll({ behavior: "ignoreErrors" });
    expectClean(watched, place.origin);
  });

  test("is accessible in light and in dark, on a phone too", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [1280, 390]) {
        await using watched = await place.open("#/processes", {
          colorScheme,
          viewport: { width, height: 800 },
        });
        const { page } = watched;
        await page.locator(`.process-row[href="#/processes/${appPid()}"]`).waitFor();
        await expectAccessible(page);
        await shoot(page, `processes-${colorScheme}-${width}`);
        for (const tab of ["facts", "threads", "files", "sockets", "limits", "env", "memory"]) {
          await page.goto(`${place.origin}/_sidecar/#/processes/${appPid()}?tab=${tab}`);
          await page.getByRole("tabpanel").getByText(/\d/).first().waitFor();
          // Each once in light and once in dark.
          if (tab !== "facts" && (width === 390) !== (colorScheme === "dark")) continue;
          await expectAccessible(page);
          await shoot(page, `process-${tab}-${colorScheme}-${width}`);
        }
        const overflow = await page.evaluate(
          "document.documentElement.scrollWidth - document.documentElement.clientWidth",
        );
        expect(overflow).toBeLessThanOrEqual(0);
        expectClean(watched, place.origin);
      }
    }
  });
});
