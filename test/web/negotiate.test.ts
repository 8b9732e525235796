import { afterAll, beforeAll, expect, test } from "vitest";
import { chooseForm } from "../../src/web/negotiate.ts";
import { featureOf } from "../support/feature-of.ts";
import { send } from "../support/send.ts";
import { type ServedFeatures, serveFeatures } from "../support/serve-features.ts";

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

let served: ServedFeatures;
beforeAll(async () => {
  served = await serveFeatures([
    featureOf((table) => {
      table.add("GET", "/all", { summary: "", role: "open", responses: {} }, ({ ctx }) => {
        ctx.body = chooseForm(ctx, ["json", "text", "html", "ndjson", "sse"]);
      });
      table.add("GET", "/json", { summary: "", role: "open", responses: {} }, ({ ctx }) => {
        ctx.body = chooseForm(ctx, ["json"]);
      });
    }),
  ]);
});
afterAll(() => served[Symbol.asyncDispose]());

test.each([
  [undefined, "json"],
  ["*/*", "json"],
  ["application/*", "json"],
  ["text/plain", "text"],
  ["TEXT/PLAIN", "text"],
  ["text/*", "text"],
  ["text/plain;q=0.5, application/json;q=0.4", "text"],
  ["application/json;q=0, */*", "text"],
  ["text/event-stream", "sse"],
  ["application/x-ndjson", "ndjson"],
  [BROWSER, "html"],
])("Accept: %s is answered as %s, and caches are told", async (accept, form) => {
  const answer = await send(`${served.url}/all`, { headers: accept === undefined ? {} : { Accept: accept } });

  expect(answer.text).toBe(form);
  expect(answer.headers["vary"]).toBe("Accept");
});

test("what can't be given is refused with 406 and the forms there are", async () => {
  const answer = await send(`${served.url}/all`, { headers: { Accept: "image/png" } });

  expect(answer.status).toBe(406);
  expect(answer.json()).toMatchObject({
    code: "not-acceptable",
    detail: expect.stringContaining("text/event-stream"),
    remedy: "Accept: application/json",
  });
});

test("a browser gets JSON where there is nothing else", async () => {
  const answer = await send(`${served.url}/json`, { headers: { Accept: BROWSER } });

  expect(answer.text).toBe("json");
});
