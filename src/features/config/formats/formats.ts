import { basename } from "node:path";
import { env } from "./env.ts";
import type { ConfigFormat, FormatName } from "./format.ts";
import { ini } from "./ini.ts";
import { json, jsonc } from "./json.ts";
import { json5 } from "./json5.ts";
import { properties } from "./properties.ts";
import { toml } from "./toml.ts";
import { xml } from "./xml.ts";
import { yaml } from "./yaml.ts";

/** The formats that have a tree; plain text has none. */
const FORMATS: Readonly<Record<Exclude<FormatName, "text">, ConfigFormat>> = {
  json,
  jsonc,
  json5,
  yaml,
  toml,
  xml,
  ini,
  properties,
  env,
};

/** How the files of a format are read, or undefined for plain text. */
export function formatOf(name: FormatName): ConfigFormat | undefined {
  return name === "text" ? undefined : FORMATS[name];
}

/** The format that the name of a file speaks of; `text` where it does not. */
export function formatByName(path: string): FormatName {
  const name = basename(path).toLowerCase();
  if (/^\.env(\.|$)|\.env$/.test(name)) return "env";
  if (/\.ya?ml$/.test(name)) return "yaml";
  const [, extension] = /\.(json|jsonc|json5|toml|xml|ini|properties)$/.exec(name) ?? [];
  switch (extension) {
    case "json":
    case "jsonc":
    case "json5":
    case "toml":
    case "xml":
    case "ini":
    case "properties":
      return extension;
    default:
      return "text";
  }
}
