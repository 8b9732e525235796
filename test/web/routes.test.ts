import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { featureOf } from "../support/feature-of.ts";
import { send } from "../support/send.ts";
import { type ServedFeatures, serveFeatures } from "../support/serve-features.ts";

let served: ServedFeatures;
beforeAll(async () => {
  served = await serveFeatures([
    featureOf((table) => {
      table.add(
        "GET",
        "/things/{id}",
        {
          summary: "",
          role: "open",
          params: z.object({ id: z.coerce.number().int().min(1) }),
          query: z.object({ limit: z.coerce.number().int().max(10).default(5), q: z.string().optional() }),
          responses: {},
        },
        ({ ctx, params, query }) => {
          ctx.body = { ...params, ...query };
        },
      );
      table.add(
        "GET",
        "/rest/{path*}",
        { summary: "", role: "open", params: z.object({ path: z.string().optional() }), responses: {} },
        ({ ctx, params }) => {
          ctx.body = params;
        },
      );
      table.add(
        "GET",
        "/names/{name}",
        { summary: "", role: "open", params: z.object({ name: z.string() }), responses: {} },
        ({ ctx, params }) => {
          ctx.body = params;
        },
      );
    }),
  ]);
});
afterAll(() => served[Symbol.asyncDispose]());

describe("the parameters of a route", () => {
  test("come checked and converted, with their defaults", async () => {
    expect((await send(`${served.url}/things/7?q=a%20b`)).json()).toEqual({ id: 7, limit: 5, q: "a b" });
  });

  test.each([
    ["/things/zero", "path:id"],
    ["/things/0", "path:id"],
    ["/things/7?limit=11", "query:limit"],
    ["/things/7?limit=", undefined],
    ["/things/7?q=1&q=2", "query:q"],
    ["/things/7?unknown=1", "query:unknown"],
    ["/things/7?__proto__=1", "query:__proto__"],
  ])("%s is refused where it is wrong, and the place is named", async (path, pointer) => {
    const answer = await send(served.url + path);

    if (pointer === undefined) {
      expect(answer.status).toBe(200);
    } else {
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ code: "invalid-parameter", errors: [{ pointer }] });
    }
  });

  test("all that is wrong is said at once", async () => {
    const answer = await send(`${served.url}/things/7?limit=99&more=1`);

    expect(answer.json<{ errors: unknown[] }>().errors).toHaveLength(2);
  });

  test.each([
    ["a%2Fb", "a/b"],
    ["%C3%A4", "ä"],
    ["..%2F..%2Fetc", "../../etc"],
  ])("%s in a path is decoded once, and never splits it", async (segment, name) => {
    expect((await send(`${served.url}/names/${segment}`)).json()).toEqual({ name });
  });

  test.each([
    ["", {}],
    ["a/b%20c", { path: "a/b c" }],
    ["a/", { path: "a/" }],
  ])("/rest/%s is all that follows, or nothing", async (rest, expected) => {
    expect((await send(`${served.url}/rest/${rest}`)).json()).toEqual(expected);
  });

  test("a broken percent-encoding is a bad request, not an error of ours", async () => {
    expect((await send(`${served.url}/names/%E0%A4%A`)).status).toBeLessThan(500);
  });
});
