import { isJsonArray, isJsonObject, type Json, jsonText } from "../jmx/json.ts";

/** How much of an answer is wanted. */
export interface AnswerLimits {
  /** How many levels are shown: what is below is text. Undefined for all. */
  readonly maxDepth: number | undefined;
  /** How many values are shown, within the one that is answered; undefined for all. */
  readonly maxObjects: number | undefined;
}

const EXCEEDED = "[Object limit exceeded]";
const MAX_TEXT_CHARS = 200;

/** Cuts an answer. */
export function limitJson(json: Json, { maxDepth, maxObjects }: AnswerLimits): Json {
  if (maxDepth === undefined && maxObjects === undefined) return json;
  let left = maxObjects ?? Number.POSITIVE_INFINITY;
  const limit = (value: Json, depth: number): Json => {
    if (depth > 0) left -= 1;
    if (left < 0) return EXCEEDED;
    if (depth === maxDepth) return asText(value);
    if (isJsonArray(value)) return value.map((element) => limit(element, depth + 1));
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, limit(member, depth + 1)]),
    );
  };
  return limit(json, 0);
}

function asText(value: Json): Json {
  if (value === null || typeof value === "string") return value;
  const text = jsonText(value);
  return text.length <= MAX_TEXT_CHARS ? text : `${text.slice(0, MAX_TEXT_CHARS)}…`;
}
