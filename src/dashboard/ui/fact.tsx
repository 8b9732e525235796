import type { ComponentChildren } from "preact";

/** One line of a `<dl class="facts">`: what it is, and its value. */
export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
