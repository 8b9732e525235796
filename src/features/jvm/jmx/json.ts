/** A JSON value; a bigint is an integer whose digits are all kept, as Java's `long` needs it. */
export type Json =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Json[]
  | { readonly [name: string]: Json };

/** Writes JSON. A number that JSON has no name for is written as text, as {@link toJson} does. */
export function jsonText(value: Json): string {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (isJsonArray(value)) return `[${value.map(jsonText).join(",")}]`;
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}:${jsonText(member)}`,
  );
  return `{${members.join(",")}}`;
}

/**
 * Reads JSON, with integers that a number can't hold as bigints.
 * @throws {SyntaxError}
 */
export function parseJson(text: string): Json {
  const parsed: Json = JSON.parse(text, (_name: string, value: unknown, context?: { source?: string }) => {
    const isInexact = typeof value === "number" && !Number.isSafeInteger(value);
    return isInexact && /^-?\d+$/.test(context?.source ?? "") ? BigInt(context?.source ?? "") : value;
  });
  return parsed;
}

/** Tells an array from an object. */
export function isJsonArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** Tells whether it is an object. */
export function isJsonObject(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
