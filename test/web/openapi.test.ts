import { describe, expect, test } from "vitest";
import { z } from "zod";
import { openApiDocument } from "../../src/web/openapi.ts";
import { RouteTable } from "../../src/web/routes.ts";

function documentOf(define: (table: RouteTable) => void) {
  const table = new RouteTable("/_sidecar");
  table.beginFeature("things");
  define(table);
  // As JSON: what a client sees.
  return JSON.parse(JSON.stringify(openApiDocument(table.routes, "/_sidecar", "1.2.3")));
}

const nothing = () => {};
const document = documentOf((table) => {
  table.add(
    "GET",
    "",
    { summary: "redirect", role: "open", responses: { 308: { description: "" } } },
    nothing,
  );
  table.add("GET", "/", { summary: "index", role: "open", responses: { 200: { description: "" } } }, nothing);
  table.add(
    "GET",
    "/things/{id}",
    {
      summary: "One thing",
      role: "viewer",
      params: z.object({ id: z.coerce.number().int().min(1).meta({ description: "Its number." }) }),
      query: z.object({ limit: z.coerce.number().default(5), from: z.string(), to: z.string().optional() }),
      responses: {
        200: {
          description: "The thing.",
          content: { "application/json": z.object({ id: z.int() }), "text/plain": null },
        },
        404: { description: "" },
      },
    },
    nothing,
  );
  table.add(
    "PUT",
    "/things/{id}",
    {
      summary: "Change it",
      role: "operator",
      params: z.object({ id: z.string() }),
      headers: { "If-Match": "The ETag that was read." },
      body: { "application/json": z.object({ name: z.string() }) },
      responses: { 204: { description: "" } },
    },
    nothing,
  );
});

describe("the OpenAPI document", () => {
  test("says its version, where it is, and who may", () => {
    expect(document).toMatchObject({
      openapi: "3.1.0",
      info: { version: "1.2.3" },
      servers: [{ url: "/_sidecar" }],
      tags: [{ name: "things" }],
    });
    expect(document.paths["/"].get.security).toEqual([]);
    expect(document.paths["/things/{id}"].put).toMatchObject({
      "x-role": "operator",
      security: [{ bearer: [] }, { basic: [] }],
    });
  });

  test("names only paths that OpenAPI can name, and every operation by an id of its own", () => {
    const operations = Object.values<Record<string, { operationId: string }>>(document.paths).flatMap(
      (item) => Object.values(item),
    );
    const ids = operations.map((operation) => operation.operationId);

    expect(Object.keys(document.paths)).toEqual(["/", "/things/{id}"]);
    expect(ids).toEqual(["get-index", "get-things-id", "put-things-id"]);
  });

  test("describes parameters: where, whether needed, which schema", () => {
    expect(document.paths["/things/{id}"].get.parameters).toEqual([
      { name: "id", in: "path", required: true, description: "Its number.", schema: expect.anything() },
      { name: "limit", in: "query", required: false, schema: expect.objectContaining({ default: 5 }) },
      { name: "from", in: "query", required: true, schema: { type: "string" } },
      { name: "to", in: "query", required: false, schema: { type: "string" } },
    ]);
    expect(document.paths["/things/{id}"].put.parameters).toContainEqual({
      name: "If-Match",
      in: "header",
      description: "The ETag that was read.",
      schema: { type: "string" },
    });
  });

  test("describes bodies and answers, and that anything else is a problem", () => {
    const { get, put } = document.paths["/things/{id}"];

    expect(put.requestBody.content["application/json"].schema).toMatchObject({ required: ["name"] });
    expect(get.responses["200"].content).toMatchObject({
      "application/json": { schema: { type: "object" } },
      "text/plain": { schema: { type: "string" } },
    });
    expect(get.responses["404"].description).toBe("Not Found");
    expect(get.responses.default.content).toHaveProperty(["application/problem+json"]);
  });

  test("refers to nothing that is not in it", () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      (match) => match[1],
    );

    expect(references.length).toBeGreaterThan(0);
    for (const reference of references) expect(document).toHaveProperty((reference ?? "").split("/"));
  });
});

test("a schema with an id is told once, among the components, and referred to", () => {
  const part = z.object({ size: z.int() }).meta({ id: "Part", description: "A part." });
  const told = documentOf((table) => {
    const content = { "application/json": z.object({ one: part, all: z.array(part) }) };
    table.add(
      "GET",
      "/a",
      { summary: "", role: "open", responses: { 200: { description: "", content } } },
      nothing,
    );
  });
  expect(told.components.schemas.Part).toMatchObject({ type: "object", description: "A part." });
  expect(told.paths["/a"].get.responses["200"].content["application/json"].schema.properties).toEqual({
    one: { $ref: "#/components/schemas/Part" },
    all: { type: "array", items: { $ref: "#/components/schemas/Part" } },
  });
  expect(JSON.stringify(told)).not.toContain("$defs");
});
