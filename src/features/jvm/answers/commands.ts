/** Reads the names that `help` of a JVM lists, between its first line and the blank one before its last. */
export function parseCommands(text: string): string[] {
  return text.split("\n").filter((line) => /^(?:[A-Z][\w]*\.[\w]+|help)$/.test(line));
}
