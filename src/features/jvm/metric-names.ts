import { printable } from "../../base/printable.ts";

/** More than one container has JVMs of. */
export const MAX_JVM_NAMES = 16;
const MAX_NAME_LENGTH = 64;
const OTHER = "other";

/**
 * Makes the function that names JVMs for Prometheus, by their main classes or jars: a name is a set of time series for
 * ever, and a pid would be a new one with every restart. Two of the same name get numbers, in the order of their pids.
 * Once there were too many names, one further JVM is `other`, and the rest are left out (undefined).
 */
export function createJvmNames(): (commands: readonly (string | null)[]) => readonly (string | undefined)[] {
  const known = new Set<string>();
  return (commands) => {
    const taken = new Set<string>();
    const firstFree = (name: string) => {
      for (let number = 1; number <= MAX_JVM_NAMES; number++) {
        const numbered = number === 1 ? name : `${name}-${number}`;
        if (!taken.has(numbered)) return numbered;
      }
      return OTHER;
    };
    return commands.map((command) => {
      const wanted = firstFree(nameOf(command));
      const name = known.has(wanted) || known.size < MAX_JVM_NAMES ? wanted : OTHER;
      if (taken.has(name)) return undefined;
      if (name !== OTHER) known.add(name);
      taken.add(name);
      return name;
    });
  };
}

function nameOf(command: string | null): string {
  const [first = ""] = (command ?? "").split(" ");
  return printable(first.slice(first.lastIndexOf("/") + 1)).slice(0, MAX_NAME_LENGTH) || "java";
}

/** More collectors and builds of JVMs than one app ever has. */
const MAX_VALUES = 32;

/** Makes the function that bounds the values of a label that the app itself could make up: `other` once there were too many. */
export function createBoundedValues(): (value: string | null) => string {
  const known = new Set<string>();
  return (value) => {
    const text = printable(value ?? "").slice(0, MAX_NAME_LENGTH);
    if (known.has(text)) return text;
    if (known.size >= MAX_VALUES) return OTHER;
    known.add(text);
    return text;
  };
}
