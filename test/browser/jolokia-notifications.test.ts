import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { openPage, whyNoBrowser } from "../support/browser.ts";
import { useDashboard, VIEWER } from "../support/dashboard.ts";
import { compileJava, startOdd } from "../support/jmx-fixtures.ts";
import { describeWith } from "../support/peers.ts";
import type { ServerProcess } from "../support/server-process.ts";

const ODD = "odd:type=Values";
/** The package's module as a script of a page. */
const CLIENT = readFileSync(
  new URL("../../node_modules/jolokia.js/dist/jolokia.mjs", import.meta.url),
  "utf8",
).replace(/^export .*$/m, "");

const heardSchema = z.object({
  messages: z.array(z.string()),
  dropped: z.number(),
  mode: z.string(),
  removed: z.boolean(),
  unregistered: z.boolean(),
});

describeWith(["jdk"], "jolokia.js in a page", () => {
  describe.skipIf(whyNoBrowser() !== undefined)("of a browser", () => {
    let app: ServerProcess;
    afterAll(() => app?.[Symbol.asyncDispose]());
    const place = useDashboard(async () => {
      app = await startOdd(await compileJava("Odd"), []);
      return {
        SIDECAR_CORE_PROCESS: String(app.pid),
        SIDECAR_JVM_TOUCH: "modify",
        SIDECAR_JVM_JMX_ALLOW: `[{mbean: "${ODD}", operations: [sendNotifications]}]`,
      };
    });

    test("hears notifications as a stream of events, by the sign-in of the dashboard alone", async () => {
      await using watched = await place.open("#/jvm");
      const { page, requests, complaints } = watched;
      const heard = heardSchema.parse(await inPage(page, `return await hear("${ODD}", 3);`));
      expect(heard).toEqual({
        messages: ["number 1", "number 2", "number 3"],
        ...{ dropped: 0, mode: "sse", removed: true, unregistered: true },
      });
      const streams = [...requests].filter((request) => request.includes("/notification/open/"));
      expect(streams).toEqual([
        expect.stringMatching(/^GET \/_sidecar\/jolokia\/notification\/open\/[^/]+\/sse$/),
      ]);
      expect(complaints).toEqual([]);
    });

    test("hears what others send, and may send nothing itself, with the sign-in of a viewer", async () => {
      await using watched = await place.open("#/jvm", { token: VIEWER });
      const refused = await inPage(watched.page, `return await send("${ODD}", 1);`);
      expect(refused).toMatchObject({ status: 403 });
      const listening = inPage(watched.page, `return await listen("${ODD}", 1);`);
      await using operator = await place.open("#/jvm");
      const isHeard = listening.then(
        () => true,
        () => true,
      );
      // It may be sent before the other has begun to listen: then once more.
      while (!(await Promise.race([isHeard, sendOnce(operator.page)])));
      expect(await listening).toEqual([expect.stringMatching(/^number \d+$/)]);
      expect(watched.complaints).toEqual([]);
    });

    test("is told nothing without a sign-in", async () => {
      await using watched = await openPage(place.browser);
      const { page } = watched;
      await page.goto(`${place.origin}/_sidecar/`);
      await page.getByRole("button", { name: "Sign in" }).waitFor();
      expect(await inPage(page, `return await listen("${ODD}", 1).catch(({ status }) => status);`)).toBe(401);
    });
  });
});

async function sendOnce(page: Page): Promise<boolean> {
  expect(await inPage(page, `return await send("${ODD}", 1);`)).toMatchObject({ status: 200 });
  return false;
}

/** Runs something in a page, with jolokia.js and a few words of it at hand. */
function inPage(page: Page, what: string): Promise<unknown> {
  return page.evaluate(`(async () => {
    ${CLIENT}
    const jolokia = new Jolokia({ url: location.origin + "/_sidecar/jolokia" });
    const send = (mbean, count) =>
      jolokia.request(
        { type: "exec", mbean, operation: "sendNotifications", arguments: [count] },
        { method: "post" },
      );
    /** Gives what was heard as soon as there are so many; \`begun\` is called when it listens. */
    const begin = async (mbean, count) => {
      const heard = [];
      const { promise, resolve } = Promise.withResolvers();
      const callback = (result) => {
        heard.push(result);
        if (heard.flatMap(({ notifications }) => notifications).length >= count) resolve(heard);
      };
      return { handle: await jolokia.addNotificationListener({ mbean, callback }), promise };
    };
    const messagesOf = (heard) =>
      heard.flatMap(({ notifications }) => notifications.map(({ message }) => message));
    const listen = async (mbean, count) => messagesOf(await (await begin(mbean, count)).promise);
    const hear = async (mbean, count) => {
      const { handle, promise } = await begin(mbean, count);
      await send(mbean, count);
      const heard = await promise;
      const removed = await jolokia.removeNotificationListener(handle);
      const unregistered = await jolokia.unregisterNotificationClient();
      const dropped = heard.reduce((sum, result) => sum + result.dropped, 0);
      return { messages: messagesOf(heard), dropped, mode: handle.mode, removed, unregistered };
    };
    ${what}
  })()`);
}
