import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tableOf } from "../../../src/app.ts";
import { createDashboard } from "../../../src/features/dashboard/dashboard.ts";
import type { Feature } from "../../../src/features/feature.ts";
import { createHome } from "../../../src/features/home/home.ts";
import { bearer, send } from "../../support/send.ts";
import { type ServedFeatures, serveFeatures, VIEWER_TOKEN } from "../../support/serve-features.ts";

const BROWSER = { ...bearer(VIEWER_TOKEN), Accept: "text/html" };
const SCRIPT = "export const answer = 42;\n".repeat(100);

function features(folder: string): readonly Feature[] {
  const dashboard = createDashboard(folder);
  const all: Feature[] = [
    createHome({
      table: () => tableOf(all, "/_sidecar").routes,
      version: "1.2.3",
      coreUrl: "http://core:8000",
      prefix: "/_sidecar",
      dashboard,
    }),
    dashboard,
  ];
  return all;
}

let folder: string;
let served: ServedFeatures;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tickbird-built-"));
  const assets = join(folder, "assets");
  await mkdir(assets);
  await writeFile(join(folder, "index.html"), '<meta name="csp-nonce" content="%NONCE%"><p>The page</p>');
  await writeFile(join(folder, "secret.js"), "not an asset");
  await writeFile(join(assets, "index-abc.js"), SCRIPT);
  await writeFile(join(assets, "index-abc.js.br"), brotliCompressSync(SCRIPT));
  await writeFile(join(assets, "index-abc.js.gz"), gzipSync(SCRIPT));
  served = await serveFeatures(features(folder));
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe("the dashboard's page", () => {
  test("is what a browser gets that is signed in, with a policy that allows its own origin alone", async () => {
    const answer = await send(`${served.url}/`, { headers: BROWSER });

    expect(answer.status).toBe(200);
    expect(answer.text).toContain("<p>The page</p>");
    const policy = String(answer.headers["content-security-policy"]);
    const sources = policy.split(/[; ]+/).filter((word) => /^('|\*|http|data)/.test(word));
    expect(new Set(sources.filter((word) => !word.startsWith("'nonce-")))).toEqual(
      new Set(["'none'", "'self'", "'script'"]),
    );
    expect(answer.headers["cache-control"]).toBe("no-store");
  });

  test("has another nonce each time, the one of its policy", async () => {
    const nonces = await Promise.all(
      [1, 2].map(async () => {
        const { text, headers } = await send(`${served.url}/`, { headers: BROWSER });
        const [, nonce = "none"] = /content="([^"]+)"/.exec(text) ?? [];
        expect(headers["content-security-policy"]).toContain(`style-src 'self' 'nonce-${nonce}'`);
        return nonce;
      }),
    );
    expect(nonces[0]).toMatch(/^[A-Za-z0-9+/]{22}==$/);
    expect(nonces[0]).not.toBe(nonces[1]);
  });

  test("is not given to who is not signed in", async () => {
    const answer = await send(`${served.url}/`, { headers: { Accept: "text/html" } });

    expect(answer.status).toBe(401);
    expect(answer.text).not.toContain("The page");
  });

  test("gives way to the list of what there is where it has not been built, and capabilities say so", async () => {
    const [home, dashboard] = features(join(folder, "nowhere"));
    if (home === undefined || dashboard === undefined) throw new Error("two features were made");
    await using without = await serveFeatures([home, dashboard]);

    const answer = await send(`${without.url}/`, { headers: BROWSER });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain("From a shell");
    expect(await dashboard.capability()).toEqual({
      works: "no",
      parts: [{ name: "page", works: false, reason: "It has not been built.", remedy: "npm run build" }],
    });
  });
});

describe("the dashboard's files", () => {
  const get = (file: string, encoding?: string) =>
    fetch(`${served.url}/assets/${file}`, {
      headers: encoding === undefined ? {} : { "Accept-Encoding": encoding },
    });

  test("may be kept for ever, and are there before one has signed in", async () => {
    const answer = await get("index-abc.js", "identity");

    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe(SCRIPT);
    expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(answer.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(answer.headers.get("vary")).toBe("Accept-Encoding");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test.each([
    ["br", "gzip, deflate, br"],
    ["gzip", "gzip"],
    [null, "deflate"],
    ["gzip", "br;q=0, gzip"],
  ])("come as %s to who accepts %j", async (coding, accepted) => {
    const answer = await get("index-abc.js", accepted);

    expect(answer.headers.get("content-encoding")).toBe(coding);
    expect(await answer.text()).toBe(SCRIPT);
  });

  test.each(["index-old.js", "..%2fsecret.js", "..%2f..%2fetc%2fpasswd", "index-abc.js.br", "%00", ".js"])(
    "are those of the build alone: %s is not found",
    async (name) => {
      const answer = await get(name);

      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ code: "not-found" });
    },
  );
});
