import { MASK, maskUrls } from "../base/secrets.ts";
import { type JsonSchema, settingLeaves } from "./leaves.ts";
import type { LoadedSettings } from "./load.ts";
import type { Settings } from "./schema.ts";

/** The settings as people read them: the README's table and the output of `tickbird settings`. */

/** The reference table of all settings, in Markdown. */
export function settingsTable(): string {
  const rows = settingLeaves().map(({ path, env, schema, required }) => {
    const fallback = required ? "required" : defaultText(schema.default);
    return `| \`${path}\` | \`${env}\` | ${ruleText(schema)} | ${fallback} | ${cell(schema.description ?? "")} |`;
  });
  return [
    "| setting | environment | value | default | what it does |",
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

/** The value of each setting as text, masked where it is secret; `unset` where there is none. */
export function settingTexts(settings: Settings): { readonly path: string; readonly text: string }[] {
  return settingLeaves().map(({ path, secret }) => {
    const value = path
      .split(".")
      .reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], settings);
    const isSet = value !== undefined && !(Array.isArray(value) && value.length === 0);
    return { path, text: secret && isSet ? MASK : maskUrls(JSON.stringify(value) ?? "unset") };
  });
}

/** One line for each effective setting: its path, its value (masked where secret) and its source. */
export function describeSettings({ settings, sources }: LoadedSettings): string {
  const lines = settingTexts(settings);
  const width = (key: "path" | "text") => Math.min(60, Math.max(...lines.map((line) => line[key].length)));
  return lines
    .map(({ path, text }) => {
      const source = sources.get(path) ?? "default";
      return `${path.padEnd(width("path"))}  ${text.padEnd(width("text"))}  ${source}`;
    })
    .join("\n");
}

function defaultText(value: unknown): string {
  if (value === undefined) return "";
  return `\`${Array.isArray(value) && value.length === 0 ? "[]" : yamlish(value)}\``;
}

function yamlish(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function ruleText(schema: JsonSchema | JsonSchema[] | boolean): string {
  if (typeof schema === "boolean" || Array.isArray(schema)) return "any";
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return [...new Set(options.map((option) => ruleText(option)))].join(" or ");
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(", ");
  if (schema.type === "array") return `list of ${ruleText((schema.items as JsonSchema | undefined) ?? {})}`;
  if (schema.type === "integer") return `${schema.minimum ?? ""}–${schema.maximum ?? ""}`;
  return String(schema.type ?? "any");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
