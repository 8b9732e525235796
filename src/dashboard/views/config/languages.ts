import { StreamLanguage, type StreamParser } from "@codemirror/language";
import type { Extension } from "@codemirror/state";

/** Colours for the formats of configuration files; each is loaded with the first file that needs it. */

/** The language of a format; nothing for plain text and what is not known. */
export async function languageOf(format: string): Promise<Extension> {
  switch (format) {
    case "json":
    case "jsonc":
    case "json5":
      return (await import("@codemirror/lang-json")).json();
    case "yaml":
      return (await import("@codemirror/lang-yaml")).yaml();
    case "xml":
      return (await import("@codemirror/lang-xml")).xml();
    case "toml":
      return stream((await import("@codemirror/legacy-modes/mode/toml")).toml);
    case "ini":
    case "properties":
    case "env":
      return stream((await import("@codemirror/legacy-modes/mode/properties")).properties);
    default:
      return [];
  }
}

function stream<S>(parser: StreamParser<S>): Extension {
  return StreamLanguage.define(parser);
}
