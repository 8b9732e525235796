import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import openApi from "../../src/openapi.json" with { type: "json" };
import { launchBrowser, openPage, PATIENCE_MS, type WatchedPage } from "./browser.ts";
import { poll } from "./poll.ts";
import { runServer, type ServerProcess, said } from "./server-process.ts";
import { type RunningSidecar, startSidecarProcess, TOKEN } from "./sidecar.ts";

/** The dashboard as a person meets it: a whole sidecar in front of the demo app, and a real browser. */

const APP = fileURLToPath(new URL("../../examples/legacy-app/server.mjs", import.meta.url));
const INI = fileURLToPath(new URL("../../examples/legacy-app/legacy.ini", import.meta.url));
/** Where screenshots go, for a person to look at; none are taken where it is not set. */
const SHOTS = process.env["TICKBIRD_TEST_SHOTS"];

const PREFIX = "/_sidecar";
const ROUTES = routesOf(openApi);

/** The token of a viewer. */
export const VIEWER = "e2e-viewer-token-1";

/** An app, its sidecar and a browser. */
export interface DashboardPlace extends AsyncDisposable {
  readonly sidecar: RunningSidecar;
  readonly app: ServerProcess;
  readonly appPort: number;
  /** A folder of the app's own, with `legacy.ini` and `legacy.log`. */
  readonly dir: string;
  readonly browser: Browser;
  /** `https://localhost:<port>` */
  readonly origin: string;
  /** Opens a page that is signed in, at a place such as `#/processes`. */
  open(fragment: string, options?: OpenOptions): Promise<WatchedPage>;
}

/** Who looks at it, and how. */
export interface OpenOptions extends BrowserContextOptions {
  readonly token?: string;
}

/** Gives the sidecar's environment, beside what every test of the dashboard has; `dir` is the app's folder. */
type Environment = (dir: string) => Record<string, string> | Promise<Record<string, string>>;

/** Starts everything before the tests of a `describe`, and ends it after them. */
export function useDashboard(env?: Environment): DashboardPlace {
  let started: DashboardPlace | undefined;
  const place = () => {
    if (started === undefined)
      throw new Error("The dashboard is started before the first test, not before that.");
    return started;
  };
  beforeAll(async () => {
    started = await startDashboard(env);
  });
  afterAll(() => started?.[Symbol.asyncDispose]());
  return {
    get sidecar() {
      return place().sidecar;
    },
    get app() {
      return place().app;
    },
    get appPort() {
      return place().appPort;
    },
    get dir() {
      return place().dir;
    },
    get browser() {
      return place().browser;
    },
    get origin() {
      return place().origin;
    },
    open: (fragment, options) => place().open(fragment, options),
    [Symbol.asyncDispose]: () => place()[Symbol.asyncDispose](),
  };
}

async function startDashboard(env: Environment = () => ({})): Promise<DashboardPlace> {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "tickbird-dashboard-"));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  await copyFile(INI, join(dir, "legacy.ini"));
  const app = stack.use(
    runServer(process.execPath, [APP], {
      cwd: dir,
      env: { LEGACY_PORT: "0", LEGACY_CONFIG: join(dir, "legacy.ini"), LEGACY_LOG: join(dir, "legacy.log") },
    }),
  );
  const appPort = Number((await said(app, /localhost:(\d+)/))[1]);
  const sidecar = stack.use(
    await startSidecarProcess(appPort, {
      SIDECAR_AUTH_TOKENS: JSON.stringify([
        { name: "operator", token: TOKEN, role: "operator" },
        { name: "viewer", token: VIEWER, role: "viewer" },
      ]),
      SIDECAR_CONFIG_FILES: join(dir, "legacy.ini"),
      SIDECAR_CONFIG_RELOAD: "{kind: signal, signal: SIGHUP}",
      SIDECAR_LOGS_FILES: join(dir, "legacy.log"),
      ...(await env(dir)),
    }),
  );
  const browser = await launchBrowser();
  stack.defer(() => browser.close());
  const origin = `https://localhost:${sidecar.port}`;
  const owned = stack.move();
  return {
    ...{ sidecar, app, appPort, dir, browser, origin },
    open: (fragment, options) => openDashboard(browser, origin, fragment, options),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Opens a page of the sidecar at `origin`, signed in, at a place such as `#/processes`. */
export async function openDashboard(
  browser: Browser,
  origin: string,
  fragment: string,
  { token = TOKEN, ...options }: OpenOptions = {},
): Promise<WatchedPage> {
  const watched = await openPage(browser, options);
  await watched.page.goto(`${origin}/_sidecar/#token=${token}`);
  await watched.page.getByRole("navigation", { name: "Views" }).waitFor();
  // Else the view that is loaded after the one that is wanted would be taken for where one has gone.
  await watched.page.getByRole("heading", { level: 1 }).first().waitFor();
  await watched.page.goto(`${origin}/_sidecar/${fragment}`);
  return watched;
}

/** Asks until it is so, for as long as a page may take on a busy machine. */
export function pollPage<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  return poll(what, probe, { timeoutMs: PATIENCE_MS });
}

/** Expects that the page has complained of nothing, and has asked nobody but the sidecar, and of that what everybody may. */
export function expectClean(watched: WatchedPage, origin: string): void {
  expect(watched.complaints).toEqual([]);
  expectPublic(watched, origin);
}

/** Expects that the page has asked nobody but the sidecar, and nothing that the OpenAPI document does not have. */
export function expectPublic(watched: WatchedPage, origin: string): void {
  expect([...watched.hosts]).toEqual([new URL(origin).host]);
  const requests = [...watched.requests].filter((request) => request.includes(` ${PREFIX}`));
  expect(requests.length).toBeGreaterThan(0);
  expect(requests.filter((request) => !ROUTES.some((route) => route.test(request)))).toEqual([]);
}

function routesOf({ paths }: { paths: Readonly<Record<string, object>> }): readonly RegExp[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => {
      const name = method === "get" ? "(?:GET|HEAD)" : method.toUpperCase();
      return new RegExp(`^${name} ${PREFIX}${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`);
    }),
  );
}

/** Expects that axe-core finds nothing that would keep people out, by WCAG 2.2 up to level AA. */
export async function expectAccessible(page: Page): Promise<void> {
  // Not by a script element: the page's own policy forbids that, as it should. The debugger's world is another one.
  const session = await page.context().newCDPSession(page);
  const source = `${axe.source};true`;
  await session.send("Runtime.evaluate", { expression: source });
  const { result } = await session.send("Runtime.evaluate", {
    expression: `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })
      .then(({ violations }) => JSON.stringify(violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map(({ html }) => html).slice(0, 5) }))))`,
    awaitPromise: true,
    returnByValue: true,
  });
  await session.detach();
  expect(JSON.parse(String(result.value))).toEqual([]);
}

/** Keeps what is seen, where it was asked for. */
export async function shoot(page: Page, name: string): Promise<void> {
  if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}
