import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** One subject with its figure, and what explains it. */
export function Card(props: {
  title: string;
  /** The figure of now. */
  figure?: ComponentChildren;
  /** A line below it. */
  note?: ComponentChildren;
  class?: string;
  children?: ComponentChildren;
}) {
  const { title, figure, note, children } = props;
  const id = useId();
  return (
    <section class={`card ${props.class ?? ""}`} aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      {figure === undefined ? null : <p class="figure">{figure}</p>}
      {note === undefined ? null : <p class="dim note">{note}</p>}
      {children}
    </section>
  );
}

/** In place of figures: that the feature is switched off, and the setting that switches it on. */
export function SwitchedOff({ title, setting }: { title: string; setting: string }) {
  return (
    <Card title={title} figure="–">
      <p class="dim">
        This is switched off. <code>{setting}=true</code> switches it on.
      </p>
    </Card>
  );
}
