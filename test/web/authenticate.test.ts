import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSessions, SESSION_COOKIE } from "../../src/web/sessions.ts";
import { featureOf } from "../support/feature-of.ts";
import { basic, bearer, send } from "../support/send.ts";
import {
  OPERATOR_TOKEN,
  type ServedFeatures,
  serveFeatures,
  VIEWER_TOKEN,
} from "../support/serve-features.ts";

const EXPIRED_TOKEN = "test-expired-token-1";
const TOKENS = [
  { name: "operator", token: OPERATOR_TOKEN, role: "operator" },
  { name: "viewer", token: VIEWER_TOKEN, role: "viewer" },
  { name: "bygone", token: EXPIRED_TOKEN, role: "operator", expires: "2020-01-01T00:00:00Z" },
] as const;

const probe = featureOf((table) => {
  const responses = { 200: { description: "" } };
  for (const role of ["open", "viewer", "operator"] as const) {
    for (const method of ["GET", "POST"] as const) {
      table.add(method, `/${role}`, { summary: "", role, responses }, ({ ctx, principal }) => {
        ctx.body = principal;
      });
    }
  }
});

const sessions = createSessions();
const session = { Cookie: `${SESSION_COOKIE}=${sessions.begin(VIEWER_TOKEN)}` };
const operatorSession = { Cookie: `${SESSION_COOKIE}=${sessions.begin(OPERATOR_TOKEN)}` };
let served: ServedFeatures;
let unlocked: ServedFeatures;
beforeAll(async () => {
  served = await serveFeatures([probe], { tokens: TOKENS, sessions });
  unlocked = await serveFeatures([probe], { authentication: false });
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
  await unlocked[Symbol.asyncDispose]();
});

describe("who asks", () => {
  test.each([
    ["a Bearer token", bearer(VIEWER_TOKEN), { name: "viewer", role: "viewer", via: "bearer" }],
    ["Basic", basic(OPERATOR_TOKEN), { name: "operator", role: "operator", via: "basic" }],
    ["a session", session, { name: "viewer", role: "viewer", via: "session" }],
    [
      "a Bearer token beside a session",
      { ...session, ...bearer(OPERATOR_TOKEN) },
      { name: "operator", role: "operator", via: "bearer" },
    ],
  ])("is known by %s", async (_, headers, principal) => {
    const answer = await send(`${served.url}/viewer`, { headers });

    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual(principal);
  });

  test.each([
    ["no credential", {}, "unauthenticated"],
    ["a wrong token", bearer("not-one-of-ours-at-all"), "unauthenticated"],
    ["a wrong password", basic("not-one-of-ours-at-all"), "unauthenticated"],
    ["another scheme", { Authorization: "Negotiate abc" }, "unauthenticated"],
    ["a made-up session", { Cookie: `${SESSION_COOKIE}=made-up` }, "unauthenticated"],
    ["an expired token", bearer(EXPIRED_TOKEN), "token-expired"],
    [
      "a wrong token beside a good session",
      { ...session, ...bearer("wrong-wrong-wrong-1") },
      "unauthenticated",
    ],
  ])("is refused with 401 for %s, and told what mends it", async (_, headers, code) => {
    const answer = await send(`${served.url}/viewer`, { headers });

    expect(answer.status).toBe(401);
    expect(answer.json()).toMatchObject({ code, remedy: expect.stringMatching(/./) });
    expect(answer.headers["www-authenticate"]).toContain("Bearer");
  });

  test("is nobody on an open route, also with a wrong token", async () => {
    const answer = await send(`${served.url}/open`, { headers: bearer("not-one-of-ours-at-all") });

    expect(answer.json()).toMatchObject({ name: "anonymous", via: "none" });
  });

  test("no answer gives the token back", async () => {
    const answer = await send(`${served.url}/viewer`, { headers: bearer(EXPIRED_TOKEN) });

    expect(answer.text).not.toContain(EXPIRED_TOKEN);
  });
});

describe("roles", () => {
  test.each([
    ["viewer", bearer(VIEWER_TOKEN), 403],
    ["viewer by session", session, 403],
    ["operator", bearer(OPERATOR_TOKEN), 200],
    ["operator by session", operatorSession, 200],
  ])("a %s at an operator's route gets what the role allows", async (_, headers, status) => {
    const answer = await send(`${served.url}/operator`, { method: "POST", headers });

    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.json()).toMatchObject({ code: "role-required" });
  });
});

