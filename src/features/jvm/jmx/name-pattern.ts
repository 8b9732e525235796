import type { ObjectNameParts } from "./object-name.ts";

/** Which names of MBeans a pattern stands for, as `ObjectName.apply` decides it: the order of properties is none. */

/** Tells whether a name is one that the pattern stands for; another pattern never is. */
export function matchesPattern(pattern: ObjectNameParts, name: ObjectNameParts): boolean {
  if (name.isPattern || !matchesWild(pattern.domain, name.domain)) return false;
  if (!pattern.isPropertyListPattern && pattern.properties.size !== name.properties.size) return false;
  return [...pattern.properties].every(([key, wanted]) => {
    const value = name.properties.get(key);
    return value !== undefined && matchesWild(wanted, value);
  });
}

/** `*` is any text, `?` any character; in a quoted value, what has a backslash before it is itself. */
function matchesWild(pattern: string, text: string): boolean {
  const source = pattern.replace(/\\.|./gs, (part) => {
    if (part === "*") return ".*";
    return part === "?" ? "." : part.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  });
  return new RegExp(`^${source}$`, "s").test(text);
}
