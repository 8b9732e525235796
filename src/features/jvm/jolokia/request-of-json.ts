import { isJsonArray, isJsonObject, type Json } from "../jmx/json.ts";
import { buildRequest } from "./build-request.ts";
import { illegalArgument } from "./jolokia-error.ts";
import type { JolokiaRequest } from "./jolokia-request.ts";
import { optionsOf } from "./request-options.ts";

/**
 * Reads a request from the body of a POST, or from one element of it where that is a list.
 * @param query the parameters of the URL: options, where it has none of its own.
 * @throws {JolokiaError}, {ObjectNameError}
 */
export function requestOfJson(json: Json, query: ReadonlyMap<string, string>): JolokiaRequest {
  if (!isJsonObject(json)) throw illegalArgument(`Invalid JSON Request ${String(json)}`);
  const type = textAt(json, "type");
  if (type === undefined) throw illegalArgument("No type given");
  // What is asked of another JVM must not be answered by this one.
  if (!isNothing(json["target"])) {
    throw illegalArgument(
      "No proxy mode here: a target can't be given. Each JVM of the app has a Jolokia of its own: jvm/{pid}/jolokia",
    );
  }
  const { attribute, arguments: args, config } = json;
  return buildRequest({
    type,
    mbean: textAt(json, "mbean"),
    attribute: attributeOf(attribute),
    operation: textAt(json, "operation"),
    value: json["value"],
    args: isJsonArray(args) ? args : args === undefined || args === null ? undefined : [args],
    path: pathOf(json["path"]),
    command: json,
    options: optionsOf({ ...Object.fromEntries(query), ...(isJsonObject(config) ? config : {}) }),
  });
}

function isNothing(value: Json | undefined): boolean {
  return value === undefined || value === null;
}

function textAt(json: { readonly [name: string]: Json }, name: string): string | undefined {
  const value = json[name];
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" ? value : illegal(name);
}

function attributeOf(attribute: Json | undefined): string | readonly string[] | null {
  if (attribute === undefined || attribute === null) return null;
  if (typeof attribute === "string") return attribute;
  const isNames = isJsonArray(attribute) && attribute.every((name) => typeof name === "string");
  if (!isNames) return illegal("attribute");
  return attribute.length === 0 ? null : attribute;
}

/** A path may come in its parts, too. */
function pathOf(path: Json | undefined): string | undefined {
  if (path === undefined || path === null || path === "") return undefined;
  if (typeof path === "string") return path;
  if (!isJsonArray(path)) return illegal("path");
  return path.map((part) => String(part).replace(/[!/]/g, "!$&")).join("/");
}

function illegal(name: string): never {
  throw illegalArgument(`${name} is not what it should be`);
}