describe("a session", () => {
  test("ends with its token, also when the token would be good again later", async () => {
    let now = Date.parse("2026-01-01T00:00:00Z");
    const tokens = [{ ...TOKENS[0], expires: "2026-06-01T00:00:00Z" }];
    const own = createSessions();
    const headers = { Cookie: `${SESSION_COOKIE}=${own.begin(OPERATOR_TOKEN)}` };
    await using clocked = await serveFeatures([probe], { tokens, sessions: own, now: () => now });

    expect((await send(`${clocked.url}/viewer`, { headers })).status).toBe(200);
    now = Date.parse("2026-06-01T00:00:00Z");
    const refused = await send(`${clocked.url}/viewer`, { headers });
    now = Date.parse("2026-01-01T00:00:00Z");
    const after = await send(`${clocked.url}/viewer`, { headers });

    expect(refused.json()).toMatchObject({ status: 401, code: "token-expired" });
    expect(after.status).toBe(401);
  });
});

describe("the challenge", () => {
  const BASIC = /Basic realm=/;

  test("lets a browser that navigates ask for the token", async () => {
    const navigation = { Accept: "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none" };

    const answer = await send(`${served.url}/viewer`, { headers: navigation });

    expect(answer.headers["www-authenticate"]).toMatch(BASIC);
  });

  test("lets a browser without Fetch Metadata ask, also after a wrong password", async () => {
    expect((await send(`${served.url}/viewer`)).headers["www-authenticate"]).toMatch(BASIC);
    const wrong = await send(`${served.url}/viewer`, { headers: basic("not-one-of-ours-at-all") });
    expect(wrong.headers["www-authenticate"]).toMatch(BASIC);
  });

  test.each([
    ["a script of a page", { "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin" }],
    ["who sent a wrong Bearer token", bearer("not-one-of-ours-at-all")],
  ])("does not bring up the browser's dialog for %s", async (_, headers) => {
    const answer = await send(`${served.url}/viewer`, { headers });

    expect(answer.status).toBe(401);
    expect(answer.headers["www-authenticate"]).toBe('Bearer realm="tickbird"');
  });
});

describe("a request that a page of another site began", () => {
  const navigation = {
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
  };
  const image = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image" };
  const frame = { "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe" };
  const own = { "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty" };
  const typed = { "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" };
  const credentials = [
    ["a session", session],
    ["Basic", basic(VIEWER_TOKEN)],
    ["authentication off", undefined],
  ] as const;
  const ask = (
    method: string,
    credential: Record<string, string> | undefined,
    metadata: Record<string, string>,
  ) => {
    const { url } = credential === undefined ? unlocked : served;
    return send(`${url}/viewer`, { method, headers: { ...credential, ...metadata } });
  };

  describe.each(credentials)("with %s", (_, credential) => {
    test.each([
      ["a form", "POST", { ...navigation, Origin: "https://evil.example" }],
      ["a form of a sibling host", "POST", { ...navigation, "Sec-Fetch-Site": "same-site" }],
      ["a form in a browser without Fetch Metadata", "POST", { Origin: "https://evil.example" }],
      ["a sandboxed form in a browser without Fetch Metadata", "POST", { Origin: "null" }],
      ["a form from plain HTTP of the same host", "POST", { Origin: "http://127.0.0.1" }],
      ["an image", "GET", image],
      ["a frame", "GET", frame],
    ])("is refused: %s", async (_what, method, metadata) => {
      const answer = await ask(method, credential, metadata);

      expect(answer.status).toBe(403);
      expect(answer.json()).toMatchObject({ code: "origin-refused" });
    });

    test.each([
      ["a link of another site", "GET", navigation],
      ["a typed address", "GET", typed],
      ["our own page", "POST", own],
      ["a program", "POST", {}],
      ["a program that reads", "GET", {}],
    ])("is allowed: %s", async (_what, method, metadata) => {
      expect((await ask(method, credential, metadata)).status).toBe(200);
    });

    test("is allowed: our own page in a browser without Fetch Metadata", async () => {
      const { host } = new URL(credential === undefined ? unlocked.url : served.url);
      const answer = await ask("POST", credential, { Origin: `https://${host}` });

      expect(answer.status).toBe(200);
    });
  });

  test("is allowed with a Bearer token, which no browser sends by itself", async () => {
    const headers = { ...bearer(VIEWER_TOKEN), ...image, Origin: "https://evil.example" };

    expect((await send(`${served.url}/viewer`, { method: "POST", headers })).status).toBe(200);
  });
});
