import { useEffect, useRef, useState } from "preact/hooks";
import { send } from "../../api/ask.ts";
import { Failure } from "../../ui/failure.tsx";
import { giveFocusBack } from "../../ui/focus.ts";
import { exactText } from "./exact-json.ts";
import { JavaField } from "./java-field.tsx";
import { startOfValue, typedValue } from "./java-input.ts";
import type { MBean } from "./jvm-types.ts";

type Attribute = MBean["attributes"][number];

export interface SetAttributeProps {
  readonly pid: number;
  readonly mbean: string;
  readonly attribute: Attribute;
  readonly onChange: () => void;
}

/** Sets an attribute, where the settings allow it; where not, the sidecar says which line does. */
export function SetAttribute({ pid, mbean, attribute, onChange }: SetAttributeProps) {
  const { name, type, value } = attribute;
  const [text, setText] = useState<string>();
  const [error, setError] = useState<unknown>();
  const form = useRef<HTMLFormElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const isOpen = text !== undefined;
  const wasOpen = useRef(isOpen);
  // What had the focus is gone: it goes to what has taken its place.
  useEffect(() => {
    if (isOpen) form.current?.querySelector<HTMLElement>("input, select")?.focus();
    else if (wasOpen.current) giveFocusBack(opener.current);
    wasOpen.current = isOpen;
  }, [isOpen]);
  if (text === undefined) {
    return (
      <button
        ref={opener}
        type="button"
        class="quiet small"
        aria-label={`Set ${name}`}
        onClick={() => setText(startOfValue(value))}
      >
        Set…
      </button>
    );
  }
  const set = async () => {
    setError(undefined);
    try {
      const body = exactText({ value: typedValue(text, type) });
      await send("PUT /jvm/{pid}/mbeans/{mbean}/attributes/{attribute}", {
        params: { pid, mbean, attribute: name },
        headers: { "Content-Type": "application/json" },
        body,
      });
      setText(undefined);
      onChange();
    } catch (thrown) {
      setError(thrown);
    }
  };
  return (
    <form
      ref={form}
      class="bar"
      onSubmit={(event) => {
        event.preventDefault();
        void set();
      }}
    >
      <JavaField label={`New value of ${name}`} type={type} value={text} onChange={setText} />
      <button type="submit" class="small">
        Set
      </button>
      <button type="button" class="quiet small" onClick={() => setText(undefined)}>
        Leave it
      </button>
      {error === undefined ? null : <Failure error={error} />}
    </form>
  );
}
