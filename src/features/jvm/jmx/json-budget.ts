import { isJsonArray, isJsonObject, type Json } from "./json.ts";

/**
 * How much may become of values in JSON. A stream refers to what it has written already by five bytes, as often as it
 * likes: what is bounded where it is read may still become a thousand times as much here.
 */
export interface JsonLimits {
  readonly depth: number;
  /** A text counts as a value more for every 64 bytes of it. */
  readonly values: number;
}

/** The value is larger in JSON, or deeper, than is allowed. */
export class JsonLimitError extends Error {
  override readonly name = "JsonLimitError";
}

/** What is left for a value, or for several that are one answer. All that spends throws a {@link JsonLimitError}. */
export interface JsonBudget {
  spend(values: number): void;
  /** Spends what is not made, but looked through. */
  look(count: number): void;
  /** Refuses at once what would spend so much. */
  need(values: number): void;
  /** Spends what a text takes; gives it back. */
  text(text: string): string;
  /** Spends what all texts and parts of a value take, itself aside; gives it back. */
  json(json: Json): Json;
  /** Gives back what was spent on a value that was too large, a few times: so it spoils no other of the answer. */
  attempt<T>(act: () => T): T;
}

export const JSON_LIMITS: JsonLimits = { depth: 100, values: 1_000_000 };

const TEXT_BYTES = 64;
/** To make a value takes longer than to look at one. */
const LOOKED_AT = 4;
/** Each may have taken as long as a whole answer. */
const MAX_GIVEN_BACK = 3;

/** Makes one. */
export function createJsonBudget({ values: limit }: Pick<JsonLimits, "values"> = JSON_LIMITS): JsonBudget {
  let left = limit;
  let givenBack = 0;
  const need = (values: number): void => {
    if (values <= left) return;
    throw new JsonLimitError(`more than the ${limit} values that are allowed; long texts count as several`);
  };
  const spend = (values: number): void => {
    need(values);
    left -= values;
  };
  const text = (given: string): string => {
    // Before it is written to see how long it is with its escapes.
    need(given.length / TEXT_BYTES);
    spend(Buffer.byteLength(JSON.stringify(given)) / TEXT_BYTES);
    return given;
  };
  const json = (given: Json): Json => {
    if (typeof given === "string") return text(given);
    const members = isJsonArray(given) ? given : isJsonObject(given) ? Object.values(given) : [];
    spend(members.length);
    for (const member of members) json(member);
    return given;
  };
  return {
    ...{ need, spend, text, json },
    look: (count) => spend(count / LOOKED_AT),
    attempt(act) {
      const before = left;
      try {
        return act();
      } catch (error) {
        if (givenBack < MAX_GIVEN_BACK) left = before;
        givenBack += 1;
        throw error;
      }
    },
  };
}
