import { useState } from "preact/hooks";
import { type AddedKind, type Addition, numberIn } from "./form-edits.ts";
import type { GroupNode } from "./form-tree.ts";

const KINDS: Readonly<Record<AddedKind, string>> = {
  text: "text",
  number: "number",
  flag: "yes or no",
  null: "null",
  group: "group",
  list: "list",
};

/** Offers to add a key to a group, or an item to a list. */
export function AddKey(props: {
  node: GroupNode;
  format: string;
  taken: readonly string[];
  onAdd: (addition: Addition) => void;
}) {
  const { node, onAdd } = props;
  const [isOpen, setOpen] = useState(false);
  const where = node.name === "" ? "the file" : node.name;
  if (!isOpen) {
    return (
      <button
        type="button"
        class="quiet small"
        aria-label={node.kind === "list" ? `Add an item to ${where}` : `Add a key to ${where}`}
        onClick={() => setOpen(true)}
      >
        {node.kind === "list" ? "Add an item" : "Add a key"}
      </button>
    );
  }
  return (
    <AddForm
      {...props}
      onAdd={(addition) => {
        setOpen(false);
        onAdd(addition);
      }}
      onClose={() => setOpen(false)}
    />
  );
}

function AddForm(props: Parameters<typeof AddKey>[0] & { onClose: () => void }) {
  const { node, format, taken, onAdd, onClose } = props;
  const kinds = kindsOf(node, format);
  const [key, setKey] = useState("");
  const [kind, setKind] = useState<AddedKind>(kinds[0] ?? "text");
  const [text, setText] = useState("");
  const isList = node.kind === "list";
  const value = valueFor(kind, text);
  const trouble = isList ? undefined : troubleWith(key, taken);
  const submit = (event: Event) => {
    event.preventDefault();
    if (trouble !== undefined || value === undefined) return;
    onAdd({ parent: node.pointer, key: isList ? "-" : key, value });
  };
  return (
    <form class="config-add" onSubmit={submit}>
      {isList ? null : (
        <label>
          Key <input type="text" value={key} onInput={({ currentTarget }) => setKey(currentTarget.value)} />
        </label>
      )}
      {kinds.length === 1 ? null : (
        <label>
          Type{" "}
          <select
            value={kind}
            onChange={({ currentTarget }) =>
              setKind(kinds.find((each) => each === currentTarget.value) ?? "text")
            }
          >
            {kinds.map((each) => (
              <option key={each} value={each}>
                {KINDS[each]}
              </option>
            ))}
          </select>
        </label>
      )}
      {kind === "flag" ? (
        <label>
          Value{" "}
          <select value={text} onChange={({ currentTarget }) => setText(currentTarget.value)}>
            <option value="">no</option>
            <option value="yes">yes</option>
          </select>
        </label>
      ) : null}
      {kind === "text" || kind === "number" ? (
        <label>
          Value{" "}
          <input type="text" value={text} onInput={({ currentTarget }) => setText(currentTarget.value)} />
        </label>
      ) : null}
      <button type="submit" class="small" disabled={trouble !== undefined || value === undefined}>
        Add
      </button>
      <button type="button" class="quiet small" onClick={onClose}>
        Cancel
      </button>
      {trouble === undefined || key === "" ? null : <span class="bad">{trouble}</span>}
      {value === undefined && text !== "" ? <span class="bad">not a number</span> : null}
    </form>
  );
}

/** What can stand in a group of this format. Items of a list that are groups have no name to be filled by. */
function kindsOf(node: GroupNode, format: string): readonly AddedKind[] {
  switch (format) {
    case "properties":
    case "env":
      return ["text"];
    case "ini":
      return node.pointer === "" ? ["group", "text"] : ["text"];
    case "xml":
      return node.kind === "list" ? ["text"] : ["text", "group"];
    case "toml":
      return node.kind === "list" ? ["text", "number", "flag"] : ["text", "number", "flag", "group", "list"];
    default:
      return node.kind === "list"
        ? ["text", "number", "flag", "null"]
        : ["text", "number", "flag", "null", "group", "list"];
  }
}

function valueFor(kind: AddedKind, text: string): Addition["value"] | undefined {
  switch (kind) {
    case "text":
      return text;
    case "number":
      return numberIn(text);
    case "flag":
      return text === "yes";
    case "null":
      return null;
    case "group":
      return {};
    case "list":
      return [];
  }
}

function troubleWith(key: string, taken: readonly string[]): string | undefined {
  if (key === "") return "It needs a name.";
  return taken.includes(key) ? "This key is there already." : undefined;
}
