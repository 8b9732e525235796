import { mkdirSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { generate } from "selfsigned";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { tableOf } from "../../src/app.ts";
import { createCapabilities } from "../../src/features/capabilities/capabilities.ts";
import type { Feature } from "../../src/features/feature.ts";
import { createHealth } from "../../src/features/health/health.ts";
import { createHome } from "../../src/features/home/home.ts";
import { createSession } from "../../src/features/session/session.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { createLog } from "../../src/web/log.ts";
import { createSessions, SESSION_COOKIE } from "../../src/web/sessions.ts";
import { launchBrowser, openPage, type WatchedPage, whyNoBrowser } from "../support/browser.ts";
import { expectAccessible } from "../support/dashboard.ts";
import { poll } from "../support/poll.ts";
import {
  OPERATOR_TOKEN,
  type ServedFeatures,
  serveFeatures,
  VIEWER_TOKEN,
} from "../support/serve-features.ts";

const PREFIX = "/_sidecar";
/** A token with everything that a link has to encode. */
const ODD_TOKEN = "odd+token/with%25=&#chars?";
const TOKENS = [
  { name: "operator", token: OPERATOR_TOKEN, role: "operator" },
  { name: "viewer", token: VIEWER_TOKEN, role: "viewer" },
  { name: "odd", token: ODD_TOKEN, role: "viewer" },
] as const;
/** Where screenshots go, for a person to look at; none are taken where it is not set. */
const SHOTS = process.env["TICKBIRD_TEST_SHOTS"];

const reason = whyNoBrowser();

function features(sessions: ReturnType<typeof createSessions>): readonly Feature[] {
  const { settings } = loadSettings({ flags: { core: "http://127.0.0.1:9" } });
  const log = createLog({ level: "silent", access: false });
  const checks = [
    {
      name: "core-tcp",
      affectsReadiness: true,
      run: async () => ({ status: "pass", detail: "The app accepts connections." }) as const,
    },
    {
      name: "disk",
      affectsReadiness: false,
      run: async () =>
        ({
          status: "warn",
          detail: "Free on the file system of certs: 3.2 % of the space, 80 % of the inodes.",
          remedy: "Free some room in certs, or set SIDECAR_HEALTH_MIN_DISK_FREE_PERCENT (5).",
          figures: { freeBytes: 1_234_567, freePercent: 3.2 },
        }) as const,
    },
  ];
  const all: Feature[] = [
    createHome({
      table: () => tableOf(all, PREFIX).routes,
      version: "1.2.3",
      coreUrl: settings.core.url,
      prefix: PREFIX,
    }),
    createSession({ sessions, prefix: PREFIX }),
    createHealth(settings.health, { checks, isDraining: () => false, log }),
    createCapabilities(() => all, [{ name: "strace", setting: "SIDECAR_STRACE_ENABLED=true" }], { log }),
  ];
  return all;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;
const listen = (server: Server) => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

// Chromium breaks off what is under way whenever an interface of the machine comes or goes, such as a container's.
describe.skipIf(reason !== undefined)("in a browser", () => {
  let browser: Browser;
  let served: ServedFeatures;
  let server: Server;
  let origin: string;
  let watched: WatchedPage;
  let page: Page;

  beforeAll(async () => {
    const sessions = createSessions();
    served = await serveFeatures(features(sessions), { tokens: TOKENS, sessions });
    const { private: key, cert } = await generate([{ name: "commonName", value: "localhost" }], {
      keyType: "ec",
    });
    server = createServer({ key, cert }, served.handler);
    await listen(server);
    origin = `https://localhost:${portOf(server)}`;
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await new Promise((resolve) => server.close(resolve));
    await served[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    watched = await openPage(browser);
    page = watched.page;
  });
  afterEach(async () => {
    await watched[Symbol.asyncDispose]();
  });

  const link = (token: string) => `${origin}${PREFIX}/#token=${encodeURIComponent(token)}`;
  const whenSignedIn = () => page.getByRole("heading", { name: "From a shell" }).waitFor();
  const whenSignedOut = () => page.getByRole("heading", { name: "Sign in to the sidecar" }).waitFor();
  const isClean = () => {
    expect(watched.complaints).toEqual([]);
    expect([...watched.hosts]).toEqual([new URL(origin).host]);
  };

  test("the link with the token signs in, and the token is gone from the address bar and the history", async () => {
    await page.goto(link(OPERATOR_TOKEN));
    await whenSignedIn();

    expect(page.url()).toBe(`${origin}${PREFIX}/`);
    expect(await page.content()).toContain("operator (operator)");
    expect(await page.content()).not.toContain(OPERATOR_TOKEN);
    const cookies = await page.context().cookies();
    expect(cookies).toEqual([
      expect.objectContaining({
        name: SESSION_COOKIE,
        path: PREFIX,
        secure: true,
        httpOnly: true,
        sameSite: "Strict",
      }),
    ]);
    expect(cookies[0]?.value).not.toContain(OPERATOR_TOKEN);
    await page.goBack();
    expect(page.url()).not.toContain("token");
    isClean();
  });

  test("the link works without the final slash, and with a token full of odd characters", async () => {
    await page.goto(link(ODD_TOKEN).replace("/#", "#"));
    await whenSignedIn();

    expect(await page.content()).toContain("odd (viewer)");
    isClean();
  });

  test("a link with another token, opened by who is signed in, signs in anew", async () => {
    await page.goto(link(VIEWER_TOKEN));
    await whenSignedIn();
    await page.goto(link(OPERATOR_TOKEN));
    await page.getByText("operator (operator)").waitFor();

    expect(page.url()).toBe(`${origin}${PREFIX}/`);
    isClean();
  });

  test("a wrong token in a link shows an error, no dialog of the browser, and is gone from the address bar", async () => {
    await page.goto(link("not-one-of-ours-at-all"));

    await page
      .getByRole("alert")
      .filter({ hasText: "Not signed in: The token is not one of ours." })
      .waitFor();
    expect(page.url()).toBe(`${origin}${PREFIX}/`);
    await shoot(page, "wrong-token");
    isClean();
  });

  test("the form signs in, after an error for a wrong token and for what can't be one", async () => {
    await page.goto(`${origin}${PREFIX}/`);
    await whenSignedOut();
    await shoot(page, "sign-in");
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [1280, 390]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 800 });
        await expectAccessible(page);
      }
    }
    const field = page.getByLabel("Token");
    const alert = page.getByRole("alert");

    await field.fill("not-one-of-ours-at-all");
    await page.keyboard.press("Enter");
    await alert.filter({ hasText: "Not signed in: The token is not one of ours." }).waitFor();
    await field.fill("no token at all");
    await page.keyboard.press("Enter");
    await alert.filter({ hasText: "This is no token" }).waitFor();
    await field.fill(` ${OPERATOR_TOKEN} `);
    await page.getByRole("button", { name: "Sign in" }).click();
    await whenSignedIn();

    isClean();
  });

  test("every link on the page leads to an answer, and signing out ends them all", async () => {
    await page.goto(link(VIEWER_TOKEN));
    await whenSignedIn();
    await shoot(page, "home");
    const names = await page.locator("tbody a").allTextContents();
    expect(names).toEqual(["/openapi.json", "/session", "/livez", "/readyz", "/health", "/capabilities"]);
    for (const name of names) {
      await page.goto(`${origin}${PREFIX}/`);
      const [answer] = await Promise.all([
        page.waitForResponse(origin + PREFIX + name),
        page.getByRole("link", { name, exact: true }).click(),
      ]);
      expect([name, answer.status()]).toEqual([name, 200]);
      await page.waitForLoadState();
      if (name === "/health" || name === "/capabilities") await shoot(page, name.slice(1));
    }
    await page.getByRole("link", { name: "Everything here" }).click();
    await whenSignedIn();

    await page.getByRole("button", { name: "Sign out" }).click();
    await whenSignedOut();

    expect(await page.context().cookies()).toEqual([]);
    await page.reload();
    await whenSignedOut();
    isClean();
  });

  test("a link on a page of another site finds who is signed in signed in", async () => {
    await page.goto(link(OPERATOR_TOKEN));
    await whenSignedIn();
    const other = createHttpServer((_request, answer) => {
      answer.setHeader("Content-Type", "text/html").end(`<a href="${origin}${PREFIX}/">the sidecar</a>`);
    });
    await listen(other);

    await page.goto(`http://127.0.0.1:${portOf(other)}/`);
    await page.getByRole("link", { name: "the sidecar" }).click();
    await whenSignedIn();

    other.close();
  });

  test("a link on a page of another site shows the page to sign in to who is not, and does not go round", async () => {
    const other = createHttpServer((_request, answer) => {
      answer.setHeader("Content-Type", "text/html").end(`<a href="${origin}${PREFIX}/">the sidecar</a>`);
    });
    await listen(other);
    await page.goto(`http://127.0.0.1:${portOf(other)}/`);
    let asked = 0;
    page.on("response", (answer) => {
      if (answer.url() === `${origin}${PREFIX}/`) asked += 1;
    });
    await page.getByRole("link", { name: "the sidecar" }).click();
    await page.locator("form:not([data-cross-site])").waitFor();
    await page.getByLabel("Token").fill(OPERATOR_TOKEN);
    await page.keyboard.press("Enter");
    await whenSignedIn();

    expect(asked).toBe(3);
    other.close();
  });

  test("a form and an image of another site get nothing with the cookie of who is signed in", async () => {
    await page.goto(link(OPERATOR_TOKEN));
    await whenSignedIn();
    const other = createHttpServer((_request, answer) => {
      answer
        .setHeader("Content-Type", "text/html")
        .end(
          `<img src="${origin}${PREFIX}/health"><form method="post" action="${origin}${PREFIX}/session"><button>Win</button></form>`,
        );
    });
    await listen(other);
    const answers: string[] = [];
    // Seen from the server: the browser does not even tell of an answer that it keeps from an image.
    const note = (request: IncomingMessage, answer: ServerResponse) =>
      answer.on("finish", () => answers.push(`${request.method} ${request.url} ${answer.statusCode}`));
    server.on("request", note);

    await page.goto(`http://127.0.0.1:${portOf(other)}/`);
    await page.getByRole("button", { name: "Win" }).click();

    await poll("both have come", () => answers.length >= 2);
    expect(answers.sort()).toEqual([`GET ${PREFIX}/health 401`, `POST ${PREFIX}/session 401`]);
    server.off("request", note);
    other.close();
  });

  async function shoot(from: Page, name: string): Promise<void> {
    if (SHOTS === undefined) return;
    mkdirSync(SHOTS, { recursive: true });
    for (const colorScheme of ["light", "dark"] as const) {
      await from.emulateMedia({ colorScheme });
      await from.screenshot({ path: join(SHOTS, `${name}-${colorScheme}.png`), fullPage: true });
    }
    await from.emulateMedia({ colorScheme: null });
  }
});
