import { escapeKey, type FieldNode, type FormNode, type GroupNode, type Scalar } from "./form-tree.ts";

/** What was changed in a form, and the JSON Patch (RFC 6902) that says it. What was not touched is never sent. */

/** What can be added to a group. */
export type AddedKind = "text" | "number" | "flag" | "null" | "group" | "list";

/** A key, or an item of a list, that is to be added. */
export interface Addition {
  readonly parent: string;
  /** `-` stands for the end of a list. */
  readonly key: string;
  readonly value: Scalar | Readonly<Record<string, never>> | readonly never[];
}

/** The changes of a form. */
export interface FormEdits {
  /** By the pointer of the field, what stands in it now: text, or whether it is ticked. */
  readonly inputs: ReadonlyMap<string, string | boolean>;
  readonly removed: ReadonlySet<string>;
  readonly added: readonly Addition[];
}

export const NO_EDITS: FormEdits = { inputs: new Map(), removed: new Set(), added: [] };

/** One step of a JSON Patch. */
export interface PatchStep {
  readonly op: "add" | "replace" | "remove";
  readonly path: string;
  readonly value?: Addition["value"];
}

/** Puts an input into a field; what is as it was is no change. */
export function withInput(edits: FormEdits, field: FieldNode, input: string | boolean): FormEdits {
  const inputs = new Map(edits.inputs);
  const isAsBefore = field.isMasked ? input === "" : input === inputOf(field.value);
  if (isAsBefore) inputs.delete(field.pointer);
  else inputs.set(field.pointer, input);
  return { ...edits, inputs };
}

/** What a field shows of a value. */
export function inputOf(value: Scalar): string | boolean {
  if (typeof value === "boolean") return value;
  return value === null ? "" : String(value);
}

/** Takes a value away, or takes that back. */
export function withRemoval(edits: FormEdits, pointer: string, isRemoved: boolean): FormEdits {
  const removed = new Set(edits.removed);
  if (isRemoved) removed.add(pointer);
  else removed.delete(pointer);
  return { ...edits, removed };
}

/** Takes an addition back, with all that was added below it. */
export function withoutAddition(edits: FormEdits, addition: Addition): FormEdits {
  const pointer = pointerOf(addition);
  const isBelow = ({ parent }: Addition) => parent === pointer || parent.startsWith(`${pointer}/`);
  return { ...edits, added: edits.added.filter((each) => each !== addition && !isBelow(each)) };
}

export function pointerOf({ parent, key }: Addition): string {
  return `${parent}/${escapeKey(key)}`;
}

/** The value that an input stands for in a field of this value; undefined where it is no such value. */
export function valueIn(before: Scalar, input: string | boolean): Scalar | undefined {
  if (typeof input === "boolean" || typeof before !== "number") return input;
  return numberIn(input);
}

/** A number that JSON can say and a browser can hold; undefined for everything else. */
export function numberIn(text: string): number | undefined {
  const trimmed = text.trim();
  if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(trimmed)) return undefined;
  const value = Number(trimmed);
  const isExact = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  return isExact ? value : undefined;
}

/** The pointers of the fields in which stands what they can't hold. */
export function invalidFields(root: GroupNode, { inputs, removed }: FormEdits): readonly string[] {
  return fieldsIn(root).flatMap(({ pointer, value }) => {
    const input = inputs.get(pointer);
    const isWrong = input !== undefined && valueIn(value, input) === undefined;
    return isWrong && !isBelowAny(pointer, removed) ? [pointer] : [];
  });
}

/** How many changes there are. */
export function editCount({ inputs, removed, added }: FormEdits): number {
  return inputs.size + removed.size + added.length;
}

/**
 * The patch: first what is replaced, then what is added, then what is removed, the last of a list first, so that no step
 * moves what another one names.
 */
export function patchOf(root: GroupNode, { inputs, removed, added }: FormEdits): readonly PatchStep[] {
  const replaced = fieldsIn(root).flatMap(({ pointer, value }): PatchStep[] => {
    const input = inputs.get(pointer);
    const wanted = input === undefined ? undefined : valueIn(value, input);
    if (wanted === undefined || isBelowAny(pointer, removed)) return [];
    return [{ op: "replace", path: pointer, value: wanted }];
  });
  const additions = added.flatMap((addition): PatchStep[] => {
    const path = pointerOf(addition);
    return isBelowAny(path, removed) ? [] : [{ op: "add", path, value: addition.value }];
  });
  const removals = [...removed]
    .filter((pointer) => !isBelowAny(parentOf(pointer), removed))
    .toSorted(laterFirst)
    .map((path): PatchStep => ({ op: "remove", path }));
  return [...replaced, ...additions, ...removals];
}

/** The fields of a form, in order. */
export function fieldsIn(node: FormNode): readonly FieldNode[] {
  return node.kind === "field" ? [node] : node.members.flatMap(fieldsIn);
}

function isBelowAny(pointer: string, others: ReadonlySet<string>): boolean {
  return [...others].some((other) => pointer === other || pointer.startsWith(`${other}/`));
}

function parentOf(pointer: string): string {
  return pointer.slice(0, Math.max(0, pointer.lastIndexOf("/")));
}

/** By number, where both end in one. */
function laterFirst(one: string, other: string): number {
  return other.localeCompare(one, "en", { numeric: true });
}
