import type { ComponentChildren } from "preact";

/** What may be wider than the page, such as a table: it scrolls by itself, by keyboard too. `label` says what it is. */
export function Scroll(props: { label: string; class?: string; children: ComponentChildren }) {
  const { label, class: extra = "", children } = props;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
    <section class={`scroll ${extra}`} tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
