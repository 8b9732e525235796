import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Redirect, startRedirect } from "../../src/listener/redirect.ts";
import { loadSettings } from "../../src/settings/load.ts";

const { settings } = loadSettings({ flags: { core: "http://127.0.0.1:9", "http-port": "0" } });
let redirect: Redirect;
let httpsPort = 8443;

beforeAll(async () => {
  redirect = await startRedirect(settings, () => httpsPort);
});
afterAll(() => redirect[Symbol.asyncDispose]());

const ask = (path: string, init: RequestInit = {}) =>
  fetch(`http://localhost:${redirect.port}${path}`, { redirect: "manual", ...init });

describe("plain HTTP is redirected to HTTPS", () => {
  test.each(["/", "/a//b?c=d", "/_sidecar/health"])("%s, with 308 and the same target", async (path) => {
    const answer = await ask(path, { method: "POST", body: "x" });
    expect(answer.status).toBe(308);
    expect(answer.headers.get("location")).toBe(`https://localhost:8443${path}`);
    expect(answer.headers.get("strict-transport-security")).toBeNull();
  });

  test("without a port where it is 443", async () => {
    httpsPort = 443;
    expect((await ask("/x")).headers.get("location")).toBe("https://localhost/x");
    httpsPort = 8443;
  });
});

test("a port that is taken is said by name", async () => {
  const taken = { ...settings, http: { ...settings.http, port: redirect.port } };
  await expect(startRedirect(taken, () => 1)).rejects.toMatchObject({
    name: "StartError",
    message: `Port ${redirect.port} is in use.`,
    remedy: expect.stringContaining("SIDECAR_HTTP_PORT"),
  });
});
