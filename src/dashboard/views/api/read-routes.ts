/** The routes of an OpenAPI document, as far as a list of them needs it. */

/** A route. */
export interface ListedRoute {
  readonly method: string;
  readonly path: string;
  readonly feature: string;
  readonly role: string;
  readonly summary: string;
  /** Whether a link leads there: nothing has to be filled in, and nothing is changed. */
  readonly isLink: boolean;
}

/** Reads the routes; what is not as OpenAPI has it is left out. */
export function readRoutes(document: Readonly<Record<string, unknown>>): readonly ListedRoute[] {
  return Object.entries(objectOf(document["paths"])).flatMap(([path, operations]) =>
    Object.entries(objectOf(operations)).map(([method, operation]) =>
      routeOf(method, path, objectOf(operation)),
    ),
  );
}

function routeOf(method: string, path: string, operation: Readonly<Record<string, unknown>>): ListedRoute {
  const { tags, summary, parameters } = operation;
  const needsValue = listOf(parameters).some((parameter) => objectOf(parameter)["required"] === true);
  return {
    method: method.toUpperCase(),
    path,
    feature: textOf(listOf(tags)[0]),
    role: textOf(operation["x-role"]),
    summary: textOf(summary),
    isLink: method === "get" && !path.includes("{") && !needsValue,
  };
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
