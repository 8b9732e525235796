import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listenLocally, unusedPort } from "../support/front.ts";
import { poll } from "../support/poll.ts";
import { type AskOptions, type RunningSidecar, startSidecarProcess, TOKEN } from "../support/sidecar.ts";

const VIEWER = "e2e-viewer-token-1";
const EXPIRED = "e2e-expired-token-1";
const core = createServer((request, answer) => answer.end(`core saw ${request.method} ${request.url}`));
let sidecar: RunningSidecar;

beforeAll(async () => {
  sidecar = await startSidecarProcess(await listenLocally(core), {
    SIDECAR_HTTPS_NAMES: "app.example.com",
    SIDECAR_AUTH_TOKENS: JSON.stringify([
      { name: "watcher", token: VIEWER, role: "viewer" },
      { name: "old", token: EXPIRED, role: "operator", expires: "2020-01-01T00:00:00Z" },
    ]),
  });
});
afterAll(async () => {
  await sidecar[Symbol.asyncDispose]();
  core.close();
});

const ask = (path: string, options?: AskOptions) => sidecar.ask(path, options);

test("the app is forwarded, the sidecar's own paths are not", async () => {
  expect((await ask("/some/page?x=1", { token: null })).body).toBe("core saw GET /some/page?x=1");
  expect((await ask("/_sidecarx", { token: null })).body).toBe("core saw GET /_sidecarx");
  for (const path of [
    "//_sidecar/health",
    "/%5fsidecar/health",
    "/_SIDECAR/health",
    "/x/../_sidecar/health",
  ]) {
    const answer = await ask(path);
    expect(answer.status, path).toBe(404);
    expect(answer.headers["content-type"], path).toBe("application/problem+json");
  }
});

describe("credentials:", () => {
  test.each([
    ["none", { token: null }, "unauthenticated"],
    ["a wrong one", { token: "not-the-token-at-all" }, "unauthenticated"],
    ["an expired one", { token: EXPIRED }, "token-expired"],
    ["another scheme", { token: null, headers: { Authorization: "Digest x" } }, "unauthenticated"],
    [
      "Basic with a wrong password",
      { token: null, headers: { Authorization: basic("x:wrong") } },
      "unauthenticated",
    ],
    [
      "Basic without a colon",
      { token: null, headers: { Authorization: `Basic ${btoa("nocolon")}` } },
      "unauthenticated",
    ],
  ])("%s is a 401 that makes a browser ask and names the remedy", async (_what, options, code) => {
    const answer = await ask("/_sidecar/health", options);
    expect(answer.status).toBe(401);
    // Who sends Bearer is a program, or our own page, whose browser must not ask in between.
    const asks = typeof options.token === "string" ? /^Bearer realm="tickbird"$/ : /^Bearer .*, Basic /;
    expect(answer.headers["www-authenticate"]).toMatch(asks);
    expect(answer.json()).toMatchObject({
      code,
      status: 401,
      remedy: expect.any(String),
      requestId: expect.any(String),
    });
  });

  test("Bearer, and Basic with the token as password, are accepted", async () => {
    expect((await ask("/_sidecar/session")).json()).toMatchObject({ name: "operator", role: "operator" });
    const answer = await ask("/_sidecar/session", {
      token: null,
      headers: { Authorization: basic(`anyone:${VIEWER}`) },
    });
    expect(answer.json()).toMatchObject({ name: "watcher", role: "viewer" });
  });

  test("none are needed for /livez and /readyz, nor a Host of ours", async () => {
    for (const path of ["/_sidecar/livez", "/_sidecar/readyz"]) {
      await poll(
        path,
        async () =>
          (await ask(path, { token: null, headers: { Host: "10-1-2-3.pod.example" } })).status === 200,
      );
    }
  });
});

describe("the Host", () => {
  test("that is no host at all makes the request malformed (RFC 9112 section 3.2)", async () => {
    expect((await ask("/_sidecar/health", { headers: { Host: "a b" } })).status).toBe(400);
  });

  test.each(["evil.example", "app.example.com.evil.example", "localhost.evil.example"])(
    "%s is refused with the setting that would allow it",
    async (host) => {
      const answer = await ask("/_sidecar/health", { headers: { Host: host } });
      expect(answer.status).toBe(421);
      expect(answer.json()).toMatchObject({
        code: "host-refused",
        remedy: expect.stringContaining("SIDECAR_HTTPS_NAMES"),
      });
    },
  );

  test.each([
    "localhost",
    "LOCALHOST:8443",
    "127.0.0.1",
    "[::1]:8443",
    "10.1.2.3",
    "app.example.com:443",
    "app.example.com.",
  ])("%s is accepted", async (host) =>
    expect((await ask("/_sidecar/session", { headers: { Host: host } })).status).toBe(200),
  );

  test("of the app's traffic is the app's business", async () => {
    expect((await ask("/x", { token: null, headers: { Host: "evil.example" } })).status).toBe(200);
  });
});

