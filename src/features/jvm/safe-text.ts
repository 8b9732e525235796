import { printable } from "../../base/printable.ts";

/** What a JVM has written, line by line, safe in a terminal: names of threads and properties are the app's. */
export function safeText(text: string): string {
  return text
    .split("\n")
    .map((line) => printable(line.replaceAll("\t", "    ").trimEnd()))
    .join("\n");
}
