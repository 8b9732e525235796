import type { Json } from "../jmx/json.ts";
import { commandOfPath } from "../notifications/notification-request.ts";
import { buildRequest } from "./build-request.ts";
import { rawParts, unescapePart } from "./escaped-path.ts";
import { illegalArgument } from "./jolokia-error.ts";
import type { JolokiaRequest, RequestParts } from "./jolokia-request.ts";
import type { JolokiaOptions } from "./request-options.ts";
import { optionsOf } from "./request-options.ts";

/** How many parts each kind of request needs. */
const NEEDED: ReadonlyMap<string, number> = new Map([
  ["read", 1],
  ["write", 3],
  ["exec", 2],
  ["search", 1],
  ["notification", 1],
]);

/**
 * Reads a request from the path of a GET, behind Jolokia's own: `/read/java.lang:type=Memory/HeapMemoryUsage/used`.
 * @param query the parameters of the URL.
 * @throws {JolokiaError}, {ObjectNameError}
 */
export function requestOfPath(path: string, query: ReadonlyMap<string, string>): JolokiaRequest {
  const [type = "version", ...rest] = rawParts(path);
  if (rest.length < (NEEDED.get(type) ?? 0)) {
    throw illegalArgument(`Invalid arguments in pathinfo ${path} for command ${type.toUpperCase()}`);
  }
  const parts = partsOf(type, rest, optionsOf(Object.fromEntries(query)));
  return buildRequest(parts);
}

function partsOf(type: string, rest: readonly string[], options: JolokiaOptions): RequestParts {
  const [first = "", second, ...more] = rest;
  const mbean = type === "list" || type === "version" ? undefined : unescapePart(first);
  const none = { attribute: null, operation: undefined, value: undefined, args: undefined, path: undefined };
  const parts = { ...none, type, mbean, options, command: {} };
  switch (type) {
    case "notification":
      return { ...parts, command: commandOfPath(rest) };
    case "list":
      return { ...parts, path: rest.length === 0 ? undefined : rest.join("/") };
    case "read":
      return {
        ...parts,
        attribute: attributesOf(second),
        path: more.length === 0 ? undefined : more.join("/"),
      };
    case "write":
      return {
        ...parts,
        attribute: unescapePart(second ?? ""),
        value: valueIn(more[0] ?? ""),
        ...innerPath(more.slice(1)),
      };
    case "exec":
      return {
        ...parts,
        operation: unescapePart(second ?? ""),
        ...(more.length === 0 ? {} : { args: more.map(valueIn) }),
      };
    default:
      return parts;
  }
}

function innerPath(rest: readonly string[]): { path?: string } {
  return rest.length === 0 ? {} : { path: rest.join("/") };
}

function attributesOf(part: string | undefined): string | readonly string[] | null {
  // So jolokia.js asks for all.
  if (part === undefined || part === "*") return null;
  const names = unescapePart(part).split(",");
  return names.length === 1 ? (names[0] ?? null) : names;
}

/** A path can't have an empty part, and no null. */
function valueIn(part: string): Json {
  const value = unescapePart(part);
  if (value === "[null]") return null;
  return value === '""' ? "" : value;
}
