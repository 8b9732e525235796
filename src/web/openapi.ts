import { STATUS_CODES } from "node:http";
import { z } from "zod";
import { errorCodes } from "../base/errors.ts";
import { PROBLEM_TYPE } from "./problem.ts";
import type { DefinedRoute, RouteResponse } from "./routes.ts";

/** The OpenAPI document, made from the route definitions. */

/** Makes the OpenAPI 3.1 document of these routes under `prefix`. */
export function openApiDocument(routes: readonly DefinedRoute[], prefix: string, version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  // The path without its final slash only redirects; OpenAPI has no way to write it (section 4.8.8: begins with `/`).
  const documented = routes.filter((route) => route.path.startsWith("/"));
  for (const route of documented) {
    const item = paths[route.path] ?? {};
    item[route.method.toLowerCase()] = operation(route);
    paths[route.path] = item;
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Tickbird",
      version,
      description: "A sidecar in front of an app nobody can change. Errors are RFC 9457 problem documents.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: prefix }],
    tags: [...new Set(documented.map((route) => route.feature))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Problem: problemSchema(), ...namedSchemas(documented) },
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        basic: { type: "http", scheme: "basic", description: "Any user name, the token as the password." },
      },
    },
  };
}

function operation({ method, path, feature, description }: DefinedRoute): object {
  const { summary, role, params, query, headers, body, responses } = description;
  const name = path === "/" ? ["index"] : path.split(/[/{}.-]+/).filter((part) => part !== "");
  return {
    operationId: [method.toLowerCase(), ...name].join("-"),
    tags: [feature],
    summary,
    ...(description.description === undefined ? {} : { description: description.description }),
    "x-role": role,
    security: role === "open" ? [] : [{ bearer: [] }, { basic: [] }],
    parameters: [
      ...parameters(params, "path"),
      ...parameters(query, "query"),
      ...Object.entries(headers ?? {}).map(([header, text]) => ({
        name: header,
        in: "header",
        description: text,
        schema: { type: "string" },
      })),
    ],
    ...(body === undefined ? {} : { requestBody: { required: true, content: content(body) } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(responses).map(([status, answer]) => [status, response(status, answer)]),
      ),
      default: {
        description: "A problem",
        content: { [PROBLEM_TYPE]: { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    },
  };
}

function response(status: string, { description, content: forms }: RouteResponse): object {
  return {
    description: description === "" ? (STATUS_CODES[status] ?? "") : description,
    ...(forms === undefined ? {} : { content: content(forms) }),
  };
}

function content(forms: Readonly<Record<string, z.ZodType | null>>): object {
  return Object.fromEntries(
    Object.entries(forms).map(([type, schema]) => [
      type,
      { schema: schema === null ? { type: "string" } : json(schema) },
    ]),
  );
}

function parameters(schema: z.ZodObject | undefined, place: "path" | "query"): object[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => {
    const { description, ...rest } = json(field as z.ZodType);
    const isRequired = place === "path" || !(field as z.ZodType).safeParse(undefined).success;
    return { name, in: place, required: isRequired, ...(description ? { description } : {}), schema: rest };
  });
}

const DEFINITION = "#/$defs/";
const COMPONENT = "#/components/schemas/";

function json(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, $defs: __, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return withComponents(rest);
}

/** The schemas that have an `id` (`.meta({ id })`): they are told once, and referred to. */
function namedSchemas(routes: readonly DefinedRoute[]): Record<string, unknown> {
  const answers = routes.flatMap(({ description }) => Object.values(description.responses));
  const schemas = answers.flatMap(({ content: forms }) => Object.values(forms ?? {}));
  const named = schemas.map((schema) => {
    const { $defs } = schema === null ? {} : z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
    return withComponents({ ...$defs });
  });
  return Object.assign({}, ...named);
}

/** References within a schema of its own point to its definitions; in the document these are components. */
function withComponents(schema: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify(schema, (key, value) =>
      key === "$ref" && typeof value === "string" ? value.replace(DEFINITION, COMPONENT) : value,
    ),
  );
}

function problemSchema(): object {
  return {
    type: "object",
    required: ["type", "title", "status", "detail", "code", "requestId"],
    properties: {
      type: { type: "string", format: "uri-reference" },
      title: { type: "string" },
      status: { type: "integer" },
      detail: { type: "string" },
      instance: { type: "string" },
      code: { type: "string", enum: [...errorCodes().keys()] },
      requestId: { type: "string" },
      remedy: { type: "string", description: "The one line that mends it." },
      errors: {
        type: "array",
        items: {
          type: "object",
          required: ["pointer", "detail"],
          properties: {
            pointer: { type: "string" },
            detail: { type: "string" },
            line: { type: "integer" },
            column: { type: "integer" },
          },
        },
      },
    },
  };
}
