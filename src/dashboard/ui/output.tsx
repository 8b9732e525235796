/** Text of a program, line by line as it is; it scrolls by itself, by keyboard too. */
export function Output({ text }: { text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
    <pre tabIndex={0}>{text}</pre>
  );
}
