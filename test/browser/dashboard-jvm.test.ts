import type { Page } from "playwright-core";
import { afterAll, describe, expect, test } from "vitest";
import type { TargetProcess } from "../linux/target-process.ts";
import { compilePrograms, type Programs } from "../peers/jvms.ts";
import { whyNoBrowser } from "../support/browser.ts";
import {
  expectAccessible,
  expectClean,
  openDashboard,
  shoot,
  useDashboard,
  VIEWER,
} from "../support/dashboard.ts";
import { keyboardOf } from "../support/keyboard.ts";
import { describeWith } from "../support/peers.ts";
import { startSidecarProcess } from "../support/sidecar.ts";

const MEMORY = "java.lang:type=Memory";

describeWith(["jdk"], "the view of a JVM", () => {
  describe.skipIf(whyNoBrowser() !== undefined)("in a browser", () => {
    let programs: Programs;
    let jvm: TargetProcess;
    // Named first, it comes last.
    afterAll(async () => {
      await jvm?.[Symbol.asyncDispose]();
      await programs?.[Symbol.asyncDispose]();
    });
    const place = useDashboard(async () => {
      programs = await compilePrograms("Deadlock");
      jvm = await programs.start("Deadlock", {
        options: ["-Dapi.key=abc", "-Dpage=<b>bold</b>", "-XX:+UseSerialGC"],
      });
      return {
        SIDECAR_CORE_PROCESS: String(jvm.pid),
        SIDECAR_JVM_TOUCH: "disturb",
        // A JVM that waits for the CPU answers late.
        SIDECAR_JVM_TIMEOUT_MS: "60000",
        SIDECAR_JVM_DUMP_DIR: "/var/tmp",
        SIDECAR_JVM_JMX_ALLOW: `[{mbean: "${MEMORY}", attributes: [Verbose]}, {mbean: "java.util.logging:*", operations: [getLoggerLevel]}]`,
      };
    });
    const tab = (page: Page, name: string) => page.getByRole("tab", { name });

    test("shows the only JVM at once, with its heap by space and its collectors", async () => {
      await using watched = await place.open("#/jvm");
      const { page } = watched;
      await page.getByRole("heading", { name: `JVM ${jvm.pid}` }).waitFor();
      const spaces = page.getByRole("region", { name: "Memory by its spaces" });
      expect(await spaces.getByRole("row", { name: /^Eden Space/ }).textContent()).toMatch(/[KM]iB/);
      await page.getByRole("region", { name: "Collectors" }).getByRole("row", { name: /^Copy/ }).waitFor();
      await page
        .getByRole("img", { name: /^Heap in use while this page is open, now [\d.]+ [KM]iB/ })
        .waitFor();
      expectClean(watched, place.origin);
    });

    test("says first which threads wait for each other for good, and groups the others by what they do", async () => {
      await using watched = await place.open(`#/jvm/${jvm.pid}?tab=threads`);
      const { page } = watched;
      await page.getByRole("heading", { name: "There are 2 deadlocks" }).waitFor();
      const deadlocks = page.getByRole("region", { name: /deadlocks/ });
      expect(await deadlocks.textContent()).toMatch(
        /monitor left waits for java\.lang\.Object, which monitor right holds/,
      );
      await deadlocks.getByText("The stack of monitor left").click();
      await deadlocks
        .getByText(/at Deadlock\.take/)
        .first()
        .waitFor();

      await page.getByLabel("Group threads").selectOption("pool");
      await page.getByLabel("Find threads").fill("lock");
      await page.locator("summary", { hasText: "lock first" }).last().click();
      await page.locator(".thread", { hasText: "lock first" }).waitFor();
      expect(page.url()).toContain("by=pool");
      expectClean(watched, place.origin);
    });

    test("finds an MBean, shows its values by what they are, and sets and calls what is allowed", async () => {
      await using watched = await place.open(`#/jvm/${jvm.pid}?tab=mbeans`);
      const { page } = watched;
      await page.locator("summary", { hasText: /^java\.lang/ }).click();
      await page.getByLabel("Find an MBean").fill("memory java.lang:type");
      await page.getByRole("button", { name: MEMORY, exact: true }).click();
      const attributes = page.getByRole("region", { name: "Attributes" });
      const heap = attributes.getByRole("row", { name: /HeapMemoryUsage/ }).first();
      expect(await heap.textContent()).toMatch(/committed[\d,]{9,}.*used[\d,]{7,}/);

      await attributes.getByRole("button", { name: "Set Verbose" }).click();
      await attributes.getByLabel("New value of Verbose").selectOption("true");
      await attributes.getByRole("button", { name: "Set", exact: true }).click();
      await attributes.getByRole("row", { name: /Verbose.*true/ }).waitFor();
      await page.getByText("gc(): void").click();
      await page.getByRole("button", { name: "Call it" }).click();
      const refusal = page.getByRole("alert");
      await refusal.getByText(/^SIDECAR_JVM_JMX_ALLOW=.*"operations":\["gc"\]/).waitFor();
      await expectAccessible(page);

      await page.getByLabel("Find an MBean").fill("logging");
      await page.getByRole("button", { name: "java.util.logging:type=Logging" }).click();
      await page.getByText("getLoggerLevel(String): String").click();
      await page.locator("details[open]").getByRole("button", { name: "Call it" }).click();
      await page.getByRole("status").getByText("INFO").waitFor();
      expectClean(watched, place.origin);
    });

    test("counts objects, collects and writes the heap only after it was said what that costs", async () => {
      await using watched = await place.open(`#/jvm/${jvm.pid}?tab=classes`);
      const { page } = watched;
      const confirm = async (name: string, cost: RegExp) => {
        await page.getByRole("button", { name: `${name}…` }).click();
        const dialog = page.getByRole("dialog");
        await dialog.getByText(cost).waitFor();
        await expectAccessible(page);
        await dialog.getByRole("button", { name, exact: true }).click();
      };
      await confirm("Count objects", /stands still/);
      await page
        .getByRole("region", { name: "Objects by class" })
        .getByText("java.lang.String", { exact: true })
        .waitFor();
      await expectAccessible(page);
      await shoot(page, "jvm-objects");
      await confirm("Collect garbage", /stands still/);
      await page.getByText(/^Collected in .*: .* before, .* after\.$/).waitFor();
      await confirm("Write a heap dump", /passwords too/);
      await page.getByText("ended", { exact: true }).waitFor();
      await expectAccessible(page);
      await page.getByRole("button", { name: "Remove" }).click();
      await page.getByText("ended", { exact: true }).waitFor({ state: "detached" });
      expectClean(watched, place.origin);
    });

    test("shows flags and properties, secrets masked and HTML as text", async () => {
      await using watched = await place.open(`#/jvm/${jvm.pid}?tab=flags`);
      const { page } = watched;
      await page.getByRole("row", { name: /UseSerialGC true command line/ }).waitFor();
      await tab(page, "Properties").click();
      await page.getByRole("row", { name: "page <b>bold</b>" }).waitFor();
      await page.getByRole("row", { name: "api.key ****** masked" }).waitFor();
      await tab(page, "What is allowed").click();
      await page.getByRole("heading", { name: "✓ disturb" }).waitFor();
      expectClean(watched, place.origin);
    });

    test("says that it still waits where the JVM takes its time, for longer than for anything else, and takes the answer when it comes", async () => {
      await using watched = await place.open("#/capabilities");
      const { page } = watched;
      const late = Promise.withResolvers<void>();
      await page.route(/\/jvm\/\d+\/flags/, async (route) => {
        await late.promise;
        await route.continue();
      });
      await page.goto(`${place.origin}/_sidecar/#/jvm/${jvm.pid}?tab=flags`);
      // Anything else would have been given up after 15 s.
      await page.getByText(/^Still waiting, for (?:1[6-9]|[2-9]\d) s\. The JVM answers when/).waitFor();
      await expectAccessible(page);
      late.resolve();
      await page.getByRole("row", { name: /UseSerialGC true command line/ }).waitFor();
      expectClean(watched, place.origin);
    });

    test("says which line opens what the settings do not allow", async () => {
      await using sidecar = await startSidecarProcess(place.appPort, {
        ...{ SIDECAR_CORE_PROCESS: String(jvm.pid), SIDECAR_JVM_TOUCH: "observe" },
      });
      const origin = `https://localhost:${sidecar.port}`;
      await using watched = await openDashboard(place.browser, origin, `#/jvm/${jvm.pid}?tab=threads`);
      const { page } = watched;
      await page.getByRole("alert").getByText("SIDECAR_JVM_TOUCH=talk").waitFor();
      await tab(page, "MBeans").click();
      await page.getByRole("alert").getByText("SIDECAR_JVM_TOUCH=modify").waitFor();
      await tab(page, "What is allowed").click();
      await page.getByRole("heading", { name: "✗ disturb: not here" }).waitFor();
      await page.getByText("SIDECAR_JVM_TOUCH=disturb", { exact: true }).waitFor();
      expectClean(watched, origin);
    });

    test("by keyboard alone: one goes to the threads, finds one and opens its group", async () => {
      await using watched = await place.open(`#/jvm/${jvm.pid}`);
      const { page } = watched;
      const keys = keyboardOf(page);
      const heap = tab(page, "Memory and GC");
      await keys.tabTo(heap);
      await keys.press("ArrowRight");
      await keys.isOn(tab(page, "Threads"));
      await keys.tabTo(page.getByLabel("Find threads"));
      await keys.type("lock first");
      await keys.tabTo(page.locator(".thread-group summary").last());
      await keys.press("Enter");
      await page.locator(".thread").first().waitFor();
      expectClean(watched, place.origin);
    });

    test("by keyboard alone: one finds an MBean, sets an attribute, calls an operation, and the focus is never lost", async () => {
      await using watched = await place.open(`#/jvm/${jvm.pid}?tab=mbeans`);
      const { page } = watched;
      const keys = keyboardOf(page);
      await keys.tabTo(page.getByLabel("Find an MBean"));
      await keys.type("memory java.lang:type");
      await keys.tabTo(page.getByRole("button", { name: MEMORY, exact: true }));
      await keys.press("Enter");
      const set = page.getByRole("button", { name: "Set Verbose" });
      const value = page.getByLabel("New value of Verbose");
      await keys.tabTo(set);
      await keys.press("Enter");
      await keys.isOn(value);
      await keys.tabTo(page.getByRole("button", { name: "Leave it" }));
      await keys.press("Enter");
      await keys.isOn(set);
      await keys.press("Enter");
      await keys.isOn(value);
      await keys.tabTo(page.getByRole("button", { name: "Set", exact: true }));
      await keys.press("Enter");
      await keys.isOn(set);
      await keys.tabTo(page.locator("summary", { hasText: "gc(): void" }));
      await keys.press("Enter");
      await keys.tabTo(page.getByRole("button", { name: "Call it" }));
      await keys.press("Enter");
      await page
        .getByRole("alert")
        .getByText(/^SIDECAR_JVM_JMX_ALLOW=/)
        .waitFor();
      await keys.isOn(page.getByRole("button", { name: "Call it" }));
      expectClean(watched, place.origin);
    });

    test("by keyboard alone: one is asked before the objects are counted, says no, and is where one was", async () => {
      await using watched = await place.open(`#/jvm/${jvm.pid}?tab=classes`);
      const { page } = watched;
      const keys = keyboardOf(page);
      const counts = page.getByRole("button", { name: "Count objects…" });
      await keys.tabTo(counts);
      await keys.press("Enter");
      await page
        .getByRole("dialog")
        .getByText(/stands still/)
        .waitFor();
      await keys.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await keys.isOn(counts);
      await keys.press("Enter");
      await keys.tabTo(page.getByRole("dialog").getByRole("button", { name: "Count objects", exact: true }));
      await keys.press("Enter");
      await page.getByRole("region", { name: "Objects by class" }).waitFor();
      await keys.isOn(counts);
      expectClean(watched, place.origin);
    });

    test("offers a viewer nothing that would be refused", async () => {
      await using watched = await place.open(
        `#/jvm/${jvm.pid}?tab=mbeans&mbean=${encodeURIComponent(MEMORY)}`,
        {
          token: VIEWER,
        },
      );
      const { page } = watched;
      await page.getByRole("region", { name: "Attributes" }).waitFor();
      await page.getByText("Only operators may call them.").waitFor();
      await page.getByText("gc(): void").click();
      expect(await page.getByRole("button", { name: /^Set|^Call/ }).count()).toBe(0);
      await tab(page, "Classes and dumps").click();
      await page.getByText(/only operators may have them made/).waitFor();
      expect(await page.getByRole("button", { name: /…$/ }).count()).toBe(0);
      expectClean(watched, place.origin);
    });

    test("is accessible in light and in dark, on a phone too", async () => {
      const tabs: readonly (readonly [query: string, heading: RegExp, text?: string])[] = [
        ["", /^Collections$/],
        ["?tab=threads", /deadlocks/],
        [`?tab=mbeans&mbean=${encodeURIComponent(MEMORY)}`, /^Operations$/],
        ["?tab=classes", /^Heap dumps$/],
        ["?tab=flags", /^JVM \d+$/, "UseSerialGC"],
        ["?tab=properties", /^JVM \d+$/, "java.version"],
        ["?tab=touch", /✓ talk/],
      ];
      const looks = [
        { colorScheme: "light", width: 1280, seen: tabs },
        { colorScheme: "dark", width: 390, seen: tabs },
        { colorScheme: "dark", width: 1280, seen: tabs.slice(1, 2) },
        { colorScheme: "light", width: 390, seen: tabs.slice(0, 1) },
      ] as const;
      for (const { colorScheme, width, seen } of looks) {
        await using watched = await place.open(`#/jvm/${jvm.pid}`, {
          ...{ colorScheme, viewport: { width, height: 900 } },
        });
        const { page } = watched;
        await page.getByRole("img", { name: /^Heap in use/ }).waitFor();
        for (const [query, heading, text] of seen) {
          await page.goto(`${place.origin}/_sidecar/#/jvm/${jvm.pid}${query}`);
          await page.getByRole("heading", { name: heading }).first().waitFor();
          if (text !== undefined) await page.getByText(text, { exact: true }).first().waitFor();
          await expectAccessible(page);
          expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
          await shoot(page, `jvm${query.slice(5, 11)}-${colorScheme}-${width}`);
        }
        expectClean(watched, place.origin);
      }
    });
  });
});
