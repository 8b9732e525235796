import type { Json } from "../jmx/json.ts";
import { parseObjectName } from "../jmx/object-name.ts";
import { notificationCommand } from "../notifications/notification-request.ts";
import { splitPath } from "./escaped-path.ts";
import { illegalArgument } from "./jolokia-error.ts";
import type { JolokiaRequest, RequestParts } from "./jolokia-request.ts";
import type { JolokiaOptions } from "./request-options.ts";
import { shownName } from "./shown-name.ts";

/**
 * Makes a request of its parts.
 * @throws {JolokiaError}, {ObjectNameError}
 */
export function buildRequest(parts: RequestParts): JolokiaRequest {
  const { type, options } = parts;
  const build = BUILDERS.get(type.toLowerCase());
  if (build === undefined) throw illegalArgument(`No type with name '${type}' exists`);
  return build(parts, options);
}

type Build = (parts: RequestParts, options: JolokiaOptions) => JolokiaRequest;

const BUILDERS: ReadonlyMap<string, Build> = new Map<string, Build>([
  ["version", (_parts, options) => ({ type: "version", echo: { type: "version" }, options })],
  ["search", buildSearch],
  ["list", buildList],
  ["read", buildRead],
  ["write", buildWrite],
  ["exec", buildExec],
  ["notification", buildNotification],
]);

function buildSearch(parts: RequestParts, options: JolokiaOptions): JolokiaRequest {
  const mbean = requiredName(parts);
  return { type: "search", mbean, echo: { type: "search", mbean: shownName(mbean, options) }, options };
}

function buildList({ path }: RequestParts, options: JolokiaOptions): JolokiaRequest {
  return {
    type: "list",
    path: splitPath(path ?? ""),
    echo: { type: "list", ...given("path", path) },
    options,
  };
}

function buildRead(parts: RequestParts, options: JolokiaOptions): JolokiaRequest {
  const { attribute, path } = parts;
  const mbean = requiredName(parts);
  // Jolokia repeats a list of one as that one.
  const shown =
    typeof attribute === "string" || attribute?.length !== 1 ? (attribute ?? undefined) : attribute[0];
  const echo = {
    type: "read",
    mbean: shownName(mbean, options),
    ...given("attribute", shown),
    ...given("path", path),
  };
  return { type: "read", mbean, attribute, path: splitPath(path ?? ""), echo, options };
}

function buildWrite(parts: RequestParts, options: JolokiaOptions): JolokiaRequest {
  const mbean = requiredName(parts);
  const { attribute, value = null, path } = parts;
  if (typeof attribute !== "string") throw illegalArgument("a write needs one attribute");
  const echo = {
    type: "write",
    mbean: shownName(mbean, options),
    attribute,
    ...given("value", value ?? undefined),
    ...given("path", path),
  };
  return { type: "write", mbean, attribute, value, path: splitPath(path ?? ""), echo, options };
}

function buildExec(parts: RequestParts, options: JolokiaOptions): JolokiaRequest {
  const mbean = requiredName(parts);
  const { operation, args } = parts;
  if (operation === undefined) throw illegalArgument("an exec needs an operation");
  const echo = {
    type: "exec",
    mbean: shownName(mbean, options),
    operation,
    ...given("arguments", args?.length === 0 ? undefined : args),
  };
  return { type: "exec", mbean, operation, args: args ?? [], echo, options };
}

function buildNotification({ command }: RequestParts, options: JolokiaOptions): JolokiaRequest {
  const { asked, echo } = notificationCommand(command, options);
  return { type: "notification", asked, echo: { type: "notification", ...echo }, options };
}

function requiredName({ mbean }: RequestParts): string {
  if (mbean === undefined) throw illegalArgument("Objectname can not be null");
  parseObjectName(mbean);
  return mbean;
}

function given(name: string, value: Json | undefined): Record<string, Json> {
  return value === undefined ? {} : { [name]: value };
}
