import type { ComponentChildren } from "preact";

/** Where words come and go that are read out. It is there before they are: what comes into a page with its place is not heard. */
export function Live({ children, class: extra }: { children: ComponentChildren; class?: string }) {
  return (
    <div role="status" class={extra}>
      {children}
    </div>
  );
}
