import { resolve } from "node:path";

/** Where a schema is; one object for each that the settings have, as what is compiled is kept by it. */
export interface SchemaSource {
  /** For messages. */
  readonly shown: string;
  /** An absolute path, or the schema itself. */
  readonly from: string | Readonly<Record<string, unknown>>;
}

/** What the settings say: a path, or the schema itself. */
export function schemaSource(schema: string | Readonly<Record<string, unknown>>): SchemaSource {
  if (typeof schema !== "string") return { shown: "in the settings", from: schema };
  const path = resolve(schema);
  return { shown: path, from: path };
}
