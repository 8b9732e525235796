import { stringify as stringifyYaml } from "yaml";
import { isTreeArray, isTreeObject, type Tree } from "./tree.ts";

/** How values are written as YAML, so that readers of YAML 1.1 and of 1.2 read the same. */

/**
 * A pair (or, without a key, an element of a sequence) as it stands in a block: `key: 5`, `- 5`, or several lines.
 * Lines end with `\n`, the last one too, and the first one is not indented.
 */
export function blockEntry(value: Tree, key: string | undefined, step: number): string {
  return wholeDocument(key === undefined ? [value] : { [key]: value }, step);
}

/** A whole document that holds a value. Lines end with `\n`, the last one too. */
export function wholeDocument(value: Tree, step: number): string {
  return stringifyYaml(value, {
    indent: step,
    lineWidth: 0,
    minContentWidth: 0,
    // `yes`, `012` and `12:30` are no strings in YAML 1.1.
    compat: "yaml-1.1",
    aliasDuplicateObjects: false,
    // Of such a block scalar, the library gets the indentation indicator wrong, and the end depends on what follows.
    blockQuote: !hasText(value, (text) => /^\s|\n\s+$/.test(text)),
  });
}

/** A value as it may stand inside brackets, on one line. */
export function flowValue(value: Tree): string {
  if (isTreeArray(value)) return `[${value.map((item) => flowValue(item)).join(", ")}]`;
  if (isTreeObject(value)) {
    const members = Object.entries(value).map(([key, item]) => `${flowValue(key)}: ${flowValue(item)}`);
    return `{${members.join(", ")}}`;
  }
  if (typeof value !== "string") return String(value);
  return isPlainWord(value) ? value : quoteYaml(value);
}

const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** Tells whether a string holds characters that some readers refuse outside of escapes (YAML 1.2 section 5.1). */
export function hasUnprintable(value: string): boolean {
  return value.search(UNPRINTABLE) !== -1;
}

/** A string in double quotes, on one line; YAML's escapes contain those of JSON. */
export function quoteYaml(value: string): string {
  return JSON.stringify(value).replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Words that no version of YAML takes for anything but a string, in every place. */
function isPlainWord(value: string): boolean {
  return /^[A-Za-z][\w.-]*$/.test(value) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(value);
}

function hasText(value: Tree, test: (text: string) => boolean): boolean {
  if (typeof value === "string") return test(value);
  if (isTreeArray(value)) return value.some((item) => hasText(item, test));
  return isTreeObject(value) && Object.values(value).some((item) => hasText(item, test));
}
