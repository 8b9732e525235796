import type { Feature } from "../../src/features/feature.ts";
import type { RouteTable } from "../../src/web/routes.ts";

/** A feature that has these routes and nothing else: for tests of what every route gets from `src/web`. */
export function featureOf(routes: (table: RouteTable) => void, name = "probe"): Feature {
  return {
    name,
    routes,
    async capability() {
      return { works: "yes", parts: [] };
    },
  };
}