describe("bad requests are answered by problems:", () => {
  test("an unknown path", async () => {
    expect((await ask("/_sidecar/nope")).json()).toMatchObject({
      status: 404,
      code: "not-found",
      instance: "/_sidecar/nope",
    });
  });

  test("a wrong method, with Allow", async () => {
    const answer = await ask("/_sidecar/health", { method: "DELETE" });
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toContain("GET");
  });

  test("a path with a slash too many, or other letters", async () => {
    expect((await ask("/_sidecar/health/")).status).toBe(404);
    expect((await ask("/_sidecar/Health")).status).toBe(404);
  });

  test("an Accept that can't be had", async () => {
    expect((await ask("/_sidecar/processes", { headers: { Accept: "image/png" } })).json()).toMatchObject({
      status: 406,
      remedy: expect.stringContaining("Accept:"),
    });
  });

  test("a query that is not known", async () => {
    expect((await ask("/_sidecar/processes?bogus=1")).json()).toMatchObject({
      status: 400,
      code: "invalid-parameter",
      errors: [{ pointer: "query:bogus" }],
    });
  });

  test("a browser gets a page, with nothing it could load or run", async () => {
    const answer = await ask("/_sidecar/%3Cscript%3E", { headers: { Accept: "text/html" } });
    expect(answer.headers["content-type"]).toContain("text/html");
    expect(answer.headers["content-security-policy"]).toContain("default-src 'none'");
    expect(answer.body).not.toContain("<script>");
  });
});

test("a change that another site makes a browser ask for is refused", async () => {
  const options = (headers: Record<string, string>) => ({
    method: "DELETE",
    token: null,
    headers: { Authorization: basic(`x:${TOKEN}`), ...headers },
  });
  for (const headers of [
    { "Sec-Fetch-Site": "cross-site" },
    { Origin: "https://evil.example" },
    { Origin: "null" },
  ]) {
    expect((await ask("/_sidecar/session", options(headers))).json(), JSON.stringify(headers)).toMatchObject({
      code: "origin-refused",
    });
  }
  expect((await ask("/_sidecar/session", options({ Origin: "https://localhost" }))).status).toBe(204);
});

test("while the app is away: 503, and health says why; when it is back, everything is", async () => {
  const port = await unusedPort();
  await using own = await startSidecarProcess(port);
  const page = await own.ask("/", { token: null, headers: { Accept: "text/html" } });
  expect(page.status).toBe(503);
  expect(page.headers["retry-after"]).toBeDefined();
  expect(page.body).toContain("The app is not reachable");
  await poll(
    "readiness to fail",
    async () => (await own.ask("/_sidecar/readyz", { token: null })).status === 503,
  );
  await poll("health to fail", async () => (await own.ask("/_sidecar/health")).json()["status"] === "fail");
  expect((await own.ask("/_sidecar/livez", { token: null })).status).toBe(200);
  const late = createServer((_request, answer) => answer.end("here"));
  late.listen(port, "127.0.0.1");
  await poll("the app", async () => (await own.ask("/", { token: null })).body === "here");
  await poll("readiness", async () => (await own.ask("/_sidecar/readyz", { token: null })).status === 200);
  late.closeAllConnections();
  late.close();
});

test("authentication that is switched off is said loudly, and opens everything", async () => {
  await using open = await startSidecarProcess(await unusedPort(), { SIDECAR_AUTH_ENABLED: "false" });
  expect(open.stderr()).toMatch(/WARNING: authentication is switched off/);
  expect((await open.ask("/_sidecar/processes", { token: null })).status).toBe(200);
});

test("a feature that is switched off answers 404, and capabilities says so", async () => {
  await using own = await startSidecarProcess(await unusedPort(), { SIDECAR_STRACE_ENABLED: "false" });
  expect((await own.ask("/_sidecar/strace")).status).toBe(404);
  expect((await own.ask("/_sidecar/capabilities")).body).toContain("SIDECAR_STRACE_ENABLED=true");
});

test("another prefix moves everything", async () => {
  await using own = await startSidecarProcess(await unusedPort(), { SIDECAR_PREFIX: "/ops/bird" });
  expect((await own.ask("/ops/bird/livez", { token: null })).status).toBe(200);
  expect((await own.ask("/_sidecar/livez", { token: null })).status).toBe(503);
});

function basic(credential: string): string {
  return `Basic ${btoa(credential)}`;
}
