import { MASK } from "../../api/mask.ts";

/** A tree of values as a form shows it. */

/** What a field of a form may hold. */
export type Scalar = string | number | boolean | null;

/** A value. */
export interface FieldNode {
  readonly kind: "field";
  readonly pointer: string;
  readonly name: string;
  readonly value: Scalar;
  /** Whether what is seen is a mask, in whole or in part. */
  readonly isMasked: boolean;
  /** Whether it is a number that a browser can't hold exactly: then a form can't show it as it is. */
  readonly isInexact: boolean;
}

/** Values with names, or one after the other. */
export interface GroupNode {
  readonly kind: "group" | "list";
  readonly pointer: string;
  readonly name: string;
  readonly members: readonly FormNode[];
}

export type FormNode = FieldNode | GroupNode;

/** More fields than anybody would look through. */
export const MAX_FIELDS = 1_000;

/** The form of a tree; undefined where it is no group of values, or has more than {@link MAX_FIELDS}. */
export function formOf(tree: unknown): GroupNode | undefined {
  let count = 0;
  const nodeOf = (value: unknown, pointer: string, name: string): FormNode | undefined => {
    count += 1;
    if (count > MAX_FIELDS) return undefined;
    if (isScalar(value)) return fieldOf(value, pointer, name);
    const members: FormNode[] = [];
    for (const [key, item] of entriesOf(value)) {
      const member = nodeOf(item, `${pointer}/${escapeKey(key)}`, key);
      if (member === undefined) return undefined;
      members.push(member);
    }
    return { kind: Array.isArray(value) ? "list" : "group", pointer, name, members };
  };
  const root = nodeOf(tree, "", "");
  return root === undefined || root.kind === "field" ? undefined : root;
}

/** A key as a part of a JSON pointer (RFC 6901). */
export function escapeKey(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

function fieldOf(value: Scalar, pointer: string, name: string): FieldNode {
  return {
    ...{ kind: "field", pointer, name, value },
    isMasked: typeof value === "string" && value.includes(MASK),
    isInexact: typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value),
  };
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
