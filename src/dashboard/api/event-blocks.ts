import { createPartReader } from "./lines.ts";

/** Server-sent events (WHATWG HTML, section 9.2) as text: what the sidecar writes of that format. */

/** One of them. */
export interface StreamEvent {
  readonly event: string;
  /** Where the stream can be taken up after it; empty where it has none. */
  readonly id: string;
  readonly data: string;
}

/** Takes text in pieces as they come; `push` gives what is complete. Comments are left out. */
export function createBlockReader(): {
  push(text: string): readonly StreamEvent[];
  readonly pending: number;
} {
  const blocks = createPartReader("\n\n");
  return {
    push: (text) => blocks.push(text).flatMap((block) => eventOf(block) ?? []),
    get pending() {
      return blocks.pending;
    },
  };
}

function eventOf(block: string): StreamEvent | undefined {
  let [event, id, data] = ["message", "", ""];
  for (const line of block.split("\n")) {
    if (line.startsWith("data: ")) data = data === "" ? line.slice(6) : `${data}\n${line.slice(6)}`;
    else if (line.startsWith("id: ")) id = line.slice(4);
    else if (line.startsWith("event: ")) event = line.slice(7);
  }
  return data === "" ? undefined : { event, id, data };
}
