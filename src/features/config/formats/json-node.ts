import type { TextRange } from "./text-edit.ts";
import type { TreeScalar } from "./tree.ts";

/** What the parsers of JSON, with comments and without, and of JSON5 make of a text: one shape for all. */
export type JsonNode = JsonScalar | JsonArray | JsonObject;

/** A scalar. */
export interface JsonScalar extends TextRange {
  readonly kind: "scalar";
  readonly value: TreeScalar;
}

/** An array. */
export interface JsonArray extends TextRange {
  readonly kind: "array";
  readonly items: readonly JsonNode[];
}

/** An object. Of a name that stands twice, the last one counts. */
export interface JsonObject extends TextRange {
  readonly kind: "object";
  readonly items: readonly JsonMember[];
}

/** A member of an object, from its name to the end of its value. */
export interface JsonMember extends TextRange {
  readonly name: string;
  /** Where its name ends, as it is written. */
  readonly nameEnd: number;
  readonly value: JsonNode;
}
