import type { ErrorObject } from "ajv";
import { closest } from "../../../base/closest.ts";
import type { InputError } from "../../../base/errors.ts";
import type { Content } from "../content.ts";
import { positionOf } from "../formats/text-edit.ts";
import { pointerOf } from "../formats/tree.ts";

/** More would help nobody. */
const MAX_ERRORS = 50;

/** What a schema says, in plain words, with where it is. */
export function inputErrors(errors: readonly ErrorObject[], content: Content): InputError[] {
  const described = errors.filter(({ keyword }) => keyword !== "if").map(describe);
  const unique = new Map(described.map((error) => [`${error.pointer} ${error.detail}`, error]));
  return [...unique.values()].slice(0, MAX_ERRORS).map((error) => ({
    ...error,
    ...positionAt(content, error.pointer),
  }));
}

/** Where in the text a value is, or else the first one below it. */
export function positionAt(
  { document, decoded }: Content,
  pointer: string,
): { line: number; column: number } | undefined {
  if (document === null || decoded === null || pointer === "") return undefined;
  const place = document.values.find(({ paths }) =>
    paths.some((path) => {
      const here = pointerOf(path);
      return here === pointer || here.startsWith(`${pointer}/`);
    }),
  );
  return place === undefined ? undefined : positionOf(decoded.text, place.start);
}

function describe({ keyword, instancePath, params, message, parentSchema }: ErrorObject): InputError {
  const below = (key: unknown) => `${instancePath}${pointerOf([String(key)])}`;
  switch (keyword) {
    case "required":
    case "dependentRequired":
    case "dependencies":
      return { pointer: below(params["missingProperty"]), detail: `The key is missing: it ${must(message)}` };
    case "additionalProperties":
    case "unevaluatedProperties": {
      const key = String(params["additionalProperty"] ?? params["unevaluatedProperty"]);
      return { pointer: below(key), detail: unknownKey(key, knownKeys(parentSchema)) };
    }
    case "enum":
      return { pointer: instancePath, detail: `It must be one of ${listed(params["allowedValues"])}.` };
    case "const":
      return { pointer: instancePath, detail: `It must be ${JSON.stringify(params["allowedValue"])}.` };
    default:
      return { pointer: instancePath, detail: `It ${must(message)}` };
  }
}

/** How a key that is not known is spoken of, with the one that was most likely meant. */
export function unknownKey(key: string, known: readonly string[]): string {
  const near = closest(key, known);
  return near === undefined ? "This key is not known." : `This key is not known. Did you mean ${near}?`;
}

function must(message = "is not valid"): string {
  return `${message.replace("must NOT", "must not").replace(/\.$/, "")}.`;
}

function listed(values: unknown): string {
  if (!Array.isArray(values)) return "the allowed values";
  const shown = values.slice(0, 20).map((value) => JSON.stringify(value));
  return shown.join(", ") + (values.length > shown.length ? ", …" : "");
}

function knownKeys(schema: object | undefined): string[] {
  const properties: unknown = schema !== undefined && "properties" in schema ? schema.properties : undefined;
  return typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
}
