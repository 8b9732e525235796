import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSession } from "../../../src/features/session/session.ts";
import { createSessions } from "../../../src/web/sessions.ts";
import { featureOf } from "../../support/feature-of.ts";
import { type Answer, basic, bearer, send } from "../../support/send.ts";
import {
  OPERATOR_TOKEN,
  type ServedFeatures,
  type ServeOptions,
  serveFeatures,
  VIEWER_TOKEN,
} from "../../support/serve-features.ts";

const changing = featureOf((table) => {
  table.add("POST", "/change", { summary: "", role: "operator", responses: {} }, ({ ctx }) => {
    ctx.body = "changed";
  });
});

function serve(options: ServeOptions = {}): Promise<ServedFeatures> {
  const sessions = createSessions();
  return serveFeatures([createSession({ sessions, prefix: "/_sidecar" }), changing], {
    ...options,
    sessions,
  });
}

let served: ServedFeatures;
beforeEach(async () => {
  served = await serve();
});
afterEach(() => served[Symbol.asyncDispose]());

const signIn = (token: string) => send(`${served.url}/session`, { method: "POST", headers: bearer(token) });
const cookieOf = (answer: Answer) => ({ Cookie: answer.headers["set-cookie"]?.split(";")[0] ?? "" });

describe("signing in", () => {
  test("turns a Bearer token into a cookie that works wherever the token does", async () => {
    const answer = await signIn(OPERATOR_TOKEN);

    expect(answer.status).toBe(201);
    expect(answer.json()).toEqual({ name: "operator", role: "operator" });
    expect(answer.headers["location"]).toBe("/_sidecar/session");
    expect(answer.headers["set-cookie"]).toMatch(
      /^__Secure-tickbird=[\w-]{43}; Path=\/_sidecar; Max-Age=43200; Secure; HttpOnly; SameSite=Strict$/,
    );
    const changed = await send(`${served.url}/change`, { method: "POST", headers: cookieOf(answer) });
    expect(changed.status).toBe(200);
  });

  test("gives no more than the token has: a viewer stays a viewer", async () => {
    const headers = cookieOf(await signIn(VIEWER_TOKEN));

    const changed = await send(`${served.url}/change`, { method: "POST", headers });
    const self = await send(`${served.url}/session`, { headers });

    expect(changed.status).toBe(403);
    expect(self.json()).toEqual({ name: "viewer", role: "viewer", via: "session" });
  });

  test("does not put the token into the cookie or the answer", async () => {
    const answer = await signIn(OPERATOR_TOKEN);

    expect(JSON.stringify(answer.headers) + answer.text).not.toContain(OPERATOR_TOKEN);
  });

  test.each([
    ["nothing", {}],
    ["a wrong token", bearer("not-one-of-ours-at-all")],
    ["Basic", basic(OPERATOR_TOKEN)],
  ])("is refused with 401 for %s, and no cookie is set", async (_, headers) => {
    const answer = await send(`${served.url}/session`, { method: "POST", headers });

    expect(answer.status).toBe(401);
    expect(answer.headers).not.toHaveProperty("set-cookie");
    expect(answer.json()).toMatchObject({ code: "unauthenticated", remedy: expect.stringMatching(/./) });
  });

  test("can't be done with a session: one does not beget another", async () => {
    const headers = cookieOf(await signIn(OPERATOR_TOKEN));

    expect((await send(`${served.url}/session`, { method: "POST", headers })).status).toBe(401);
  });

  test("is a conflict where authentication is switched off", async () => {
    await using unlocked = await serve({ authentication: false });

    const answer = await send(`${unlocked.url}/session`, { method: "POST" });

    expect(answer.status).toBe(409);
    expect(answer.json()).toMatchObject({ remedy: "SIDECAR_AUTH_ENABLED=true" });
  });
});

describe("who am I", () => {
  test.each([
    ["bearer", bearer(VIEWER_TOKEN)],
    ["basic", basic(VIEWER_TOKEN)],
  ])("is answered by %s", async (via, headers) => {
    const answer = await send(`${served.url}/session`, { headers });

    expect(answer.json()).toEqual({ name: "viewer", role: "viewer", via });
  });

  test("is refused to nobody", async () => {
    expect((await send(`${served.url}/session`)).status).toBe(401);
  });
});

describe("signing out", () => {
  test("ends the session on the server too, and clears the cookie", async () => {
    const headers = cookieOf(await signIn(OPERATOR_TOKEN));

    const ended = await send(`${served.url}/session`, { method: "DELETE", headers });
    const after = await send(`${served.url}/session`, { headers });

    expect(ended.status).toBe(204);
    expect(ended.headers["set-cookie"]).toMatch(/^__Secure-tickbird=; Path=\/_sidecar; Max-Age=0;/);
    expect(after.status).toBe(401);
  });

  test("ends no other session of the same token", async () => {
    const mine = cookieOf(await signIn(OPERATOR_TOKEN));
    const other = cookieOf(await signIn(OPERATOR_TOKEN));

    await send(`${served.url}/session`, { method: "DELETE", headers: mine });

    expect((await send(`${served.url}/session`, { headers: other })).status).toBe(200);
  });

  test("is refused when a page of another site asks for it, and the session goes on", async () => {
    const headers = cookieOf(await signIn(OPERATOR_TOKEN));

    const refused = await send(`${served.url}/session`, {
      method: "DELETE",
      headers: { ...headers, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors" },
    });

    expect(refused.json()).toMatchObject({ status: 403, code: "origin-refused" });
    expect((await send(`${served.url}/session`, { headers })).status).toBe(200);
  });
});
