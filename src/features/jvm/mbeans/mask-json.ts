import { maskValue } from "../../../base/command-line.ts";
import { looksSecret, MASK } from "../../../base/secrets.ts";
import { isJsonArray, isJsonObject, type Json } from "../jmx/json.ts";

/**
 * Masks the texts in a value that look secret, by the names above them and by what is in them. Numbers and truths stay.
 * @param name that of the attribute, or of what else the value is.
 */
export function maskJson(name: string, value: Json): Json {
  if (typeof value === "string") return maskValue(name, value);
  if (isJsonArray(value)) return value.map((element) => maskJson(name, element));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, maskMember(value, name, key, member)]),
  );
}

function maskMember(parent: Readonly<Record<string, Json>>, name: string, key: string, member: Json): Json {
  // A row of a table tells its key beside its value.
  const { key: rowKey } = parent;
  const isSecretRow = key === "value" && typeof rowKey === "string" && looksSecret(rowKey);
  if (isSecretRow && typeof member === "string") return MASK;
  return maskJson(looksSecret(name) && !looksSecret(key) ? name : key, member);
}

/** Tells whether any text in a value holds a mask: what it stands for would be lost where that is written. */
export function holdsMask(value: Json): boolean {
  // By no recursion: a client may nest deeper than the stack.
  const left: Json[] = [value];
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    if (typeof one === "string" && one.includes(MASK)) return true;
    if (typeof one === "object" && one !== null) for (const member of Object.values(one)) left.push(member);
  }
  return false;
}
