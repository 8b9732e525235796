import { z } from "zod";
import { settingsSchema } from "./schema.ts";

/** A JSON schema (draft 2020-12), as zod writes it. */
export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** One setting: a leaf of the schema. */
export interface SettingLeaf {
  /** Its dotted path: `core.url`. */
  readonly path: string;
  /** Its environment variable: `SIDECAR_CORE_URL`. */
  readonly env: string;
  readonly schema: JsonSchema;
  readonly secret: boolean;
  readonly required: boolean;
}

/** The JSON schema of the settings file (what may be written, before defaults). */
export function settingsJsonSchema(): JsonSchema {
  return z.toJSONSchema(settingsSchema, { io: "input" });
}

/** Every setting, in the order of the schema. */
export function settingLeaves(): readonly SettingLeaf[] {
  leaves ??= leavesOf(settingsJsonSchema(), []);
  return leaves;
}

/** The schema never changes, and is asked for each name that is looked up. */
let leaves: readonly SettingLeaf[] | undefined;

function leavesOf(schema: JsonSchema, parents: readonly string[]): SettingLeaf[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    const path = [...parents, key];
    if (typeof child === "boolean") return [];
    if (child.properties !== undefined) return leavesOf(child, path);
    return {
      path: path.join("."),
      env: envName(path),
      schema: child,
      secret: child["secret"] === true,
      required: schema.required?.includes(key) ?? false,
    };
  });
}

/** The environment variable of a setting: `core.connectTimeoutMs` is `SIDECAR_CORE_CONNECT_TIMEOUT_MS`. */
function envName(path: readonly string[]): string {
  const words = path.map((part) => part.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase());
  return ["SIDECAR", ...words].join("_");
}
