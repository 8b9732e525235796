import type { ComponentChildren } from "preact";

/** How good something is. The word says it too: colour alone tells not everybody. */
export type Tone = "good" | "fair" | "bad" | "plain";

/** A word with a colour. */
export function Badge({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}
