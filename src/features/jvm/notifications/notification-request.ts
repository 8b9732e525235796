import { isJsonArray, isJsonObject, type Json, parseJson } from "../jmx/json.ts";
import { parseObjectName } from "../jmx/object-name.ts";
import { unescapePart } from "../jolokia/escaped-path.ts";
import { illegalArgument } from "../jolokia/jolokia-error.ts";
import type { JolokiaOptions } from "../jolokia/request-options.ts";
import type { GivenCommand, NotificationCommand, NotificationWish } from "./notification-command.ts";

/** In a path, what follows the command. */
const PARTS: ReadonlyMap<string, readonly string[]> = new Map([
  ["register", []],
  ["unregister", ["client"]],
  ["ping", ["client"]],
  ["list", ["client"]],
  ["open", ["client", "mode"]],
  ["remove", ["client", "handle"]],
  ["add", ["client", "mode", "mbean", "filter", "config", "handback"]],
]);

/** Reads a command from the parts of a path, which have their escapes. */
export function commandOfPath([command = "", ...rest]: readonly string[]): GivenCommand {
  const names = PARTS.get(command) ?? [];
  const given = names.flatMap((name, at): [string, Json][] => {
    const part = rest[at];
    return part === undefined ? [] : [[name, textIn(part)]];
  });
  const { filter } = Object.fromEntries(given);
  return {
    ...{ command, ...Object.fromEntries(given) },
    ...(typeof filter === "string" ? { filter: filter.split(",") } : {}),
  };
}

/** A path has no empty part. */
function textIn(part: string): string {
  const text = unescapePart(part);
  return text === '""' ? "" : text;
}

/**
 * Checks a command; gives it, and how an answer repeats it.
 * @throws {JolokiaError}, {ObjectNameError}
 */
export function notificationCommand(
  given: GivenCommand,
  options: JolokiaOptions,
): { asked: NotificationCommand; echo: Record<string, Json> } {
  const command = String(given["command"] ?? "").toLowerCase();
  switch (command) {
    case "register":
      return { asked: { command }, echo: { command } };
    case "unregister":
    case "ping":
    case "list": {
      const client = needed(given, command, "client");
      return { asked: { command, client }, echo: { command, client } };
    }
    case "open": {
      const client = needed(given, command, "client");
      if (needed(given, command, "mode") !== "sse") throw illegalArgument("only sse can be opened");
      return { asked: { command, client }, echo: { command, client } };
    }
    case "remove": {
      const [client, handle] = [needed(given, command, "client"), needed(given, command, "handle")];
      return { asked: { command, client, handle }, echo: { command, client, handle } };
    }
    case "add":
      return addCommand(given, options);
    default:
      throw illegalArgument(`No command with name '${command}' exists`);
  }
}

function addCommand(given: GivenCommand, options: JolokiaOptions) {
  const client = needed(given, "add", "client");
  const mode = needed(given, "add", "mode").toLowerCase();
  const mbean = needed(given, "add", "mbean");
  if (mode !== "pull" && mode !== "sse") {
    throw illegalArgument(`No notification backend of type '${mode}' registered. Known backends: pull, sse`);
  }
  parseObjectName(mbean);
  const { handback = null } = given;
  const [filter, config] = [filterOf(given["filter"]), configOf(given["config"])];
  const wish: NotificationWish = {
    ...{ mode, mbean, filter, config, options },
    handback: handback === null ? undefined : handback,
  };
  const echo = {
    ...{ command: "add", client, mbean, mode },
    ...(filter.length === 0 ? {} : { filter }),
    ...(config === undefined || Object.keys(config).length === 0 ? {} : { config }),
    ...(handback === null ? {} : { handback }),
  };
  return { asked: { command: "add" as const, client, wish }, echo };
}

function needed(given: GivenCommand, command: string, name: string): string {
  const value = given[name];
  if (typeof value === "string" && value !== "") return value;
  throw illegalArgument(`No ${name} given for '${command}'`);
}

/** Blanks stand for none. */
function filterOf(filter: Json | undefined): readonly string[] {
  const types = isJsonArray(filter) ? filter : filter === undefined || filter === null ? [] : [filter];
  if (!types.every((type) => typeof type === "string"))
    throw illegalArgument("filter is not what it should be");
  return types.map((type) => type.trim()).filter((type) => type !== "");
}

function configOf(config: Json | undefined): { readonly [name: string]: Json } | undefined {
  if (config === undefined || config === null || config === "") return undefined;
  const parsed = typeof config === "string" ? parsedConfig(config) : config;
  if (isJsonObject(parsed)) return parsed;
  throw illegalArgument(`Cannot parse config '${String(config)}' as JSON Object`);
}

function parsedConfig(text: string): Json {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}
