import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { readRoutes } from "../../src/dashboard/views/api/read-routes.ts";

test("every route of our own OpenAPI document is listed, with its role, and a link where one can lead there", async () => {
  const document = JSON.parse(await readFile("src/openapi.json", "utf8"));
  const routes = readRoutes(document);

  const operations = Object.values<object>(document.paths).flatMap((each) => Object.keys(each));
  expect(routes).toHaveLength(operations.length);
  expect(routes).toContainEqual({
    method: "GET",
    path: "/processes",
    feature: "processes",
    role: "viewer",
    summary: "The processes of the app and of the sidecar",
    isLink: true,
  });
  const links = routes.filter(({ isLink }) => isLink).map(({ path }) => path);
  expect(links).toContain("/capabilities");
  expect(links).not.toContain("/processes/{pid}");
  expect(routes.filter(({ method, isLink }) => method !== "GET" && isLink)).toEqual([]);
});

test("what is no OpenAPI document has no routes", () => {
  expect(readRoutes({})).toEqual([]);
  expect(readRoutes({ paths: null })).toEqual([]);
  expect(readRoutes({ paths: { "/x": { get: null } } })).toEqual([
    { method: "GET", path: "/x", feature: "", role: "", summary: "", isLink: true },
  ]);
});
