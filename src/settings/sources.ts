import { parseDocument } from "yaml";
import { closest } from "../base/closest.ts";
import { looksSecret, MASK } from "../base/secrets.ts";
import { type SettingLeaf, settingLeaves } from "./leaves.ts";

/** Where a setting's value came from. A later one in this list wins. */
export type SettingSource = "default" | "file" | "environment" | "flag";

/** What is wrong with one setting, ready to be shown. */
export interface SettingIssue {
  /** The setting as the person wrote it: a path, a variable or a flag. */
  readonly name: string;
  /** The value, masked where it is secret; undefined where none was given. */
  readonly value?: string;
  readonly rule: string;
  readonly source: string;
}

/** A value found in a source, before the schema has seen it. */
export interface FoundValue {
  readonly path: string;
  readonly value: unknown;
  readonly source: SettingSource;
  /** How the person wrote it: `SIDECAR_CORE_URL`, `--core`, `core.url in app.yaml`. */
  readonly writtenAs: string;
}

/** What one source gave. */
export interface SourceReading {
  readonly found: readonly FoundValue[];
  readonly issues: readonly SettingIssue[];
}

/** The flags that people type, and the settings they stand for. */
export const FLAGS = {
  core: "core.url",
  "https-port": "https.port",
  "http-port": "http.port",
  "certs-dir": "certs.dir",
  "config-files": "config.files",
  "log-level": "log.level",
} as const;

/** Names which are not settings but belong to the program. */
const OTHER_VARIABLES = new Set(["SIDECAR_SETTINGS"]);

/**
 * Kubernetes gives every container the address of each Service in its namespace: a Service named `sidecar`
 * sets SIDECAR_SERVICE_HOST, SIDECAR_PORT_443_TCP… Those are nobody's typing error.
 */
const KUBERNETES_SERVICE =
  /^SIDECAR_(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

/** Reads the settings that the environment gives; an unknown `SIDECAR_…` name is an issue, an empty value is unset. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): SourceReading {
  const leaves = new Map(settingLeaves().map((leaf) => [leaf.env, leaf]));
  const found: FoundValue[] = [];
  const issues: SettingIssue[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith("SIDECAR_") || text === undefined || text === "" || OTHER_VARIABLES.has(name))
      continue;
    const leaf = leaves.get(name);
    if (leaf === undefined) {
      if (KUBERNETES_SERVICE.test(name)) continue;
      issues.push(unknown(name, text, leaves.keys(), "environment"));
      continue;
    }
    found.push({ path: leaf.path, value: parseText(leaf, text), source: "environment", writtenAs: name });
  }
  return { found, issues };
}

/** Reads the settings that the command line gives. */
export function readFlags(flags: Readonly<Partial<Record<keyof typeof FLAGS, string>>>): SourceReading {
  const leaves = new Map(settingLeaves().map((leaf) => [leaf.path, leaf]));
  const found = Object.entries(FLAGS).flatMap(([flag, path]): FoundValue[] => {
    const text = flags[flag as keyof typeof FLAGS];
    const leaf = leaves.get(path);
    if (text === undefined || leaf === undefined) return [];
    return [{ path, value: parseText(leaf, text), source: "flag", writtenAs: `--${flag}` }];
  });
  return { found, issues: [] };
}

/** Reads a YAML settings file (JSON is YAML too). Unknown keys and syntax errors are issues. */
export function readSettingsFile(file: { path: string; text: string }): SourceReading {
  const document = parseDocument(file.text, { prettyErrors: true });
  const error = document.errors[0];
  if (error !== undefined) {
    return {
      found: [],
      issues: [{ name: file.path, rule: `must be YAML: ${error.message}`, source: "file" }],
    };
  }
  const tree: unknown = document.toJS() ?? {};
  if (!isObject(tree)) {
    return {
      found: [],
      issues: [{ name: file.path, rule: "must be a YAML mapping of settings", source: "file" }],
    };
  }
  const reading = { found: [] as FoundValue[], issues: [] as SettingIssue[] };
  collectFromTree(tree, [], file.path, reading);
  return reading;
}

function collectFromTree(
  tree: Readonly<Record<string, unknown>>,
  parents: readonly string[],
  file: string,
  reading: { found: FoundValue[]; issues: SettingIssue[] },
): void {
  const paths = settingLeaves().map((leaf) => leaf.path);
  for (const [key, value] of Object.entries(tree)) {
    const path = [...parents, key].join(".");
    const isGroup = paths.some((known) => known.startsWith(`${path}.`));
    if (paths.includes(path)) {
      if (value !== null)
        reading.found.push({ path, value, source: "file", writtenAs: `${path} in ${file}` });
    } else if (isGroup && isObject(value)) {
      collectFromTree(value, [...parents, key], file, reading);
    } else if (isGroup) {
      if (value !== null)
        reading.issues.push({
          ...unknown(path, value, [], `file ${file}`),
          rule: "must be a mapping of settings",
        });
    } else {
      reading.issues.push(unknown(path, value, paths, `file ${file}`));
    }
  }
}

function unknown(name: string, value: unknown, known: Iterable<string>, source: string): SettingIssue {
  const suggestion = closest(name, known);
  const rule =
    suggestion === undefined ? "is not a setting" : `is not a setting; did you mean ${suggestion}?`;
  return { name, value: looksSecret(name) ? MASK : JSON.stringify(value), rule, source };
}

/** Turns the text of a variable or a flag into the kind of value that the setting wants; what doesn't fit stays text. */
function parseText(leaf: SettingLeaf, text: string): unknown {
  const kinds = [leaf.schema, ...(leaf.schema.anyOf ?? []), ...(leaf.schema.oneOf ?? [])].map(
    (kind) => kind.type,
  );
  const trimmed = text.trim();
  if (kinds.includes("array") && !/^[[{-]/.test(trimmed)) {
    return trimmed
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "");
  }
  if (kinds.includes("array") || kinds.includes("object")) return parseYaml(trimmed) ?? text;
  if (kinds.includes("boolean") && /^(true|false)$/i.test(trimmed)) return trimmed.toLowerCase() === "true";
  if ((kinds.includes("integer") || kinds.includes("number")) && /^-?\d+$/.test(trimmed))
    return Number(trimmed);
  return text;
}

function parseYaml(text: string): unknown {
  const document = parseDocument(text);
  return document.errors.length > 0 ? undefined : document.toJS();
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
