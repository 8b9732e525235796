import { isJsonArray, isJsonObject, type Json } from "../jmx/json.ts";

const NOT_THERE = Symbol("not there");

/** What is at a path within a value; `*` is every part. Null where there is nothing. */
export function valueAt(value: Json, path: readonly string[]): Json {
  const found = walk(value, path);
  return found === NOT_THERE ? null : found;
}

function walk(value: Json, path: readonly string[]): Json | typeof NOT_THERE {
  const [part, ...rest] = path;
  if (part === undefined) return value;
  if (part === "*") return walkAll(value, rest);
  if (isJsonArray(value)) {
    const element = /^\d{1,9}$/.test(part) ? value[Number(part)] : undefined;
    return element === undefined ? NOT_THERE : walk(element, rest);
  }
  if (!isJsonObject(value) || !Object.hasOwn(value, part)) return NOT_THERE;
  return walk(value[part] ?? null, rest);
}

/** Where the rest of the path leads nowhere, the part is left out. */
function walkAll(value: Json, rest: readonly string[]): Json | typeof NOT_THERE {
  if (isJsonArray(value))
    return value.map((element) => walk(element, rest)).filter((found) => found !== NOT_THERE);
  if (!isJsonObject(value)) return NOT_THERE;
  const members = Object.entries(value).flatMap(([name, member]): [string, Json][] => {
    const found = walk(member, rest);
    return found === NOT_THERE ? [] : [[name, found]];
  });
  return members.length === 0 ? NOT_THERE : Object.fromEntries(members);
}
