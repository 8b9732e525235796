/** Paths of Jolokia: parts between slashes; `!` before a character takes its meaning from it. */

/** Splits a path into its parts, without their escapes; empty for an empty one. */
export function splitPath(path: string): readonly string[] {
  const parts = rawParts(path);
  return parts.map(unescapePart);
}

/** Splits a path into its parts with their escapes. */
export function rawParts(path: string): string[] {
  const parts = path.match(/(?:!.|[^/!]|!$)+/gs) ?? [];
  return [...parts];
}

/** Takes the escapes from a part. */
export function unescapePart(part: string): string {
  return part.replace(/!(.)/gs, "$1");
}
