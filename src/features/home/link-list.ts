import type { DefinedRoute } from "../../web/routes.ts";

/** The routes as a person or a program may follow them from the home page. */

/** The routes that a link can lead to: GET, with nothing that has to be filled in. The home page itself is left out. */
export function linkable(routes: readonly DefinedRoute[]): readonly DefinedRoute[] {
  return routes.filter(({ method, path, description: { params, query } }) => {
    const isComplete = params === undefined && (query === undefined || query.safeParse({}).success);
    return method === "GET" && path.length > 1 && isComplete;
  });
}

/** The other routes: what needs a parameter, and what changes something. */
export function notLinkable(routes: readonly DefinedRoute[]): readonly DefinedRoute[] {
  const linked = new Set(linkable(routes));
  return routes.filter((route) => route.path.length > 1 && !linked.has(route));
}
