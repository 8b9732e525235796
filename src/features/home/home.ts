import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import { challenge } from "../../web/authenticate.ts";
import type { WebContext } from "../../web/context.ts";
import { chooseForm } from "../../web/negotiate.ts";
import { openApiDocument } from "../../web/openapi.ts";
import type { Page } from "../../web/page.ts";
import type { DefinedRoute, RouteTable } from "../../web/routes.ts";
import type { Feature } from "../feature.ts";
import { homePage, signInPage } from "./home-page.ts";
import { linkable, notLinkable } from "./link-list.ts";

/** What the feature `home` tells about. */
export interface HomeDeps {
  /** Every route; asked at each request, for the table is complete only after this feature has been made. */
  readonly table: () => readonly DefinedRoute[];
  readonly version: string;
  readonly coreUrl: string;
  readonly prefix: string;
  /** The dashboard, where it is switched on: it is what a browser gets, if it has been built. */
  readonly dashboard?: { page(): Promise<Page | undefined> } | undefined;
}

const index = z.object({
  name: z.literal("tickbird"),
  version: z.string(),
  links: z
    .record(z.string(), z.string())
    .meta({ description: "Paths that can be read as they are, by name." }),
});

/** Makes the feature `home`: the index at the prefix, for a browser with the sign-in, and the OpenAPI document. */
export function createHome(deps: HomeDeps): Feature {
  return {
    name: "home",
    async capability() {
      return { works: "yes", parts: [{ name: "index", works: true }] };
    },
    routes(table) {
      addRedirect(table, deps.prefix);
      addIndex(table, deps);
      table.add(
        "GET",
        "/openapi.json",
        {
          summary: "This API as an OpenAPI 3.1 document",
          role: "viewer",
          responses: { 200: { description: "", content: { "application/json": z.looseObject({}) } } },
        },
        ({ ctx }) => {
          ctx.body = openApiDocument(deps.table(), deps.prefix, deps.version);
        },
      );
    },
  };
}

/** Relative links on the home page need the final slash. A browser keeps the fragment (RFC 9110 section 10.2.2). */
function addRedirect(table: RouteTable, prefix: string): void {
  table.add(
    "GET",
    "",
    { summary: "To the index", role: "open", responses: { 308: { description: "" } } },
    ({ ctx }) => {
      ctx.status = 308;
      ctx.redirect(`${prefix}/`);
    },
  );
}

function addIndex(table: RouteTable, deps: HomeDeps): void {
  table.add(
    "GET",
    "/",
    {
      summary: "What there is: a page for a browser, the list of links for a program",
      description: "A browser without a credential gets the page to sign in, with status 401.",
      role: "open",
      responses: {
        200: {
          description: "",
          content: { "application/json": index, "text/plain": null, "text/html": null },
        },
      },
    },
    async ({ ctx }) => {
      const form = chooseForm(ctx, ["json", "text", "html"]);
      const { principal, refusal } = ctx.state;
      if (form === "html") {
        const facts = { ...deps, routes: deps.table(), origin: `https://${ctx.host}` };
        if (principal !== null) {
          return sendPage(ctx, (await deps.dashboard?.page()) ?? homePage(facts, principal));
        }
        ctx.status = 401;
        // Bearer only: asked for Basic, the browser would cover this page with a dialog of its own.
        ctx.set("WWW-Authenticate", challenge(false));
        const site = ctx.get("Sec-Fetch-Site");
        return sendPage(ctx, signInPage(refusal?.message, site === "cross-site" || site === "same-site"));
      }
      // The route is open for the page alone.
      if (principal === null) throw refusal ?? needsCredential();
      ctx.body = form === "json" ? indexOf(deps) : indexText(deps);
    },
  );
}

function sendPage(ctx: WebContext, page: Page): void {
  ctx.set({ ...page.headers });
  ctx.body = page.body;
}

function needsCredential(): AppError {
  return new AppError("unauthenticated", "This needs a credential.", {
    remedy: "Authorization: Bearer <token>",
  });
}

function indexOf({ table, version, prefix }: HomeDeps): z.output<typeof index> {
  const links = linkable(table()).map(({ path }) => [path.slice(1), prefix + path]);
  return { name: "tickbird", version, links: Object.fromEntries(links) };
}

function indexText({ table, version, coreUrl, prefix }: HomeDeps): string {
  const routes = [...linkable(table()), ...notLinkable(table())];
  const width = Math.max(0, ...routes.map(({ path }) => prefix.length + path.length));
  const lines = routes.map(
    ({ method, path, description }) =>
      `${method.padEnd(6)}  ${(prefix + path).padEnd(width)}  ${description.summary}`,
  );
  return [`Tickbird ${version}, in front of the app at ${coreUrl}`, "", ...lines, ""].join("\n");
}
