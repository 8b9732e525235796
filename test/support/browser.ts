import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const EXECUTABLE = process.env["TICKBIRD_TEST_CHROMIUM"] ?? "/usr/bin/chromium";
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** So long a page may take for one thing that it does: others may want the CPU as well. */
export const PATIENCE_MS = 60_000;

/**
 * Why no browser can be started here (printed too), or undefined where one can.
 * @throws in CI, where a browser has to be there.
 */
export function whyNoBrowser(): string | undefined {
  if (existsSync(EXECUTABLE)) return undefined;
  const reason = `${EXECUTABLE} is missing: apt-get install chromium`;
  if (process.env["CI"] !== undefined) throw new Error(reason);
  console.warn(`The browser tests are skipped: ${reason}`);
  return reason;
}

/** Starts a real Chromium. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });
}

/** A page with all that happened on it which a clean page has not. */
export interface WatchedPage extends AsyncDisposable {
  readonly page: Page;
  /** Errors and warnings of the console, and exceptions; the bare lines about a status of 4xx, or 503, are not among them. */
  readonly complaints: readonly string[];
  /** The hosts that were asked for something. */
  readonly hosts: ReadonlySet<string>;
  /** Each different request that was made: `GET /_sidecar/processes`, without the query. */
  readonly requests: ReadonlySet<string>;
}

/** Opens a page with cookies of its own. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    // What is half faded in has half of its contrast.
    reducedMotion: "reduce",
    ...options,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  const hosts = new Set<string>();
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // The machine's network changes when others make interfaces, such as containers: that is not the page's.
    const isBare = /^Failed to load resource: (?:.* status of (?:4\d\d|503)|net::ERR_NETWORK_CHANGED)/.test(
      message.text(),
    );
    if (["error", "warning"].includes(message.type()) && !isBare) complaints.push(message.text());
  });
  const requests = new Set<string>();
  page.on("request", (request) => {
    const { host, pathname } = new URL(request.url());
    hosts.add(host);
    requests.add(`${request.method()} ${pathname}`);
  });
  return {
    page,
    complaints,
    hosts,
    requests,
    [Symbol.asyncDispose]: () => context.close(),
  };
}
