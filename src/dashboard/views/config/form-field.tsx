import { useId } from "preact/hooks";
import { MASK } from "../../api/mask.ts";
import { inputOf, valueIn } from "./form-edits.ts";
import type { FieldNode } from "./form-tree.ts";

/** A value longer than this is for the text. */
const MAX_FIELD_CHARACTERS = 10_000;

/** One value with its name, in the input that fits its type. */
export function FormField(props: {
  node: FieldNode;
  name: string;
  /** What was put in; undefined where it is as it was. */
  input: string | boolean | undefined;
  /** What is wrong with it. */
  refused: string | undefined;
  /** Undefined for who may only look. */
  onInput: ((input: string | boolean) => void) | undefined;
}) {
  const { node, name, input, refused } = props;
  const id = useId();
  return (
    <>
      <label for={id} class="mono">
        {name}
      </label>
      <span class={input === undefined ? "config-input" : "config-input changed"}>
        <Input {...props} id={id} />
        {refused === undefined ? null : <strong class="bad">{refused}</strong>}
        {input === undefined ? null : (
          <span class="dim">
            was {node.isMasked ? "a secret" : node.value === "" ? "empty" : String(node.value)}
          </span>
        )}
      </span>
    </>
  );
}

function Input(props: {
  id: string;
  node: FieldNode;
  input: string | boolean | undefined;
  refused: string | undefined;
  onInput: ((input: string | boolean) => void) | undefined;
}) {
  const { id, node, input, refused, onInput } = props;
  const { value } = node;
  const common = { id, disabled: onInput === undefined };
  const now = input ?? (node.isMasked ? "" : inputOf(value));
  if (node.isMasked) {
    return (
      <>
        <input
          {...common}
          type="password"
          autocomplete="new-password"
          placeholder="kept as it is"
          value={String(now)}
          onInput={({ currentTarget }) => onInput?.(currentTarget.value)}
        />
        <span class="dim">secret{value === MASK ? "" : `: ${String(value)}`}</span>
      </>
    );
  }
  const why = whyFixed(node);
  if (why !== undefined) return <span class="dim">{why}</span>;
  if (typeof now === "boolean") {
    return (
      <input
        {...common}
        type="checkbox"
        checked={now}
        onChange={({ currentTarget }) => onInput?.(currentTarget.checked)}
      />
    );
  }
  if (now.includes("\n")) {
    return (
      <textarea
        {...common}
        rows={Math.min(10, now.split("\n").length + 1)}
        value={now}
        onInput={({ currentTarget }) => onInput?.(currentTarget.value)}
      />
    );
  }
  const isWrong = valueIn(value, now) === undefined;
  return (
    <>
      <input
        {...common}
        type="text"
        inputMode={typeof value === "number" ? "decimal" : "text"}
        aria-invalid={isWrong || refused !== undefined}
        value={now}
        onInput={({ currentTarget }) => onInput?.(currentTarget.value)}
      />
      {typeof value === "number" ? (
        <span class={isWrong ? "bad" : "dim"}>{isWrong ? "not a number" : "number"}</span>
      ) : null}
    </>
  );
}

function whyFixed({ value, isInexact }: FieldNode): string | undefined {
  if (value === null) return "null: give it a value in the text, or remove it and add it anew";
  if (isInexact) return "a number too large to be shown exactly here: change it in the text";
  if (typeof value !== "string") return undefined;
  if (value.length > MAX_FIELD_CHARACTERS) return `${value.length} characters: change it in the text`;
  return undefined;
}
