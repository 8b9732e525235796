import { randomBytes } from "node:crypto";
import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import type { Page } from "../../web/page.ts";
import type { RouteTable } from "../../web/routes.ts";
import { capabilityOf, type Feature } from "../feature.ts";
import { CODINGS, type DashboardFiles, openDashboardFiles } from "./dashboard-files.ts";

/** The dashboard's page and what it is made of; everything it shows it asks the API for. */

/** Where `npm run build` puts it: the same seen from `src` and from `dist`. */
const BUILT = new URL("../../../dist/dashboard/", import.meta.url).pathname;
const NONCE = "%NONCE%";
const REMEDY = "npm run build";

/** The feature, and the page that it offers to who is signed in. */
export interface Dashboard extends Feature {
  /** The page; undefined where the dashboard has not been built. */
  page(): Promise<Page | undefined>;
}

/** Makes the feature `dashboard`. @param folder with the build. */
export function createDashboard(folder: string = BUILT): Dashboard {
  const files = openDashboardFiles(folder);
  return {
    name: "dashboard",
    async page() {
      const text = await files.page();
      return text === undefined ? undefined : pageWithNonce(text);
    },
    routes: (table) => addAssets(table, files),
    async capability() {
      const works = (await files.page()) !== undefined;
      return capabilityOf([
        { name: "page", works, ...(works ? {} : { reason: "It has not been built.", remedy: REMEDY }) },
      ]);
    },
  };
}

function addAssets(table: RouteTable, files: DashboardFiles): void {
  table.add(
    "GET",
    "/assets/{file}",
    {
      summary: "A file that the dashboard is made of",
      description: "Their names change with what is in them, so that they may be kept for ever.",
      role: "open",
      params: z.object({ file: z.string() }),
      responses: {
        200: {
          description: "The file.",
          content: { "text/javascript": null, "text/css": null, "image/svg+xml": null },
        },
        404: { description: "There is none of that name: it may be of another version." },
      },
    },
    async ({ ctx, params }) => {
      const accepted = ctx.acceptsEncodings();
      // Browsers name gzip first out of habit; what they accept at all, they accept gladly.
      const coding = CODINGS.find((each) => accepted.includes(each)) ?? "identity";
      const asset = await files.asset(params.file, coding);
      if (asset === undefined) {
        throw new AppError("not-found", "The dashboard has no file of this name.", {
          remedy: "Load the page anew: the sidecar may be another version now.",
        });
      }
      if (coding !== "identity") ctx.set("Content-Encoding", coding);
      ctx.set("Vary", "Accept-Encoding");
      ctx.set("Cache-Control", "public, max-age=31536000, immutable");
      ctx.type = asset.type;
      ctx.body = asset.bytes;
    },
  );
}

/** The page may load from its own origin alone. The nonce is for the style sheets that the editor makes while it runs. */
function pageWithNonce(text: string): Page {
  const nonce = randomBytes(16).toString("base64");
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ];
  return {
    body: text.replace(NONCE, nonce),
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": policy.join("; "),
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
      "Cache-Control": "no-store",
    },
  };
}
