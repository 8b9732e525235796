import { openApiDocument } from "../../src/web/openapi.ts";
import type { DefinedRoute } from "../../src/web/routes.ts";

/** TypeScript types of the API, from its OpenAPI document: all that the dashboard knows of the server. */

/** What is used of a JSON Schema; zod writes nothing else. */
interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly items?: Schema | false;
  readonly prefixItems?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
}

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
  readonly requestBody?: { readonly content: Content };
}
type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

const PRIMITIVES: Readonly<Record<string, string>> = {
  string: "string",
  number: "number",
  integer: "number",
  boolean: "boolean",
  null: "null",
};

/** The module: an interface `Answers` with what each `GET /path` answers as JSON, one with what is sent, and the named types. */
export function apiTypes(routes: readonly DefinedRoute[], version: string): string {
  const document = openApiDocument(routes, "", version) as unknown as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
    readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  };
  const operations = Object.entries(document.paths).flatMap(([path, byMethod]) =>
    Object.entries(byMethod)
      .filter(([, operation]) => typeof operation === "object" && "responses" in operation)
      .map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );
  return [
    "// Generated from the API's OpenAPI document by `npm run generate`.",
    ...Object.entries(document.components.schemas).map(([name, schema]) => named(name, schema)),
    table("What each route answers, in JSON.", "Answers", operations, ({ responses }) => answered(responses)),
    table("What each route takes, in JSON.", "Bodies", operations, ({ requestBody }) =>
      sent(requestBody?.content),
    ),
    "",
  ].join("\n\n");
}

function named(name: string, schema: Schema): string {
  return `${comment(schema)}export type ${name} = ${typeOf(schema)};`;
}

function table(
  description: string,
  name: string,
  operations: readonly { readonly name: string; readonly operation: Operation }[],
  typeFor: (operation: Operation) => string | undefined,
): string {
  const rows = operations.flatMap(({ name: route, operation }) => {
    const type = typeFor(operation);
    return type === undefined ? [] : [`  ${JSON.stringify(route)}: ${type};`];
  });
  return `/** ${description} */\nexport interface ${name} {\n${rows.join("\n")}\n}`;
}

function answered(responses: Operation["responses"]): string | undefined {
  const types = Object.entries(responses)
    .filter(([status]) => status.startsWith("2"))
    .flatMap(([, { content }]) => content?.["application/json"]?.schema ?? [])
    .map(typeOf);
  return types.length === 0 ? undefined : [...new Set(types)].join(" | ");
}

function sent(content: Content | undefined): string | undefined {
  const types = Object.entries(content ?? {})
    .filter(([type]) => type.endsWith("json"))
    .flatMap(([, { schema }]) => schema ?? [])
    .map(typeOf);
  return types.length === 0 ? undefined : [...new Set(types)].join(" | ");
}

function typeOf(schema: Schema): string {
  const { $ref, anyOf, oneOf, allOf, type } = schema;
  if ($ref !== undefined) return $ref.slice($ref.lastIndexOf("/") + 1);
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const choices = anyOf ?? oneOf;
  if (choices !== undefined) return `(${[...new Set(choices.map(typeOf))].join(" | ")})`;
  if (allOf !== undefined) return `(${allOf.map(typeOf).join(" & ")})`;
  if (typeof type === "object")
    return `(${type.map((each) => typeOf({ ...schema, type: each })).join(" | ")})`;
  if (type === "array") return arrayOf(schema);
  if (type === "object") return objectOf(schema);
  return PRIMITIVES[type ?? ""] ?? "unknown";
}

function arrayOf({ items, prefixItems }: Schema): string {
  if (prefixItems !== undefined) return `readonly [${prefixItems.map(typeOf).join(", ")}]`;
  return `readonly (${items === undefined || items === false ? "unknown" : typeOf(items)})[]`;
}

function objectOf({ properties = {}, required = [], additionalProperties }: Schema): string {
  const fields = Object.entries(properties).map(([name, schema]) => {
    const optional = required.includes(name) ? "" : "?";
    return `${comment(schema)}readonly ${JSON.stringify(name)}${optional}: ${typeOf(schema)};`;
  });
  const rest = typeof additionalProperties === "object" ? typeOf(additionalProperties) : undefined;
  if (fields.length > 0) return `{\n${fields.join("\n")}\n}`;
  return `Readonly<Record<string, ${rest ?? "unknown"}>>`;
}

function comment({ description }: Schema): string {
  return description === undefined ? "" : `/** ${description.replaceAll("*/", "* /")} */ `;
}
