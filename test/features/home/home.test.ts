import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { tableOf } from "../../../src/app.ts";
import type { Feature } from "../../../src/features/feature.ts";
import { createHome } from "../../../src/features/home/home.ts";
import { featureOf } from "../../support/feature-of.ts";
import { basic, bearer, send } from "../../support/send.ts";
import { type ServedFeatures, serveFeatures, VIEWER_TOKEN } from "../../support/serve-features.ts";

const BROWSER = { Accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };

function features(): readonly Feature[] {
  const things = featureOf((table) => {
    const responses = { 200: { description: "" } };
    const add = table.add.bind(table);
    add("GET", "/things", { summary: "All <things>", role: "viewer", responses }, () => {});
    add("POST", "/things", { summary: "A new thing", role: "operator", responses }, () => {});
    const params = z.object({ id: z.string() });
    add("GET", "/things/{id}", { summary: "One thing", role: "viewer", params, responses }, () => {});
    const optional = z.object({ limit: z.coerce.number().default(1) });
    add("GET", "/listing", { summary: "Listed", role: "viewer", query: optional, responses }, () => {});
    const needed = z.object({ q: z.string() });
    add("GET", "/search", { summary: "Found", role: "viewer", query: needed, responses }, () => {});
  }, "things");
  const all: Feature[] = [
    createHome({
      table: () => tableOf(all, "/_sidecar").routes,
      version: "1.2.3",
      coreUrl: "http://core:8000",
      prefix: "/_sidecar",
    }),
    things,
  ];
  return all;
}

let served: ServedFeatures;
beforeAll(async () => {
  served = await serveFeatures(features());
});
afterAll(() => served[Symbol.asyncDispose]());

describe("the index, for a program", () => {
  test("links to what can be read as it is, and to nothing else", async () => {
    const answer = await send(`${served.url}/`, { headers: bearer(VIEWER_TOKEN) });

    expect(answer.json()).toEqual({
      name: "tickbird",
      version: "1.2.3",
      links: {
        "openapi.json": "/_sidecar/openapi.json",
        things: "/_sidecar/things",
        listing: "/_sidecar/listing",
      },
    });
  });

  test("as text lists every route with what it does", async () => {
    const headers = { ...bearer(VIEWER_TOKEN), Accept: "text/plain" };
    const lines = (await send(`${served.url}/`, { headers })).text.split("\n");

    expect(lines[0]).toBe("Tickbird 1.2.3, in front of the app at http://core:8000");
    expect(lines).toContain("GET     /_sidecar/things        All <things>");
    expect(lines).toContain("POST    /_sidecar/things        A new thing");
    expect(lines).toContain("GET     /_sidecar/search        Found");
  });

  test.each([
    ["no credential", {}],
    ["a wrong token", bearer("not-one-of-ours-at-all")],
  ])("is refused with a problem for %s", async (_, headers) => {
    for (const Accept of ["application/json", "text/plain", "*/*"]) {
      const answer = await send(`${served.url}/`, { headers: { ...headers, Accept } });

      expect(answer.status).toBe(401);
      expect(answer.json()).toMatchObject({ code: "unauthenticated" });
    }
  });
});

describe("the index, for a browser", () => {
  test.each([
    ["Bearer", bearer(VIEWER_TOKEN)],
    ["Basic", basic(VIEWER_TOKEN)],
  ])("signed in by %s shows links, the core and how to use the token", async (_, credential) => {
    const answer = await send(`${served.url}/`, { headers: { ...credential, ...BROWSER } });

    expect(answer.status).toBe(200);
    expect(answer.text).toContain(`<a href="./things">/things</a>`);
    expect(answer.text).toContain("All &lt;things&gt;");
    expect(answer.text).toContain("http://core:8000");
    expect(answer.text).toContain("viewer (viewer)");
    // Whatever this process speaks itself: clients come over HTTPS.
    const url = served.url.replace("http:", "https:");
    expect(answer.text).toContain(`curl -H "Authorization: Bearer $TOKEN" ${url}/\n`);
    expect(answer.text).not.toContain(VIEWER_TOKEN);
  });

  test("not signed in is the page to sign in, and brings up no dialog of the browser", async () => {
    const answer = await send(`${served.url}/`, { headers: { ...BROWSER, "Sec-Fetch-Mode": "navigate" } });

    expect(answer.status).toBe(401);
    expect(answer.headers["www-authenticate"]).toBe('Bearer realm="tickbird"');
    expect(answer.text).toContain(`<form id="sign-in">`);
    expect(answer.text).not.toContain("/things");
    expect(answer.text).not.toMatch(/\son\w+=/);
  });

  test("says why a credential was not good enough", async () => {
    const answer = await send(`${served.url}/`, {
      headers: { ...BROWSER, ...basic("not-one-of-ours-at-all") },
    });

    expect(answer.status).toBe(401);
    expect(answer.text).toContain("The token is not one of ours.");
  });

  test("asks again by itself where it was reached by a link of another site, without the cookie", async () => {
    const headers = {
      ...BROWSER,
      "Sec-Fetch-Site": "cross-site",
      "Sec-Fetch-Mode": "navigate",
      "Sec-Fetch-Dest": "document",
    };
    expect((await send(`${served.url}/`, { headers })).text).toContain("data-cross-site");
    expect((await send(`${served.url}/`, { headers: BROWSER })).text).not.toContain("data-cross-site");
  });

  test("offers nothing to sign out of, and says so, where authentication is off", async () => {
    await using unlocked = await serveFeatures(features(), { authentication: false });

    const answer = await send(`${unlocked.url}/`, { headers: BROWSER });

    expect(answer.status).toBe(200);
    expect(answer.text).toContain("Authentication is switched off.");
    expect(answer.text).not.toContain("Sign out");
  });
});

test("without the final slash a browser is sent on, whether or not it is signed in", async () => {
  const answer = await send(served.url);

  expect(answer.status).toBe(308);
  // Without a fragment in it, so that the browser keeps its own.
  expect(answer.headers["location"]).toBe("/_sidecar/");
});

describe("the OpenAPI document", () => {
  test("has every route that the table has, its own included", async () => {
    const answer = await send(`${served.url}/openapi.json`, { headers: bearer(VIEWER_TOKEN) });

    const document = answer.json<{ info: { version: string }; paths: Record<string, object> }>();
    expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(document.info.version).toBe("1.2.3");
    expect(Object.keys(document.paths)).toEqual([
      "/",
      "/openapi.json",
      "/things",
      "/things/{id}",
      "/listing",
      "/search",
    ]);
  });

  test("needs a credential", async () => {
    expect((await send(`${served.url}/openapi.json`)).status).toBe(401);
  });
});
