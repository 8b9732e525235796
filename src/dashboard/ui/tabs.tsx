import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** One of several panels. */
export interface Tab {
  readonly name: string;
  readonly title: string;
}

/** Tabs (WAI-ARIA tabs pattern): arrows, Home and End move between them, and one panel is seen. */
export function Tabs(props: {
  label: string;
  tabs: readonly Tab[];
  current: string;
  onChange: (name: string) => void;
  children: ComponentChildren;
}) {
  const { label, tabs, current, onChange, children } = props;
  const id = useId();
  const move = (event: KeyboardEvent) => {
    const index = tabs.findIndex(({ name }) => name === current);
    const wanted = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: -1 }[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    const next = tabs.at(wanted % tabs.length);
    if (next === undefined) return;
    onChange(next.name);
    document.getElementById(`${id}-${next.name}`)?.focus();
  };
  return (
    <>
      <div role="tablist" aria-label={label} class="tabs" onKeyDown={move}>
        {tabs.map(({ name, title }) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-${name}`}
            aria-selected={name === current}
            aria-controls={`${id}-panel`}
            tabIndex={name === current ? 0 : -1}
            onClick={() => onChange(name)}
          >
            {title}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${current}`} class="panel">
        {children}
      </div>
    </>
  );
}
