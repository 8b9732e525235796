import type { z } from "zod";
import { MASK, maskUrls } from "../base/secrets.ts";
import { settingLeaves } from "./leaves.ts";
import { type Settings, settingsSchema } from "./schema.ts";
import {
  type FLAGS,
  type FoundValue,
  readEnvironment,
  readFlags,
  readSettingsFile,
  type SettingIssue,
  type SettingSource,
} from "./sources.ts";

/** What the settings are made from. The caller reads the file: this folder does no I/O. */
export interface SettingsInput {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly flags?: Readonly<Partial<Record<keyof typeof FLAGS, string>>>;
  readonly file?: { readonly path: string; readonly text: string };
}

/** The effective settings and where each came from, by dotted path. */
export interface LoadedSettings {
  readonly settings: Settings;
  readonly sources: ReadonlyMap<string, SettingSource>;
}

/** All that is wrong with the settings, at once. */
export class SettingsError extends Error {
  readonly issues: readonly SettingIssue[];

  constructor(issues: readonly SettingIssue[]) {
    super(`The settings are not valid:\n${issues.map((issue) => `  - ${describeIssue(issue)}`).join("\n")}`);
    this.name = "SettingsError";
    this.issues = issues;
  }
}

/**
 * Makes the effective settings: flag over environment over file over default.
 * @throws {SettingsError} naming every unknown name and every bad value, from all sources.
 */
export function loadSettings(input: SettingsInput): LoadedSettings {
  const readings = [
    input.file === undefined ? { found: [], issues: [] } : readSettingsFile(input.file),
    readEnvironment(input.env ?? {}),
    readFlags(input.flags ?? {}),
  ];
  const issues = readings.flatMap((reading) => reading.issues);
  const winners = new Map<string, FoundValue>();
  for (const value of readings.flatMap((reading) => reading.found)) winners.set(value.path, value);

  const parsed = settingsSchema.safeParse(treeOf(winners.values()));
  if (!parsed.success) {
    for (const issue of parsed.error.issues.flatMap((problem) => deepest(problem))) {
      issues.push(explain(issue.path.map(String), issue.message, winners));
    }
  }
  if (issues.length > 0 || !parsed.success) throw new SettingsError(issues);

  const sources = new Map<string, SettingSource>();
  for (const { path } of settingLeaves()) sources.set(path, winners.get(path)?.source ?? "default");
  return { settings: parsed.data, sources };
}

/** One line that says what is wrong: name, value, rule, source. */
export function describeIssue(issue: SettingIssue): string {
  const value = issue.value === undefined ? "" : ` (${issue.value})`;
  return `${issue.name}${value} ${issue.rule} [${issue.source}]`;
}

function treeOf(values: Iterable<FoundValue>): Record<string, unknown> {
  const root: Record<string, unknown> = { core: {} };
  for (const { path, value } of values) {
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    let node = root;
    for (const key of keys) {
      const child = (node[key] ?? {}) as Record<string, unknown>;
      node[key] = child;
      node = child;
    }
    node[last] = value;
  }
  return root;
}

/** A union that fits in no form says only "invalid input": what people need is the complaint of the form they meant. */
function deepest(issue: z.core.$ZodIssue): { path: PropertyKey[]; message: string }[] {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [issue];
  const forms = issue.errors.map((errors) => errors.flatMap((error) => deepest(error)));
  const depth = (form: { path: PropertyKey[] }[]) => Math.max(...form.map((error) => error.path.length));
  const meant = forms.reduce((best, form) => (depth(form) > depth(best) ? form : best));
  return meant.map(({ path, message }) => ({ path: [...issue.path, ...path], message }));
}

function explain(
  path: readonly string[],
  message: string,
  winners: ReadonlyMap<string, FoundValue>,
): SettingIssue {
  const leaves = settingLeaves();
  const leaf = leaves.find(
    (candidate) => candidate.path === path.slice(0, candidate.path.split(".").length).join("."),
  );
  const name = leaf?.path ?? path.join(".");
  const found = winners.get(name);
  if (found === undefined) {
    const missing = leaf?.required === true;
    const rule = missing ? `is required: set ${leaf.env}${flagHint(name)}` : message;
    return { name: path.join("."), rule, source: missing ? "not set" : "settings" };
  }
  const inner = path.slice(name.split(".").length);
  const where = inner.length === 0 ? "" : ` at ${inner.join(".")}`;
  return {
    name: found.writtenAs,
    value: leaf?.secret === true ? MASK : maskUrls(JSON.stringify(found.value)),
    rule: `is not valid${where}: ${message}`,
    source: found.source,
  };
}

function flagHint(path: string): string {
  return path === "core.url" ? " or --core, such as --core http://127.0.0.1:8000" : "";
}
