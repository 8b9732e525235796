import type { ComponentChildren } from "preact";
import { AddKey } from "./add-key.tsx";
import {
  type Addition,
  type FormEdits,
  pointerOf,
  withInput,
  withoutAddition,
  withRemoval,
} from "./form-edits.ts";
import { FormField } from "./form-field.tsx";
import type { FormNode, GroupNode } from "./form-tree.ts";

/** What every part of a form gets. */
interface FormParts {
  readonly edits: FormEdits;
  /** Undefined for who may only look. */
  readonly onChange: ((edits: FormEdits) => void) | undefined;
  readonly format: string;
  /** What is wrong with values, by their pointers. */
  readonly refused: ReadonlyMap<string, string>;
}

/** Values that belong together, with what was added to them. */
export function FormGroup(
  props: FormParts & { node: GroupNode; isRoot?: boolean; remove?: ComponentChildren },
) {
  const { node, isRoot = false, remove, ...parts } = props;
  const { edits, onChange, format } = parts;
  const { pointer, members, kind } = node;
  const added = edits.added.filter(({ parent }) => parent === pointer);
  const content = (
    <>
      {members.map((member) => (
        <Member key={member.pointer} node={member} isItem={kind === "list"} {...parts} />
      ))}
      {added.map((addition) => (
        <Added key={pointerOf(addition)} addition={addition} {...parts} />
      ))}
      {members.length + added.length === 0 ? <p class="dim">Nothing in it.</p> : null}
      {onChange === undefined ? null : (
        <div class="bar">
          <AddKey
            {...{ node, format }}
            taken={[...members.map(({ name }) => name), ...added.map(({ key }) => key)]}
            onAdd={(addition) => onChange({ ...edits, added: [...edits.added, addition] })}
          />
          {remove}
        </div>
      )}
    </>
  );
  if (isRoot) return <div class="config-form">{content}</div>;
  return <div class="config-group">{content}</div>;
}

function Member(props: FormParts & { node: FormNode; isItem: boolean }) {
  const { node, isItem, ...parts } = props;
  const { edits, onChange } = parts;
  const name = isItem ? `${Number(node.name) + 1}.` : node.name;
  const remove = <RemoveButton {...{ node, name }} {...parts} />;
  if (edits.removed.has(node.pointer)) {
    return (
      <div class="config-field removed">
        <span>
          <s>{name}</s> <span class="bad">is removed when you save</span>
        </span>
        {remove}
      </div>
    );
  }
  if (node.kind === "field") {
    return (
      <div class="config-field">
        <FormField
          {...{ node, name }}
          input={edits.inputs.get(node.pointer)}
          refused={parts.refused.get(node.pointer)}
          onInput={onChange === undefined ? undefined : (input) => onChange(withInput(edits, node, input))}
        />
        {remove}
      </div>
    );
  }
  return (
    <details class="config-details" open>
      <summary>
        <span class="mono">{name}</span> <span class="dim">{sizeOf(node)}</span>
      </summary>
      <FormGroup node={node} remove={remove} {...parts} />
    </details>
  );
}

function sizeOf({ kind, members: { length } }: GroupNode): string {
  if (kind === "list") return `${length} in a list`;
  return length === 1 ? "1 key" : `${length} keys`;
}

function RemoveButton(props: FormParts & { node: FormNode; name: string }) {
  const { node, name, edits, onChange } = props;
  if (onChange === undefined) return null;
  const isRemoved = edits.removed.has(node.pointer);
  const what = node.kind === "field" ? "Remove" : `Remove ${name}`;
  return (
    <button
      type="button"
      class="quiet small"
      aria-label={isRemoved ? `Keep ${name} after all` : `Remove ${name}`}
      onClick={() => onChange(withRemoval(edits, node.pointer, !isRemoved))}
    >
      {isRemoved ? "Keep" : what}
    </button>
  );
}

function Added(props: FormParts & { addition: Addition }) {
  const { addition, ...parts } = props;
  const { edits, onChange } = parts;
  const { key, value } = addition;
  const isGroup = typeof value === "object" && value !== null;
  const name = key === "-" ? "new item" : key;
  return (
    <div class="config-field added">
      <span>
        <span class="mono">{name}</span>
        {isGroup ? "" : <span class="mono"> = {String(value)}</span>}{" "}
        <span class="good">is added when you save</span>
      </span>
      <button
        type="button"
        class="quiet small"
        aria-label={`Take back ${name}`}
        onClick={() => onChange?.(withoutAddition(edits, addition))}
      >
        Take back
      </button>
      {isGroup && key !== "-" ? (
        <FormGroup
          node={{
            kind: Array.isArray(value) ? "list" : "group",
            pointer: pointerOf(addition),
            name: key,
            members: [],
          }}
          {...parts}
        />
      ) : null}
    </div>
  );
}
